using System.Buffers.Binary;
using System.Text;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Makes ids that look and behave like Exchange's: opaque, long, case-sensitive base64 (protocol.md 3).</summary>
public static class Identifiers
{
    /// <summary>152 characters. The counter makes it unique, the random part unpredictable.</summary>
    public static string Item(Random random, Guid mailbox, long counter) => Make(random, mailbox, counter, 114, 7);

    /// <summary>120 characters.</summary>
    public static string Folder(Random random, Guid mailbox, long counter) => Make(random, mailbox, counter, 90, 1);

    public static string ChangeKey(byte prefix, Guid mailbox, long version)
    {
        Span<byte> bytes = stackalloc byte[30];
        bytes.Clear();
        bytes[0] = prefix;
        bytes[4] = 0x16;
        mailbox.TryWriteBytes(bytes[8..]);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, version);
        number[2..].CopyTo(bytes[24..]);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>An attachment's id begins with that of the item it hangs on.</summary>
    public static string Attachment(Random random, string itemId, long counter)
    {
        var item = Convert.FromBase64String(itemId);
        var bytes = new byte[item.Length + 20];
        item.CopyTo(bytes, 0);
        random.NextBytes(bytes.AsSpan(item.Length));
        bytes[item.Length] = 1;
        bytes[item.Length + 1] = 0x12;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(bytes.Length - 8), counter);
        return Convert.ToBase64String(bytes);
    }

    public static string? ItemOfAttachment(string id)
    {
        var bytes = new byte[id.Length];
        return Convert.TryFromBase64String(id, bytes, out var length) && length > 40 ? Convert.ToBase64String(bytes.AsSpan(0, length - 20)) : null;
    }

    /// <summary>In notifications the ChangeKey is only its type byte (protocol.md 3).</summary>
    public static string ChangeKeyStub(byte prefix) => Convert.ToBase64String([prefix, 0, 0, 0]);

    /// <summary>A meeting's UID as Exchange makes it: the global object id in hex.</summary>
    public static string Uid(Random random)
    {
        var bytes = new byte[56];
        Convert.FromHexString("040000008200E00074C5B7101A82E008").CopyTo(bytes, 0);
        random.NextBytes(bytes.AsSpan(24, 8));
        bytes[36] = 0x10;
        random.NextBytes(bytes.AsSpan(40, 16));
        return Convert.ToHexString(bytes);
    }

    /// <summary>PidLidGlobalObjectId of a UID. Ids of other systems are kept behind a wrapper (protocol.md 6).</summary>
    public static string GlobalObjectId(string uid, DateOnly? occurrence = null)
    {
        var bytes = GlobalObjectIdBytes(uid);
        if (occurrence is { } date)
        {
            // Year, month and day of the original start stand behind the fixed part.
            BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(16), (short)date.Year);
            (bytes[18], bytes[19]) = ((byte)date.Month, (byte)date.Day);
        }

        return Convert.ToBase64String(bytes);
    }

    private static byte[] GlobalObjectIdBytes(string uid)
    {
        if (uid.StartsWith("040000008200E00074C5B7101A82E008", StringComparison.OrdinalIgnoreCase) && uid.Length % 2 == 0 && uid.All(char.IsAsciiHexDigit))
            return Convert.FromHexString(uid.Length >= 40 ? uid : uid.PadRight(40, '0'));
        var text = Encoding.UTF8.GetBytes(uid);
        var bytes = new byte[40 + 12 + text.Length + 1];
        Convert.FromHexString("040000008200E00074C5B7101A82E008").CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(36), 12 + text.Length + 1);
        Encoding.ASCII.GetBytes("vCal-Uid").CopyTo(bytes, 40);
        bytes[48] = 1;
        text.CopyTo(bytes, 52);
        return bytes;
    }

    public static Guid NextGuid(this Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static string Make(Random random, Guid mailbox, long counter, int length, byte marker)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        bytes[0] = 0;
        bytes[1] = 3;
        bytes[2] = 0x24;
        Encoding.ASCII.GetBytes(mailbox.ToString("D")).CopyTo(bytes, 3);
        bytes[39] = 0;
        bytes[40] = 0x46;
        bytes.AsSpan(41, 5).Clear();
        bytes[62] = marker;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(length - 10), counter);
        bytes.AsSpan(length - 2).Clear();
        return Convert.ToBase64String(bytes);
    }
}
