using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Sends an ordinary message: counted in the ledger and delivered to the mailboxes of this organisation.</summary>
public static class SendMessage
{
    private static readonly string[] Lists = ["ToRecipients", "CcRecipients", "BccRecipients"];

    public static StoredItem? Run(OperationContext context, Node element, MailFolder folder, bool saveCopy)
    {
        var organisation = context.Organisation;
        var sender = context.OwnMailbox;
        if (folder.DistinguishedName == "drafts")
            folder = sender["sentitems"];
        var draft = organisation.NewItem(ItemKind.Message, sender);
        var editor = new ItemEditor(organisation, context.Edit);
        editor.Fill(draft, element);
        editor.Finish(draft, isNew: true);
        Send(context, draft, sender);
        if (!saveCopy)
            return null;
        organisation.Insert(draft, folder, context.Caller.Name);
        return draft;
    }

    /// <summary>Puts a message into the mailboxes of those it goes to.</summary>
    public static void Send(OperationContext context, StoredItem draft, Mailbox sender)
    {
        var organisation = context.Organisation;
        var recipients = Lists.SelectMany(l => draft.Values.Element(l)?.Children ?? []).Select(m => m.ChildText("EmailAddress") ?? "").Where(a => a.Length > 0).ToList();
        if (recipients.Count == 0)
            throw new ExchangeError("ErrorMissingRecipients", "At least one recipient is needed.");
        draft.Values.Set("From", Node.Types("From", "", Attendees.Mailbox(organisation, sender.Address, null)));
        draft.Values.Set("IsRead", true);
        foreach (var address in recipients)
        {
            organisation.Mails.Add(sender.Address, address, "message", null, draft.Subject, context.Request.Name);
            if (organisation.FindMailbox(address) is not { } mailbox)
                continue;
            var mail = organisation.NewItem(ItemKind.Message, mailbox);
            mail.Values = draft.Values.Copy();
            mail.Values.Set("IsRead", false);
            mail.Attachments = draft.Attachments?.ConvertAll(a => a.CopyAs(organisation.NewAttachmentId(mail)));
            organisation.Insert(mail, mailbox["inbox"], "Transport");
            organisation.NewMail(mail);
        }
    }
}
