using System.Globalization;
using System.Xml;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Times on the wire: no fractions of a second (clients.md 1), Z unless a zone context was given; the time zone rules of protocol.md 6.</summary>
public static class ExchangeTime
{
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Format(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>A stored time: always UTC.</summary>
    public static DateTimeOffset Parse(string text) => Parse(text, TimeZoneInfo.Utc);

    /// <summary>A time from a request. Without offset it is wall-clock time of <paramref name="zone"/>.</summary>
    public static DateTimeOffset Parse(string text, TimeZoneInfo zone)
    {
        if (Canonical(text) is { } known)
            return known;
        try
        {
            if (HasOffset(text))
                return Bounded(Whole(XmlConvert.ToDateTimeOffset(text).ToUniversalTime()));
            var wall = XmlConvert.ToDateTime(text, XmlDateTimeSerializationMode.Unspecified);
            Bounded(new DateTimeOffset(DateTime.SpecifyKind(wall, DateTimeKind.Utc)));
            return FromWallClock(wall, zone);
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            throw new ExchangeError("ErrorInvalidPropertySet", $"'{text}' is not a date and time.");
        }
    }

    /// <summary>The form in which times are stored and mostly sent, read without the general reader: a view of 100,000 items reads 200,000 of them.</summary>
    private static DateTimeOffset? Canonical(string text)
    {
        if (text is not { Length: 20 } || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
            return null;
        var (year, month, day) = (Digits(text, 0, 4), Digits(text, 5, 2), Digits(text, 8, 2));
        var (hour, minute, second) = (Digits(text, 11, 2), Digits(text, 14, 2), Digits(text, 17, 2));
        if (year is <= 1601 or >= 4500 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59)
            return null;
        return new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);
    }

    /// <summary>A number below zero when there is anything but digits.</summary>
    private static int Digits(string text, int at, int count)
    {
        var number = 0;
        for (var i = at; i < at + count; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
                return -1;
            number = (10 * number) + text[i] - '0';
        }

        return number;
    }

    /// <summary>A time inside a daylight-saving gap moves forward one hour; an ambiguous one is standard time (protocol.md 6).</summary>
    public static DateTimeOffset FromWallClock(DateTime wall, TimeZoneInfo zone)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(wall))
            wall = wall.AddHours(1);
        return Whole(new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime());
    }

    public static bool HasOffset(string text) => text.EndsWith('Z') || text.EndsWith('z') || (text.Length > 10 && text.AsSpan(10).IndexOfAny('+', '-') >= 0);

    /// <summary>Windows ids, and IANA ids where the system knows them.</summary>
    public static TimeZoneInfo? FindZone(string? id)
    {
        if (string.IsNullOrEmpty(id))
            return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;
    }

    /// <summary>The store keeps times as FILETIME, and calendars end in the year 4500.</summary>
    public static DateTimeOffset Bounded(DateTimeOffset time) =>
        time.Year is > 1601 and < 4500 ? time : throw new ExchangeError("ErrorCalendarOutOfRange", "The date is out of range.");

    private static DateTimeOffset Whole(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), time.Offset);
}
