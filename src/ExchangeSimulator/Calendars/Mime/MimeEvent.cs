using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Calendars.Mime;

/// <summary>What one VEVENT says in the words of the schema.</summary>
public sealed class MimeEvent
{
    /// <summary>A CalendarItem element with the properties that clients may set.</summary>
    public Node Element { get; } = new("t", "CalendarItem");

    /// <summary>Original start of the occurrence that this event changes; null for a whole event.</summary>
    public CalendarTime? RecurrenceId { get; set; }

    /// <summary>Dates left out of the series.</summary>
    public List<CalendarTime> Excluded { get; } = [];

    /// <summary>Address of the organizer, when one is named.</summary>
    public string? Organizer { get; set; }
    public bool IsCancelled { get; set; }
    public string? Response { get; set; }
    public TimeZoneInfo Zone { get; set; } = TimeZoneInfo.Utc;

    public void Put(string element, string? text)
    {
        if (!string.IsNullOrEmpty(text))
            Put(Node.Types(element, text));
    }

    public void Put(Node node)
    {
        Element.Children.RemoveAll(c => c.Name == node.Name);
        Element.Children.Add(node);
    }
}
