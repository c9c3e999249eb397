using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>GetUserOofSettings and SetUserOofSettings, in their own shape (protocol.md 11).</summary>
public static class OutOfOffice
{
    public static void Get(OperationContext context, ResponseWriter writer)
    {
        var mailbox = Find(context, out var refusal);
        writer.StartResponse("GetUserOofSettings");
        writer.OutcomePart("ResponseMessage", refusal);
        if (mailbox != null)
        {
            writer.Write(mailbox.OutOfOffice ?? Disabled(context), "OofSettings");
            writer.M("AllowExternalOof", "All");
        }

        writer.End();
    }

    public static void Set(OperationContext context, ResponseWriter writer)
    {
        var mailbox = Find(context, out var refusal);
        if (mailbox != null)
        {
            mailbox.OutOfOffice = context.Request.Child("UserOofSettings")!.DeepCopy();
            context.Organisation.LastNumber++;
        }

        writer.StartResponse("SetUserOofSettings");
        writer.OutcomePart("ResponseMessage", refusal);
        writer.End();
    }

    private static Mailbox? Find(OperationContext context, out ExchangeError? refusal)
    {
        var mailbox = context.Organisation.FindMailbox(context.Request.Child("Mailbox")!.ChildText("Address")?.Trim() ?? "");
        refusal = mailbox == null ? new("ErrorMailRecipientNotFound", "The recipient was not found.")
            : context.Caller.On(mailbox["inbox"]).Level < FolderLevel.Owner ? ExchangeError.AccessDenied() : null;
        return refusal == null ? mailbox : null;
    }

    private static Node Disabled(OperationContext context)
    {
        var day = context.Organisation.Now.Date;
        string At(int days) => ExchangeTime.Format(new DateTimeOffset(day.AddDays(days), TimeSpan.Zero)).TrimEnd('Z');
        return Node.Types(
            "OofSettings",
            "",
            Node.Types("OofState", "Disabled"),
            Node.Types("ExternalAudience", "All"),
            Node.Types("Duration", "", Node.Types("StartTime", At(0)), Node.Types("EndTime", At(1))),
            Node.Types("InternalReply", "", Node.Types("Message")),
            Node.Types("ExternalReply", "", Node.Types("Message")));
    }
}
