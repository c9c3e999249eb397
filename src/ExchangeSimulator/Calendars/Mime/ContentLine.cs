using System.Text;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>One line of iCalendar (RFC 5545 section 3.1): a name, parameters, a value still escaped.</summary>
public sealed record ContentLine(string Name, IReadOnlyList<KeyValuePair<string, string>> Parameters, string Value)
{
    public string? this[string parameter]
    {
        get
        {
            foreach (var (name, value) in Parameters)
            {
                if (name == parameter)
                    return value;
            }

            return null;
        }
    }

    /// <summary>Null for a line that is none. Anything may come in here.</summary>
    public static ContentLine? Parse(string line)
    {
        var at = line.AsSpan().IndexOfAny(';', ':');
        if (at <= 0)
            return null;
        var name = line[..at].ToUpperInvariant();
        var parameters = new List<KeyValuePair<string, string>>();
        while (at < line.Length && line[at] == ';')
        {
            var equals = line.IndexOf('=', at);
            if (equals < 0)
                return null;
            var end = EndOfParameter(line, equals + 1);
            parameters.Add(new(line[(at + 1)..equals].ToUpperInvariant(), line[(equals + 1)..end].Replace("\"", "", StringComparison.Ordinal)));
            at = end;
        }

        return at < line.Length && line[at] == ':' ? new(name, parameters, line[(at + 1)..]) : null;
    }

    public static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal))
            return value;
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\' || i + 1 == value.Length)
                text.Append(value[i]);
            else
                text.Append(value[++i] is 'n' or 'N' ? "\r\n" : value[i].ToString());
        }

        return text.ToString();
    }

    public static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)
        .Replace("\r\n", "\\n", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);

    /// <summary>A list of values separated by commas that are not escaped.</summary>
    public static IEnumerable<string> Split(string value)
    {
        var from = 0;
        for (var i = 0; i <= value.Length; i++)
        {
            if (i < value.Length && (value[i] != ',' || (i > 0 && value[i - 1] == '\\')))
                continue;
            yield return value[from..i];
            from = i + 1;
        }
    }

    private static int EndOfParameter(string line, int at)
    {
        var isQuoted = false;
        for (; at < line.Length; at++)
        {
            if (line[at] == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && line[at] is (';' or ':'))
                break;
        }

        return at;
    }
}
