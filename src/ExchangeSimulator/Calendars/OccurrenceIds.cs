using System.Buffers.Binary;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>Ids of occurrences are synthetic: the master's id with a date in it (protocol.md 3). They die with the master's id.</summary>
public static class OccurrenceIds
{
    private const int Marker = 0x4F636375;

    public static string Make(string masterId, DateOnly date)
    {
        var master = Convert.FromBase64String(masterId);
        var bytes = new byte[master.Length + 8];
        master.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(master.Length), Marker);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(master.Length + 4), date.DayNumber);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Null for anything but an id made by <see cref="Make"/>.</summary>
    public static (string MasterId, DateOnly Date)? Read(string id)
    {
        var bytes = new byte[id.Length];
        if (!Convert.TryFromBase64String(id, bytes, out var length) || length < 28)
            return null;
        var tail = bytes.AsSpan(length - 8, 8);
        var day = BinaryPrimitives.ReadInt32BigEndian(tail[4..]);
        if (BinaryPrimitives.ReadInt32BigEndian(tail) != Marker || day < 0 || day > DateOnly.MaxValue.DayNumber)
            return null;
        return (Convert.ToBase64String(bytes.AsSpan(0, length - 8)), DateOnly.FromDayNumber(day));
    }
}
