using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange;

/// <summary>Whom a write mails. On EWS it is an attribute of the whole request (invariant 11).</summary>
public enum InvitationMail
{
    /// <summary>SendToNone.</summary>
    None = 0,

    /// <summary>SendToAllAndSaveCopy.</summary>
    ToAll = 1,

    /// <summary>SendToChangedAndSaveCopy: only attendees who were added or removed.</summary>
    ToChanged = 2,
}

public enum CancellationMail
{
    None = 0,
    ToAll = 1,
}

/// <summary>An item to create, carrying the stamp of its committed intent.</summary>
public sealed record ItemCreate(Stamp Stamp, ScheduleContent Content);

/// <summary>A conditional, partial change: only <paramref name="Changed"/> is sent, only on top of <paramref name="Key"/>.</summary>
/// <param name="Stamp">Also sets our stamp (adoption, or a touch that carries an invitation); null leaves it alone.</param>
public sealed record ItemUpdate(ItemId Id, ChangeKey Key, ScheduleContent Content, ScheduleFields Changed, Stamp? Stamp = null);

/// <summary>One item's result of a write: its identity afterwards, or why it was refused.</summary>
public sealed record WriteResult(ItemId? Id, ChangeKey? Key, ItemRefusal? Refusal)
{
    public bool Succeeded => Refusal is null;
}
