namespace CrmSync.Engine.Store.Rows;

/// <summary>What a guard holds until a person approves it, or it passes.</summary>
public enum HoldKind
{
    /// <summary>Items that vanished in Exchange and would be deleted in the CRM.</summary>
    DeletesInCrm = 0,

    /// <summary>Items that changed in Exchange and would be changed in the CRM.</summary>
    ChangesInCrm = 1,

    /// <summary>Items deleted in the CRM that would be deleted in Exchange.</summary>
    DeletesInExchange = 2,

    /// <summary>Items changed in the CRM that would be changed in Exchange.</summary>
    ChangesInExchange = 3,

    /// <summary>Mails to attendees beyond the hour's budget. Goes on by itself in the next hour.</summary>
    Mails = 4,
}

/// <summary>Something that a guard holds on a link. Kept in LinkState, so it survives restarts.</summary>
/// <param name="Count">How many items, or mails.</param>
/// <param name="Of">Of how many items of the link, or the hour's budget.</param>
/// <param name="Reason">Thing, cause and cure.</param>
/// <param name="Since">Since when; a hold that came to its end and a new one differ by it.</param>
public sealed record LinkHold(HoldKind Kind, int Count, int Of, string Reason, DateTime Since);

/// <summary>A person's permission for what a guard holds.</summary>
/// <param name="Count">For so many at most.</param>
/// <param name="Until">It expires.</param>
/// <param name="HoldSince">The hold that it was given for; null: a standing permission for whatever comes until then.</param>
public sealed record HoldApproval(HoldKind Kind, int Count, DateTime Until, string By, DateTime At, DateTime? HoldSince);
