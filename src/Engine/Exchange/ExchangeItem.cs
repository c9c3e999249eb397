using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Exchange;

/// <summary>Where an item stands in a series (EWS CalendarItemType).</summary>
public enum SeriesRole
{
    Single = 0,
    Master = 1,
    Occurrence = 2,
    Exception = 3,
}

/// <summary>A schedule item as Exchange holds it.</summary>
/// <param name="GlobalObjectId">Clean global object id; null where the server gave none.</param>
/// <param name="IsMeeting">Has or had attendees, or came as an invitation.</param>
/// <param name="IsOrganizer">This mailbox organizes it; true for appointments without attendees.</param>
/// <param name="MeetingRequestWasSent">Attendees were invited from this copy; settles an invitation in doubt.</param>
/// <param name="LastModified">The server's clock; used by the policy "newest wins" alone.</param>
/// <param name="Stamp">Our mark, if we created it.</param>
public sealed record ExchangeItem(
    ItemId Id,
    ChangeKey Key,
    SeriesRole Role,
    GlobalObjectId? GlobalObjectId,
    bool IsMeeting,
    bool IsOrganizer,
    bool MeetingRequestWasSent,
    Instant LastModified,
    Stamp? Stamp,
    ScheduleContent Content);

/// <summary>Why the server refused one item of a request that otherwise went well.</summary>
/// <param name="Code">The response code, verbatim (ews/protocol.md section 13).</param>
/// <param name="Text">The server's words, for people; never switched on.</param>
/// <param name="BackOff">How long the server asks to wait, if it does.</param>
public sealed record ItemRefusal(string Code, string Text, TimeSpan? BackOff = null)
{
    public bool IsGone => Code is ResponseCodes.ErrorItemNotFound;

    public bool IsConflict => Code is ResponseCodes.ErrorIrresolvableConflict or ResponseCodes.ErrorStaleObject;

    public bool IsTransient => ResponseCodes.IsTransient(Code);
}

/// <summary>One id's result: the item, or why not. With <see cref="IExchangeMailbox.ReadKeysAsync"/> only id and key.</summary>
public sealed record ItemRead(ItemId Asked, ExchangeItem? Item, ChangeKey? Key, ItemRefusal? Refusal);

/// <summary>A folder, as shown to a person who picks one.</summary>
/// <param name="Parent">Null at the top.</param>
/// <param name="Kind">What it holds; null for folders that no link can use.</param>
public sealed record FolderInfo(FolderId Id, FolderId? Parent, string Name, ItemKind? Kind, int ItemCount);

public enum ChangeKind
{
    /// <summary>The item is new or has changed; the feed does not say reliably which.</summary>
    CreatedOrUpdated = 0,
    Deleted = 1,

    /// <summary>Only the read flag moved; the ChangeKey may have moved with it.</summary>
    ReadFlag = 2,
}

/// <summary>One item of the change feed: that something changed, and what its ChangeKey is now.</summary>
/// <param name="Key">Null for deletes and where the feed gives none.</param>
public sealed record ItemChange(ChangeKind Kind, ItemId Id, ChangeKey? Key);

/// <summary>One page of the change feed.</summary>
/// <param name="Next">Store it with the page's effects, in the same transaction.</param>
/// <param name="IsLast">Nothing more at this moment.</param>
public sealed record ChangePage(IReadOnlyList<ItemChange> Changes, Cursor Next, bool IsLast);
