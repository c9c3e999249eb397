using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>What a sender should know of the recipients: who is away, how many there are, who does not exist.</summary>
public static class GetMailTips
{
    public static void Run(OperationContext context, ResponseWriter writer) => writer.Outcome("GetMailTipsResponse", null, () =>
    {
        writer.StartM("ResponseMessages");
        foreach (var recipient in context.Request.Child("Recipients")!.Children)
            writer.Guarded("MailTipsResponseMessageType", () => () => Tips(context, writer, recipient));
        writer.End();
    });

    private static void Tips(OperationContext context, ResponseWriter writer, Node recipient)
    {
        var address = recipient.ChildText("EmailAddress")?.Trim() ?? "";
        var (mailbox, group) = (context.Organisation.FindMailbox(address), context.Organisation.FindGroup(address));
        var away = mailbox?.OutOfOffice is { } oof && oof.ChildText("OofState") is "Enabled" or "Scheduled" ? mailbox!.OutOfOffice!.Child("InternalReply")?.ChildText("Message") ?? "" : "";
        writer.StartM("MailTips");
        writer.Write(Attendees.Mailbox(context.Organisation, address, recipient.ChildText("Name")), "RecipientAddress");
        writer.T("PendingMailTips", "");
        writer.StartT("OutOfOffice");
        writer.StartT("ReplyBody");
        writer.T("Message", away);
        writer.End();
        writer.End();
        writer.T("MailboxFull", "false");
        writer.T("TotalMemberCount", (group?.Members.Count ?? 1).ToString(CultureInfo.InvariantCulture));
        writer.T("ExternalMemberCount", (group?.Members.Count(m => context.Organisation.FindMailbox(m) == null) ?? 0).ToString(CultureInfo.InvariantCulture));
        writer.T("MaxMessageSize", "36700160");
        writer.T("DeliveryRestricted", "false");
        writer.T("IsModerated", "false");
        writer.T("InvalidRecipient", mailbox == null && group == null && IsOurs(context, address) ? "true" : "false");
        writer.End();
    }

    private static bool IsOurs(OperationContext context, string address) => context.OwnMailbox.Address.Split('@')[^1].Equals(address.Split('@')[^1], StringComparison.OrdinalIgnoreCase);
}
