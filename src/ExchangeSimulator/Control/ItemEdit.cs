using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Control;

/// <summary>What a person changes on an item. Null leaves a property alone; an empty text or list clears it.</summary>
public sealed record ItemEdit
{
    /// <summary>CalendarItem (default), Task or Contact; on create only.</summary>
    public string Kind { get; init; } = "CalendarItem";
    public string? Uid { get; init; }
    public string? Subject { get; init; }
    public string? Body { get; init; }
    public bool BodyIsHtml { get; init; }
    public string? Location { get; init; }

    /// <summary>With offset or Z an instant; without, wall-clock time of TimeZone or of the mailbox.</summary>
    public string? Start { get; init; }
    public string? End { get; init; }
    public string? TimeZone { get; init; }
    public bool? IsAllDay { get; init; }
    public string? ShowAs { get; init; }
    public string? Sensitivity { get; init; }
    public string? Importance { get; init; }
    public bool? ReminderIsSet { get; init; }
    public int? ReminderMinutes { get; init; }
    public IReadOnlyList<string>? Categories { get; init; }
    public IReadOnlyList<string>? Required { get; init; }
    public IReadOnlyList<string>? Optional { get; init; }
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>Other plain properties by element name, such as DueDate or GivenName.</summary>
    public IReadOnlyDictionary<string, string>? Values { get; init; }

    /// <summary>Recurrence element as XML in the types namespace.</summary>
    public string? RecurrenceXml { get; init; }

    /// <summary>None, all (default: all when the item is a meeting's organizer copy), or changed.</summary>
    public string? Send { get; init; }

    /// <summary>Folder by distinguished name or id; on create only.</summary>
    public string? Folder { get; init; }

    public SendTo SendTo(SendTo unspecified) => Send?.ToLowerInvariant() switch
    {
        null => unspecified,
        "none" => Mailboxes.SendTo.None,
        "changed" => Mailboxes.SendTo.ChangedAndSaveCopy,
        "all" => Mailboxes.SendTo.AllAndSaveCopy,
        _ => throw new ExchangeError("ErrorInvalidArgument", "send is none, all or changed."),
    };

    /// <summary>The property elements to set, and the names of those to clear.</summary>
    public (List<Node> Set, List<string> Clear) Changes(ItemKind kind)
    {
        var (set, clear) = (new List<Node>(), new List<string>());
        void Text(string element, string? value)
        {
            if (value == "")
                clear.Add(element);
            else if (value != null)
                set.Add(Node.Types(element, value));
        }

        Text("UID", Uid);
        Text("Subject", Subject);
        if (Body == "")
            clear.Add("Body");
        else if (Body != null)
            set.Add(Node.Types("Body", Body).With("BodyType", BodyIsHtml ? "HTML" : "Text"));
        if (TimeZone != null)
        {
            set.Add(new Node("t", "StartTimeZone").With("Id", TimeZone));
            set.Add(new Node("t", "EndTimeZone").With("Id", TimeZone));
        }

        Text("Start", Start);
        Text("End", End);
        Text("IsAllDayEvent", Flag(IsAllDay));
        Text("LegacyFreeBusyStatus", ShowAs);
        Text("Location", Location);
        Text("Sensitivity", Sensitivity);
        Text("Importance", Importance);
        Text("ReminderIsSet", Flag(ReminderIsSet));
        Text("ReminderMinutesBeforeStart", ReminderMinutes?.ToString(CultureInfo.InvariantCulture));
        List("Categories", Categories, c => Node.Types("String", c));
        List("RequiredAttendees", Required, Attendee);
        List("OptionalAttendees", Optional, Attendee);
        List("Resources", Resources, Attendee);
        foreach (var (element, value) in Values ?? new Dictionary<string, string>())
            Text(element, value);
        if (RecurrenceXml != null)
            set.Add(NodeReader.Read(RecurrenceXml));
        Check(kind, set);
        return (set, clear);

        void List(string element, IReadOnlyList<string>? values, Func<string, Node> make)
        {
            if (values is { Count: 0 })
                clear.Add(element);
            else if (values != null)
                set.Add(Node.Types(element, "", [.. values.Select(make)]));
        }
    }

    /// <summary>JSON passes the same schema as EWS: a wrong word is refused here as there.</summary>
    private static void Check(ItemKind kind, List<Node> set)
    {
        var element = new Node("t", kind.Element);
        element.Children.AddRange(set.OrderBy(n => kind.IndexOf(n.Name)));
        var items = new Node("m", "CreateItem");
        items.Children.Add(new Node("m", "Items"));
        items.Children[0].Children.Add(element);
        try
        {
            new RequestValidator(SchemaTable.Shared).Check(items);
        }
        catch (SchemaViolation violation)
        {
            throw new ExchangeError("ErrorInvalidArgument", violation.Message);
        }
    }

    private static string? Flag(bool? value) => value switch { true => "true", false => "false", _ => null };

    private static Node Attendee(string address) => Node.Types("Attendee", "", Node.Types("Mailbox", "", Node.Types("EmailAddress", address)));
}
