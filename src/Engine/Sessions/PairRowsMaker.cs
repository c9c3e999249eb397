using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Sessions;

/// <summary>Makes the rows that plans save. No decisions here.</summary>
public static class PairRowsMaker
{
    public static ItemIdentity IdentityOf(this SessionContext session, Guid itemLinkId, ItemId id, ChangeKey key, GlobalObjectId? globalId) => new()
    {
        ItemLinkId = itemLinkId,
        LinkId = session.LinkId,
        ExchangeId = id.Value,
        IdHash = MatchKeys.HashOf(id.Value),
        ChangeKey = key.Value,
        GlobalObjectId = globalId?.Value,
        GlobalIdHash = globalId is { } global ? MatchKeys.HashOf(global.Value) : null,
    };

    /// <summary>The key of an item that we made, if it still is as we made it; else none, so that what a person changed meanwhile is read and merged and not taken for ours.</summary>
    /// <param name="sent">The base snapshot as sent.</param>
    /// <param name="item">As read now.</param>
    public static ChangeKey KeyIfUntouched(string? sent, ExchangeItem item) =>
        sent is not null && (ScheduleComparison.Difference(ScheduleSnapshot.Read(sent), item.Content) & ~ScheduleFields.ReadOnlyInExchange) == 0 ? item.Key : Unread;

    /// <summary>What was sent with the attempt that arrived. The base remembers the latest attempt; what an earlier one carried is not known, and every difference is then a conflict.</summary>
    public static string? SentWith(ItemLink pair, ExchangeItem arrived) => arrived.Stamp!.Value.Attempt == pair.Attempt ? pair.BaseSnapshot : null;

    /// <summary>Equals no key of Exchange: the next look reads the item.</summary>
    public static readonly ChangeKey Unread = new("");

    /// <summary>Equals no key of Exchange either: our delete is under way, or its answer was lost.</summary>
    public static readonly ChangeKey Deleting = new("deleting");

    /// <summary>Nor does this: a person deleted the item before we knew its id, and whether the CRM follows is asked. The id is the one in Deleted Items: it is not read, written to or invited from.</summary>
    public static readonly ChangeKey InDeletedItems = new("in deleted items");

    public static ItemIdentity With(this ItemIdentity identity, ChangeKey key) => new()
    {
        ItemLinkId = identity.ItemLinkId, Slot = identity.Slot, LinkId = identity.LinkId, Protocol = identity.Protocol, IdFormat = identity.IdFormat,
        ExchangeId = identity.ExchangeId, IdHash = identity.IdHash, ChangeKey = key.Value,
        GlobalObjectId = identity.GlobalObjectId, GlobalIdHash = identity.GlobalIdHash,
    };

    /// <summary>A new pair of a CRM item that both sides agree on.</summary>
    public static ItemLink NewPair(this SessionContext session, Guid itemId, ScheduleContent? agreed, long crmVersion) => new()
    {
        Id = session.Ids.NewId(),
        LinkId = session.LinkId,
        ItemId = itemId,
        Kind = session.Facts.Link.Kind,
        IsHome = session.Facts.Link.IsHome,
        CrmVersion = crmVersion,
        BaseSnapshot = agreed is null ? null : ScheduleSnapshot.Write(agreed),
        MappingVersion = session.Facts.Link.MappingVersion,
        SeenGeneration = session.State.SweepGeneration,
        UpdatedAt = session.UtcNow,
    };

    /// <summary>A changed copy of a pair; the row that was loaded stays as it was, so that a stale plan can start over.</summary>
    public static ItemLink Changed(this SessionContext session, ItemLink pair, Action<ItemLink> change)
    {
        var copy = pair.Copy();
        copy.UpdatedAt = session.UtcNow;
        change(copy);
        return copy;
    }

    /// <summary>A new CRM item born in Exchange.</summary>
    public static ItemWrite NewItem(this SessionContext session, ExchangeItem item)
    {
        var row = new ScheduleItem
        {
            Id = session.Ids.NewId(),
            Version = 1,
            OwnerId = session.Facts.User.Id,
            Origin = ItemOrigin.Exchange,
            AuthorityLinkId = session.LinkId,
            AuthorityIsOrganizer = item.IsOrganizer || !item.IsMeeting,
            CreatedAt = session.UtcNow,
            UpdatedAt = session.UtcNow,
            UpdatedBy = Actors.OfLink(session.LinkId),
        };
        ScheduleRows.Apply(item.Content, ScheduleFields.Shared, row);
        var personal = new Participation { ItemId = row.Id, UserId = session.Facts.User.Id };
        ScheduleRows.ApplyPersonal(item.Content, ScheduleFields.Personal, personal);
        return new ItemWrite(row, 0, [personal], [], null);
    }

    /// <summary>The item with the named fields of the content, one version on, its replaced version kept.</summary>
    /// <param name="session">The session.</param>
    /// <param name="item">As loaded; not touched.</param>
    /// <param name="content">Where the fields come from.</param>
    /// <param name="fields">What to take.</param>
    /// <param name="reason">For the history.</param>
    /// <param name="change">Further changes of the row: authority, deletion.</param>
    /// <param name="leaves">The session's person no longer takes part.</param>
    public static ItemWrite ChangedItem(
        this SessionContext session, CrmItem item, ScheduleContent? content, ScheduleFields fields, string reason,
        Action<ScheduleItem>? change = null, bool leaves = false)
    {
        var row = item.Item.Copy();
        row.Version++;
        if (content is not null && (fields & ScheduleFields.Shared) != 0)
        {
            // Only what everybody sees makes it newer: "newest wins" must not take a colleague who joins for an edit.
            (row.UpdatedAt, row.UpdatedBy) = (session.UtcNow, Actors.OfLink(session.LinkId));
            ScheduleRows.Apply(content, fields & ScheduleFields.Shared, row);
        }
        change?.Invoke(row);
        if (row.IsDeleted != item.Item.IsDeleted)
            (row.UpdatedAt, row.UpdatedBy) = (session.UtcNow, Actors.OfLink(session.LinkId));

        var upserts = new List<Participation>(1);
        if (content is not null && (fields & ScheduleFields.Personal) != 0 && !leaves)
        {
            var old = session.ParticipationOf(item);
            var personal = new Participation { ItemId = row.Id, UserId = session.Facts.User.Id };
            if (old is not null)
                ScheduleRows.ApplyPersonal(ScheduleRows.ToContent(item.Item, old), ScheduleFields.Personal, personal);
            ScheduleRows.ApplyPersonal(content, old is null ? ScheduleFields.Personal : fields & ScheduleFields.Personal, personal);
            upserts.Add(personal);
        }
        return new ItemWrite(row, item.Item.Version, upserts, leaves ? [session.Facts.User.Id] : [], HistoryOf(session, item, reason));
    }

    private static ItemHistory HistoryOf(SessionContext session, CrmItem item, string reason) => new()
    {
        Id = session.Ids.NewId(),
        ItemId = item.Item.Id,
        Version = item.Item.Version,
        At = session.UtcNow,
        ReplacedBy = Actors.OfLink(session.LinkId),
        Side = "exchange",
        RunId = session.RunId,
        Reason = reason,
        Snapshot = ScheduleRows.WriteReplaced(item.Item, item.Participations),
    };
}
