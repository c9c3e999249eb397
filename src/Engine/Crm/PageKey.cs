using System.Buffers.Text;
using System.Globalization;

namespace CrmSync.Engine.Crm;

/// <summary>The place in a list ordered by time and id, as opaque text for callers.</summary>
internal static class PageKey
{
    public const int MaxRows = 500;

    public static string Write(DateTime at, Guid id) => Base64Url.EncodeToString([.. BitConverter.GetBytes(at.Ticks), .. id.ToByteArray()]);

    /// <summary>Null for no text or one that is not ours: the list starts at its beginning.</summary>
    public static (DateTime At, Guid Id)? Read(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            return bytes.Length == 24 && BitConverter.ToInt64(bytes) is >= 0 and var ticks && ticks <= DateTime.MaxValue.Ticks
                ? (new DateTime(ticks, DateTimeKind.Utc), new Guid(bytes.AsSpan(8)))
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public static int Bounded(int max) => Math.Clamp(max, 1, MaxRows);

    /// <summary>A page of rows that were read one longer than asked for.</summary>
    public static Page<T> Cut<T>(List<T> rows, int max, Func<T, string> key) =>
        rows.Count <= max ? new Page<T>(rows, null) : new Page<T>(rows.GetRange(0, max), key(rows[max - 1]));

    public static string Write(long number) => number.ToString(CultureInfo.InvariantCulture);
}
