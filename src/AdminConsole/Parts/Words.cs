using System.Globalization;
using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.AdminConsole.Parts;

/// <summary>Values in the words of people.</summary>
public static class Words
{
    public static string Of(object? value) => value switch
    {
        null => "",
        TargetKind.Ews => "Exchange Web Services",
        TargetKind.Graph => "Microsoft Graph",
        AuthenticationKind.Basic => "User name and password (Basic)",
        AuthenticationKind.Ntlm => "Windows account (NTLM)",
        AuthenticationKind.OAuthClientCredentials => "Application with client secret (OAuth)",
        AccessType.Impersonation => "Impersonation: acts as the owner of each mailbox",
        AccessType.Delegate => "Delegate: uses folders shared with the account",
        TlsMode.Strict => "Strict: certificates as this machine trusts them",
        TlsMode.Pinned => "Pinned: exactly the certificate below",
        TlsMode.Off => "Off: no check (dangerous)",
        NotificationMode.Poll => "Polling only",
        NotificationMode.Push => "Push: Exchange calls us",
        NotificationMode.Streaming => "Streaming: we hold a connection",
        NotificationMode.Webhook => "Webhook (Graph)",
        SyncDirection.Off => "Off",
        SyncDirection.Inbound => "Inbound: Exchange to CRM",
        SyncDirection.Outbound => "Outbound: CRM to Exchange",
        SyncDirection.TwoWay => "Both ways",
        ConflictPolicy.CrmWins => "The CRM wins",
        ConflictPolicy.ExchangeWins => "Exchange wins",
        ConflictPolicy.NewestWins => "The newest change wins",
        ConflictPolicy.Ask => "Ask a person",
        FirstSyncPolicy.Adopt => "Twins are matched, the rest goes to the other side",
        FirstSyncPolicy.Ask => "Twins are matched, a person decides where several fit, the rest goes to the other side",
        FirstSyncPolicy.KeepApart => "What is there stays apart, only new items travel",
        HoldKind.DeletesInCrm => "Deletes in the CRM are held.",
        HoldKind.ChangesInCrm => "Changes in the CRM are held.",
        HoldKind.DeletesInExchange => "Deletes in Exchange are held.",
        HoldKind.ChangesInExchange => "Changes in Exchange are held.",
        HoldKind.Mails => "Mails are held.",
        DeleteConflictPolicy.KeepEdit => "The edit is kept",
        DeleteConflictPolicy.DeleteWins => "The deletion wins",
        DeleteConflictPolicy.Ask => "A person is asked",
        MailPolicy.Invite => "Mail attendees once per real change",
        MailPolicy.Silent => "Never mail attendees",
        ItemKind.Schedule => "Calendar",
        ItemKind.Task => "Tasks",
        ItemKind.Contact => "Contacts",
        LinkHealth.Unknown => "Not run yet",
        LinkHealth.Held => "Waits for you",
        ShowAs.OutOfOffice => "Out of office",
        ShowAs.WorkingElsewhere => "Working elsewhere",
        MessageKind.Inbound => "Read the folder",
        MessageKind.Outbound => "Send an item",
        MessageKind.FanOut => "Queue an item for all its links",
        MessageKind.CheckUp => "Compare the whole folder",
        MessageState.DeadLetter => "Parked",
        bool isTrue => isTrue ? "Yes" : "No",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    public static string Ago(TimeSpan age) => age switch
    {
        { TotalSeconds: < 5 } => "just now",
        { TotalSeconds: < 90 } => $"{age.TotalSeconds:0} s ago",
        { TotalMinutes: < 90 } => $"{age.TotalMinutes:0} min ago",
        { TotalHours: < 36 } => $"{age.TotalHours:0} h ago",
        _ => $"{age.TotalDays:0} days ago",
    };

    public static string Count(int number, string one, string many) => number == 1 ? $"1 {one}" : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    /// <summary>Why an item does not enter: the name that the engine wrote, as a sentence.</summary>
    public static string OfSkip(string? reason) => reason switch
    {
        "Recurring" => "It is part of a series; series are not synchronized yet.",
        "InboundOff" => "The link does not bring items into the CRM.",
        "ShowAs" => "The link does not accept how it shows (free, busy ...).",
        "Sensitivity" => "The link does not accept its sensitivity.",
        "OutsideWindow" => "It lies outside the link's time window.",
        "CancelledMeeting" => "The meeting is cancelled.",
        "DeletedInCrm" => "It was deleted in the CRM.",
        "KeptApart" => "It was there before the link, which keeps older items apart.",
        "Tie" => "Several items of the CRM fit it equally well: decide which one it is.",
        "ToldApart" => "Somebody decided that it is none of the CRM items that look like it.",
        "Unreadable" => "Exchange could not give it, or gave what cannot be read.",
        _ => reason ?? "",
    };

    public static string OfRole(Caller caller) => caller.ToViewer().Role switch
    {
        ConsoleRole.Administrator => "administrator",
        ConsoleRole.Operator => "operator",
        _ => "user",
    };

    public static string OfName(Caller caller) => caller.Name.StartsWith("user:", StringComparison.Ordinal) ? caller.Name[5..] : caller.Name;
}
