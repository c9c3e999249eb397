using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>The picture of a person, if one was put in by the control API.</summary>
public static class GetUserPhoto
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var mailbox = context.Organisation.FindMailbox(context.Request.ChildText("Email")!.Trim());
        var refusal = mailbox == null ? new ExchangeError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
            : mailbox.Photo == null ? ExchangeError.ItemNotFound() : null;
        writer.Outcome("GetUserPhotoResponse", refusal, () =>
        {
            writer.M("HasChanged", "true");
            writer.M("PictureData", Convert.ToBase64String(mailbox!.Photo!));
        }, () => writer.M("HasChanged", "false"));
    }
}
