using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using NodaTime;
using NodaTime.Text;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>One page of a folder's item identities, all of them or those where one of the conditions holds.</summary>
/// <param name="conditions">Extended properties and their wanted values, joined by Or; empty lists the folder.</param>
/// <param name="newestFirst">Sorts by last modification, newest first.</param>
/// <remarks>
/// Identities only: FindItem gives neither bodies nor attendees. A page with a restriction can be cut at 250 by Exchange 2013 and later, so the caller
/// follows <see cref="FoundPage.IsLast"/>, not its own page size (ews/protocol.md sections 5 and 10).
/// </remarks>
internal sealed class FindItem(FolderRef folder, IReadOnlyList<(ExtendedField Field, string Value)> conditions, int offset, int pageSize, bool newestFirst)
    : SingleOperation<FoundPage>
{
    private readonly CalendarPeriod? _period;

    private readonly List<(ItemId Id, ChangeKey Key)> _found = [];
    private bool _isLast = true;
    private int? _next;

    /// <summary>What overlaps a period: single items and the occurrences of series, never their masters. No paging: a cut answer wants a shorter period.</summary>
    public FindItem(FolderRef folder, CalendarPeriod period, int max)
        : this(folder, [], 0, max, newestFirst: false) => _period = period;

    public override string Name => "FindItem";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("Traversal", "Shallow");
        MappedProperties.WriteIdShape(w);
        if (_period is { } period)
            w.Message("CalendarView", () =>
            {
                w.Attribute("MaxEntriesReturned", pageSize);
                w.Attribute("StartDate", InstantPattern.ExtendedIso.Format(period.From));
                w.Attribute("EndDate", InstantPattern.ExtendedIso.Format(period.To));
            });
        else
            w.Message("IndexedPageItemView", () =>
            {
                w.Attribute("MaxEntriesReturned", pageSize);
                w.Attribute("Offset", offset);
                w.Attribute("BasePoint", "Beginning");
            });
        if (conditions.Count > 0)
            w.Message("Restriction", () => WriteRestriction(w));
        if (newestFirst)
        {
            w.Message("SortOrder", () => w.Type("FieldOrder", () =>
            {
                w.Attribute("Order", "Descending");
                w.Field("item:LastModifiedTime");
            }));
        }
        w.Message("ParentFolderIds", () => w.Folder(folder));
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "RootFolder")
            return;
        _isLast = reader.Attribute("IncludesLastItemInRange") != "false";
        _next = WireText.ReadInteger(reader.Attribute("IndexedPagingOffset") ?? "");
        var root = reader.Depth;
        while (await reader.NextChildAsync(root))
        {
            if (reader.Name != "Items")
                continue;
            var list = reader.Depth;
            while (await reader.NextChildAsync(list))
                await ReadItemAsync(reader);
        }
    }

    protected override FoundPage Result() => new(_found, _isLast, _next ?? offset + _found.Count);

    private async ValueTask ReadItemAsync(SoapReader reader)
    {
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "ItemId")
                _found.Add((new(reader.Required("Id")), new(reader.Attribute("ChangeKey") ?? "")));
        }
    }

    private void WriteRestriction(RequestWriter w)
    {
        if (conditions.Count == 1)
            WriteCondition(w, conditions[0]);
        else
            w.Type("Or", () =>
            {
                foreach (var condition in conditions)
                    WriteCondition(w, condition);
            });
    }

    private static void WriteCondition(RequestWriter w, (ExtendedField Field, string Value) condition) => w.Type("IsEqualTo", () =>
    {
        condition.Field.Write(w);
        w.Type("FieldURIOrConstant", () => w.Type("Constant", () => w.Attribute("Value", condition.Value)));
    });
}

/// <summary>A half-open stretch of time, of at most <see cref="MaxYears"/> years (ews/protocol.md section 12, point 16).</summary>
internal readonly record struct CalendarPeriod(Instant From, Instant To)
{
    public const int MaxYears = 2;
}

internal sealed record FoundPage(IReadOnlyList<(ItemId Id, ChangeKey Key)> Items, bool IsLast, int NextOffset);
