using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Get, add, update and remove delegates of a mailbox. The answers carry a list of their own element (protocol.md 11).</summary>
public static class Delegates
{
    private static readonly (string Element, string Folder)[] Levels =
    [
        ("CalendarFolderPermissionLevel", "calendar"), ("TasksFolderPermissionLevel", "tasks"), ("InboxFolderPermissionLevel", "inbox"),
        ("ContactsFolderPermissionLevel", "contacts"), ("NotesFolderPermissionLevel", "notes"), ("JournalFolderPermissionLevel", "journal"),
    ];

    public static void Get(OperationContext context, ResponseWriter writer)
    {
        var ids = context.Request.Child("UserIds")?.Children;
        var withRights = context.Request["IncludePermissions"] is "true" or "1";
        Answer(context, writer, "GetDelegate", mailbox => ids ?? mailbox.Delegates.ConvertAll(d => Node.Types("UserId", "", Node.Types("PrimarySmtpAddress", d.Address))), (mailbox, id) =>
        {
            var entry = Entry(mailbox, AddressOf(context, id)) ?? throw NotDelegate();
            return () => Write(context, writer, mailbox, entry, withRights);
        });
    }

    public static void Add(OperationContext context, ResponseWriter writer) =>
        Answer(context, writer, "AddDelegate", _ => context.Request.Child("DelegateUsers")!.Children, (mailbox, user) =>
        {
            var address = AddressOf(context, user.Child("UserId")!);
            if (string.Equals(address, mailbox.Address, StringComparison.OrdinalIgnoreCase))
                throw new ExchangeError("ErrorDelegateCannotAddOwner", "The owner of a mailbox cannot be its delegate.");
            if (Entry(mailbox, address) != null)
                throw new ExchangeError("ErrorDelegateAlreadyExists", "The user is already a delegate for the mailbox.");
            var entry = new DelegateEntry(address);
            mailbox.Delegates.Add(entry);
            Apply(context, mailbox, entry, user);
            return () => Write(context, writer, mailbox, entry, withRights: true);
        });

    public static void Update(OperationContext context, ResponseWriter writer) =>
        Answer(context, writer, "UpdateDelegate", _ => context.Request.Child("DelegateUsers")?.Children ?? [], (mailbox, user) =>
        {
            var entry = Entry(mailbox, AddressOf(context, user.Child("UserId")!)) ?? throw NotDelegate();
            Apply(context, mailbox, entry, user);
            return () => Write(context, writer, mailbox, entry, withRights: true);
        });

    public static void Remove(OperationContext context, ResponseWriter writer) =>
        Answer(context, writer, "RemoveDelegate", _ => context.Request.Child("UserIds")!.Children, (mailbox, id) =>
        {
            var entry = Entry(mailbox, AddressOf(context, id)) ?? throw NotDelegate();
            mailbox.Delegates.Remove(entry);
            foreach (var (_, folder) in Levels)
            {
                if (mailbox[folder].Permissions.Remove(entry.Address))
                    context.Organisation.FolderChanged(mailbox[folder]);
            }

            return () => { };
        });

    private static void Answer(OperationContext context, ResponseWriter writer, string operation, Func<Mailbox, List<Node>> parts, Func<Mailbox, Node, Action> prepare)
    {
        ExchangeError? refusal = null;
        var mailbox = context.Organisation.FindMailbox(context.Request.Child("Mailbox")?.ChildText("EmailAddress")?.Trim() ?? "");
        if (mailbox == null)
            refusal = new("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
        else if (context.Caller.On(mailbox["calendar"]).Level < FolderLevel.Owner)
            refusal = ExchangeError.AccessDenied();
        writer.Outcome(operation + "Response", refusal, () =>
        {
            var users = parts(mailbox!);
            if (users.Count > 0)
            {
                writer.StartM("ResponseMessages");
                foreach (var user in users)
                    writer.Guarded("DelegateUserResponseMessageType", () => prepare(mailbox!, user));
                writer.End();
            }

            if (context.Request.ChildText("DeliverMeetingRequests") is { } deliver)
                mailbox!.DeliverMeetingRequests = deliver;
            if (operation == "GetDelegate")
                writer.M("DeliverMeetingRequests", mailbox!.DeliverMeetingRequests);
        });
    }

    private static string AddressOf(OperationContext context, Node id)
    {
        var mailbox = id.ChildText("PrimarySmtpAddress") is { } address
            ? context.Organisation.FindMailbox(address.Trim())
            : context.Organisation.Mailboxes.FirstOrDefault(m => m.Sid == id.ChildText("SID"));
        return mailbox?.Address ?? throw new ExchangeError("ErrorDelegateNoUser", "The delegate does not map to a user in the directory.");
    }

    private static DelegateEntry? Entry(Mailbox mailbox, string address) => mailbox.Delegates.Find(d => string.Equals(d.Address, address, StringComparison.OrdinalIgnoreCase));

    private static void Apply(OperationContext context, Mailbox mailbox, DelegateEntry entry, Node user)
    {
        context.Organisation.LastNumber++;
        entry.ReceivesCopies = Flag(user, "ReceiveCopiesOfMeetingMessages") ?? entry.ReceivesCopies;
        entry.ViewsPrivateItems = Flag(user, "ViewPrivateItems") ?? entry.ViewsPrivateItems;
        foreach (var (element, name) in Levels)
        {
            var folder = mailbox[name];
            var level = user.Child("DelegatePermissions")?.ChildText(element) is { } text ? Parse(text) : folder.Permissions.GetValueOrDefault(entry.Address)?.Level;
            if (level is not { } known)
                continue;
            folder.Permissions[entry.Address] = new(known, entry.ViewsPrivateItems);
            context.Organisation.FolderChanged(folder);
        }
    }

    private static FolderLevel Parse(string text) => text == "Custom"
        ? throw new ExchangeError("ErrorInvalidDelegatePermission", "Custom is a level that is read, not set.")
        : Enum.Parse<FolderLevel>(text);

    private static bool? Flag(Node user, string name) => user.ChildText(name) switch { "true" or "1" => true, "false" or "0" => false, _ => null };

    private static void Write(OperationContext context, ResponseWriter writer, Mailbox mailbox, DelegateEntry entry, bool withRights)
    {
        var known = context.Organisation.FindMailbox(entry.Address);
        writer.StartM("DelegateUser");
        writer.StartT("UserId");
        if (known != null)
            writer.T("SID", known.Sid);
        writer.T("PrimarySmtpAddress", entry.Address);
        writer.T("DisplayName", known?.DisplayName ?? entry.Address);
        writer.End();
        if (withRights)
        {
            writer.StartT("DelegatePermissions");
            foreach (var (element, name) in Levels)
                writer.T(element, mailbox[name].Permissions.GetValueOrDefault(entry.Address)?.Level is { } level ? (level == FolderLevel.Owner ? "Custom" : level.ToString()) : "None");
            writer.End();
        }

        writer.T("ReceiveCopiesOfMeetingMessages", entry.ReceivesCopies ? "true" : "false");
        writer.T("ViewPrivateItems", entry.ViewsPrivateItems ? "true" : "false");
        writer.End();
    }

    private static ExchangeError NotDelegate() => new("ErrorNotDelegate", "The user is not a delegate for the mailbox.");
}
