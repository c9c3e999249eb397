using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Planning;

/// <summary>What a plan does with an item. Every outcome has a name; the activity log keeps it with its reason.</summary>
public enum PlanAction
{
    /// <summary>Both sides agree.</summary>
    Nothing = 0,

    /// <summary>The ChangeKey moved, the mapped content did not: store the key (invariant 9).</summary>
    StoreKey = 1,

    /// <summary>Fields go to the CRM, to Exchange, or both ways.</summary>
    Merge = 2,

    /// <summary>A new item enters the CRM.</summary>
    Import = 3,

    /// <summary>An item that both sides have already becomes a pair.</summary>
    Adopt = 4,

    /// <summary>Another person's copy of a meeting that the CRM knows.</summary>
    Join = 5,

    /// <summary>The item moved or came back: its pair is bound to the new id.</summary>
    Rebind = 6,

    /// <summary>Our create of unknown fate has arrived.</summary>
    ConfirmIntent = 7,

    /// <summary>A late attempt of ours beside the living one: removed silently (invariant 6).</summary>
    RemoveStray = 8,

    CreateInExchange = 9,

    DeleteInExchange = 10,

    /// <summary>The last copy is gone: the CRM item is deleted.</summary>
    DeleteInCrm = 11,

    /// <summary>One copy of several is gone: the person's participation ends, the meeting stays.</summary>
    Leave = 12,

    /// <summary>Deleted in the CRM, edited in Exchange: the edit is kept.</summary>
    RestoreInCrm = 13,

    /// <summary>Deleted in Exchange, edited in the CRM: the edit is kept.</summary>
    RecreateInExchange = 14,

    /// <summary>Deleted in Exchange, edited in the CRM, and creating it again would invite people anew: the CRM keeps it unpaired.</summary>
    KeepInCrm = 15,

    /// <summary>Gone on both sides.</summary>
    Forget = 16,

    /// <summary>Rules no longer admit it: it leaves the CRM, Exchange keeps it.</summary>
    Withdraw = 17,

    /// <summary>It does not enter; the reason is shown.</summary>
    Skip = 18,

    /// <summary>Both sides changed it, and the policy asks a person: nothing travels until then.</summary>
    Ask = 19,
}

/// <summary>Why an Exchange item does not enter the CRM.</summary>
public enum SkipReason
{
    Recurring = 0,
    InboundOff = 1,
    ShowAs = 2,
    Sensitivity = 3,
    OutsideWindow = 4,
    CancelledMeeting = 5,
    DeletedInCrm = 6,
    Unreadable = 7,

    /// <summary>It was there before the link, which keeps both sides' older items apart.</summary>
    KeptApart = 8,

    /// <summary>Several CRM items fit it equally well, and a person is to decide.</summary>
    Tie = 9,

    /// <summary>A person decided that it is none of the CRM items that look like it.</summary>
    ToldApart = 10,
}

/// <summary>A decision about one item, with its reason. Nothing is executed that is not in a plan (invariant 2).</summary>
/// <param name="Merged">What both sides shall say; null where no content travels.</param>
/// <param name="ToCrm">Fields that the CRM takes.</param>
/// <param name="ToExchange">Fields that Exchange takes.</param>
/// <param name="Conflicts">Fields that both sides had changed; the loser's values are kept.</param>
/// <param name="CrmWon">Those of them that the CRM won.</param>
/// <param name="Asked">Fields that wait for a person.</param>
/// <param name="Mail">Whom the write mails.</param>
/// <param name="Cancellation">Whom the delete mails.</param>
public sealed record ItemPlan(
    PlanAction Action,
    string Reason,
    ScheduleContent? Merged = null,
    ScheduleFields ToCrm = ScheduleFields.None,
    ScheduleFields ToExchange = ScheduleFields.None,
    ScheduleFields Conflicts = ScheduleFields.None,
    ScheduleFields CrmWon = ScheduleFields.None,
    ScheduleFields Asked = ScheduleFields.None,
    InvitationMail Mail = InvitationMail.None,
    CancellationMail Cancellation = CancellationMail.None,
    SkipReason? Skipped = null);
