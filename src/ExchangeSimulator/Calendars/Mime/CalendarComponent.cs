using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>A component of iCalendar with its lines and the components in it. Bounded in size, number and depth: it comes from outside.</summary>
public sealed class CalendarComponent(string name)
{
    private const int MaxCharacters = 8 * 1024 * 1024;
    private const int MaxLines = 50_000;
    private const int MaxDepth = 8;

    public string Name { get; } = name;
    public List<ContentLine> Lines { get; } = [];
    public List<CalendarComponent> Children { get; } = [];

    public ContentLine? Line(string name) => Lines.Find(l => l.Name == name);

    public string? Text(string name) => Line(name) is { } line ? ContentLine.Unescape(line.Value) : null;

    public IEnumerable<ContentLine> All(string name) => Lines.Where(l => l.Name == name);

    public IEnumerable<CalendarComponent> Of(string name) => Children.Where(c => c.Name == name);

    /// <summary>Reads one VCALENDAR.</summary>
    /// <exception cref="ExchangeError">ErrorMimeContentInvalid.</exception>
    public static CalendarComponent Read(string text)
    {
        if (text.Length > MaxCharacters)
            throw Invalid();
        var stack = new Stack<CalendarComponent>();
        CalendarComponent? root = null;
        var count = 0;
        foreach (var raw in Unfold(text))
        {
            if (raw.Length == 0)
                continue;
            if (++count > MaxLines)
                throw Invalid();
            if (ContentLine.Parse(raw) is not { } line)
                continue;
            switch (line.Name)
            {
                case "BEGIN":
                    var component = new CalendarComponent(line.Value.Trim().ToUpperInvariant());
                    if (stack.TryPeek(out var parent))
                        parent.Children.Add(component);
                    root ??= component;
                    stack.Push(component);
                    if (stack.Count > MaxDepth)
                        throw Invalid();
                    break;
                case "END" when stack.Count > 0:
                    stack.Pop();
                    break;
                default:
                    if (stack.TryPeek(out var owner))
                        owner.Lines.Add(line);
                    break;
            }
        }

        return root is { Name: "VCALENDAR" } && stack.Count == 0 ? root : throw Invalid();
    }

    private static ExchangeError Invalid() => new("ErrorMimeContentInvalid", "Mime content is not valid.");

    /// <summary>A line that begins with a blank goes on where the one before ended.</summary>
    private static IEnumerable<string> Unfold(string text)
    {
        var current = new System.Text.StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            var part = line.EndsWith('\r') ? line[..^1] : line;
            if (part.Length > 0 && part[0] is (' ' or '\t'))
            {
                current.Append(part, 1, part.Length - 1);
                continue;
            }

            yield return current.ToString();
            current.Clear().Append(part);
        }

        yield return current.ToString();
    }
}
