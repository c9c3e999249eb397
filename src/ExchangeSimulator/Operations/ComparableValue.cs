using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>A value of a property as lists compare it: numbers by size, times as instants, all else as text without regard to case.</summary>
public readonly struct ComparableValue : IComparable<ComparableValue>
{
    private readonly string _text;
    private readonly double? _number;
    private readonly DateTimeOffset? _time;

    public ComparableValue(string text)
    {
        _text = text;
        if (text.Length >= 19 && text[4] == '-' && text[10] == 'T')
            _time = Time(text);
        else if (text.Length is > 0 and < 32 && (char.IsAsciiDigit(text[^1]) || text[^1] == '.') && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            _number = number;
    }

    public int CompareTo(ComparableValue other)
    {
        if (_number is { } a && other._number is { } b)
            return a.CompareTo(b);
        if (_time is { } s && other._time is { } t)
            return s.CompareTo(t);
        return string.Compare(_text, other._text, StringComparison.OrdinalIgnoreCase);
    }

    private static DateTimeOffset? Time(string text)
    {
        try
        {
            return ExchangeTime.Parse(text);
        }
        catch (ExchangeError)
        {
            return null;
        }
    }
}
