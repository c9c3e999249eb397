using System.Globalization;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>One request on its way through an operation: who asks, what, in which version and zone.</summary>
public sealed class OperationContext(Organisation organisation, Caller caller, Node request, int version, TimeZoneInfo? contextZone)
{
    public Organisation Organisation { get; } = organisation;
    public Caller Caller { get; } = caller;
    public Node Request { get; } = request;
    public int Version { get; } = version;
    public TimeZoneInfo? ContextZone { get; } = contextZone;

    /// <summary>The mailbox server that the request has landed on.</summary>
    public int Backend { get; init; }

    public ItemActions Actions => new(Organisation, Edit, Request.Name);

    public EditContext Edit => new(Caller, ContextZone) { Version = Version };

    /// <summary>The folder that a FolderId or DistinguishedFolderId names, if the caller may do this much in it.</summary>
    public MailFolder Folder(Node id, FolderLevel needed = FolderLevel.Reviewer)
    {
        var folder = id.Name == "DistinguishedFolderId" ? Distinguished(id) : Organisation.FindFolder(id["Id"]!);
        if (folder == null)
            throw id.Name == "FolderId" && IsMalformed(id["Id"]!) ? Malformed() : ExchangeError.FolderNotFound();
        return Check(folder, needed, ExchangeError.FolderNotFound);
    }

    /// <summary>The item an ItemId names. A dead id, a moved item and a missing right look the same (protocol.md 5).</summary>
    public StoredItem Item(Node id, FolderLevel needed = FolderLevel.Reviewer)
    {
        switch (id.Name)
        {
            case "OccurrenceItemId":
                return Occurrence.At(ById(id["RecurringMasterId"]!, needed), int.Parse(id["InstanceIndex"]!, CultureInfo.InvariantCulture), Organisation.Habits);
            case "RecurringMasterItemId":
                return ById(id["OccurrenceId"]!, needed).Occurrence?.Master
                    ?? throw new ExchangeError("ErrorCalendarCannotUseIdForOccurrenceId", "The id is not the id of an occurrence.");
            case "RecurringMasterItemIdRanges":
                var master = ById(id["Id"]!, needed);
                return master.Series != null ? master : throw new ExchangeError("ErrorCalendarCannotUseIdForRecurringMasterId", "The id is not the id of a recurring master.");
            default:
                return ById(id["Id"]!, needed);
        }
    }

    /// <summary>An attachment with the item it hangs on.</summary>
    public (StoredItem Root, StoredAttachment Attachment) Attachment(string id, FolderLevel needed)
    {
        if (AttachmentRules.Find(Organisation, id) is not { } found)
            throw IsMalformed(id) ? new ExchangeError("ErrorInvalidAttachmentId", "The attachment id is not valid.") : ExchangeError.ItemNotFound();
        Check(found.Root.Folder, needed, ExchangeError.ItemNotFound);
        return found;
    }

    private StoredItem ById(string text, FolderLevel needed)
    {
        if (text.Length == 0)
            throw new ExchangeError("ErrorInvalidIdEmpty", "Id must be non-empty.");
        if (Organisation.FindItem(text) is { } item)
        {
            Check(item.Folder, needed, ExchangeError.ItemNotFound);
            return item;
        }

        if (OccurrenceIds.Read(text) is (var masterId, var date) && Organisation.FindItem(masterId) is { Series: not null } master)
        {
            Check(master.Folder, needed, ExchangeError.ItemNotFound);
            return Occurrence.Of(master, date, Organisation.Habits);
        }

        if (Organisation.FindFolder(text) != null)
            throw new ExchangeError("ErrorCannotUseFolderIdForItemId", "The id of a folder was given where an item's was expected.");
        throw IsMalformed(text) ? Malformed() : ExchangeError.ItemNotFound();
    }

    /// <summary>Where new items go: the folder named, else the default folder of their kind.</summary>
    public MailFolder Target(Node? target, string defaultFolder)
    {
        if (target?.Children.FirstOrDefault() is { } id)
            return Folder(id, FolderLevel.Author);
        return (Caller.ActingAs ?? throw NoMailbox())[defaultFolder];
    }

    public Mailbox OwnMailbox => Caller.ActingAs ?? throw NoMailbox();

    private static bool IsMalformed(string id)
    {
        var bytes = new byte[id.Length];
        return !Convert.TryFromBase64String(id, bytes, out var length) || length < 20;
    }

    private static ExchangeError Malformed() => new("ErrorInvalidIdMalformed", "Id is malformed.");

    private static ExchangeError NoMailbox() => new("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");

    private MailFolder? Distinguished(Node id)
    {
        if (id["Id"] == "publicfoldersroot")
            return Organisation.PublicFolders.Top;
        if (id.Child("Mailbox")?.ChildText("EmailAddress") is not { } address)
            return OwnMailbox.Distinguished(id["Id"]!);
        var mailbox = Organisation.FindMailbox(address.Trim());
        if (mailbox == null)
        {
            var error = NoMailbox();
            error.Values["SmtpAddress"] = address;
            throw error;
        }

        return mailbox.Distinguished(id["Id"]!);
    }

    private MailFolder Check(MailFolder folder, FolderLevel needed, Func<ExchangeError> invisible)
    {
        var level = Caller.On(folder).Level;
        if (level == FolderLevel.None)
            throw invisible();
        return level >= needed ? folder : throw ExchangeError.AccessDenied();
    }
}
