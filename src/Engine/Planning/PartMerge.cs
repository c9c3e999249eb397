using CrmSync.Engine.Items;

namespace CrmSync.Engine.Planning;

/// <summary>Merges fields that are made of parts: sets by their elements, plain texts by their lines. Pure.</summary>
/// <remarks>Scalars, and times, which move as one, have no parts: a clash there is the policy's.</remarks>
public static class PartMerge
{
    /// <summary>Fields that can be merged by their parts.</summary>
    public const ScheduleFields Fields = ScheduleFields.Attendees | ScheduleFields.Categories | ScheduleFields.Body;

    /// <summary>Exchange's content with both sides' edits of the field; null where both changed the same part to different things.</summary>
    public static ScheduleContent? Merge(ScheduleFields field, ScheduleContent agreed, ScheduleContent crm, ScheduleContent exchange) => field switch
    {
        ScheduleFields.Categories => exchange with { Categories = Categories(agreed.Categories, crm.Categories, exchange.Categories) },
        ScheduleFields.Attendees => Attendees(agreed.Attendees, crm.Attendees, exchange.Attendees) is { } merged ? exchange with { Attendees = merged } : null,
        ScheduleFields.Body => Body(agreed.Body, crm.Body, exchange.Body) is { } merged ? exchange with { Body = merged } : null,
        _ => null,
    };

    // What either side added is there, what either side removed is not: an element is there or not, so no two edits of it can differ.
    private static List<string> Categories(IReadOnlyList<string> agreed, IReadOnlyList<string> crm, IReadOnlyList<string> exchange) =>
        [.. exchange.Concat(crm).Distinct(StringComparer.Ordinal).Where(name => agreed.Contains(name) ? crm.Contains(name) && exchange.Contains(name) : true)];

    private static List<Attendee>? Attendees(IReadOnlyList<Attendee> agreed, IReadOnlyList<Attendee> crm, IReadOnlyList<Attendee> exchange)
    {
        var merged = new List<Attendee>();
        foreach (var who in exchange.Concat(crm).Select(attendee => attendee.Who).DistinctBy(who => who.Address, StringComparer.OrdinalIgnoreCase))
        {
            Attendee? Of(IReadOnlyList<Attendee> list) => list.FirstOrDefault(attendee => attendee.Who.SameAs(who));
            var (before, ours, theirs) = (Of(agreed), Of(crm), Of(exchange));
            var (crmChanged, exchangeChanged) = (ours?.Role != before?.Role, theirs?.Role != before?.Role);
            if (crmChanged && exchangeChanged && ours?.Role != theirs?.Role)
                return null;
            if ((crmChanged ? ours : theirs) is { } stays)
                merged.Add(stays with { Response = theirs?.Response ?? stays.Response });
        }
        return merged;
    }

    // HTML is taken as a whole: Exchange rewrites it on save, so that its lines say nothing about what a person changed.
    private static ItemBody? Body(ItemBody agreed, ItemBody crm, ItemBody exchange) =>
        agreed.Format == BodyFormat.Text && crm.Format == BodyFormat.Text && exchange.Format == BodyFormat.Text
        && LineMerge.Merge(agreed.Value, crm.Value, exchange.Value) is { } text
            ? new ItemBody(BodyFormat.Text, text)
            : null;
}
