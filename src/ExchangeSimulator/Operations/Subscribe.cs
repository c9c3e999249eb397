using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Opens a push, pull or streaming subscription (protocol.md 9).</summary>
public static class Subscribe
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var wanted = context.Request.Children[0];
        if (wanted.Name == "StreamingSubscriptionRequest" && context.Version < ServerVersion.Exchange2010Sp1)
            throw new SoapFault("ErrorInvalidServerVersion", "Streaming subscriptions need Exchange2010_SP1.");
        writer.Messages("Subscribe", [wanted], request =>
        {
            var subscription = Make(context, request);
            context.Organisation.Subscriptions.Add(subscription);
            Resume(context, subscription, request.ChildText("Watermark"));
            return () =>
            {
                writer.M("SubscriptionId", subscription.Id);
                if (subscription.Kind != SubscriptionKind.Streaming)
                    writer.M("Watermark", Watermarks.Encode(subscription.Acknowledged, subscription.Epoch));
            };
        });
    }

    private static Subscription Make(OperationContext context, Node request)
    {
        var folders = Folders(context, request);
        var mailbox = folders?.FirstOrDefault()?.Mailbox ?? context.OwnMailbox;
        var kind = request.Name switch
        {
            "PushSubscriptionRequest" => SubscriptionKind.Push,
            "PullSubscriptionRequest" => SubscriptionKind.Pull,
            _ => SubscriptionKind.Streaming,
        };
        return new Subscription(context.Organisation.Subscriptions.NewId(mailbox), kind, context.Caller.Account, mailbox)
        {
            Folders = folders,
            EventTypes = request.Child("EventTypes")!.Children.Select(e => e.Text).ToHashSet(),
            Life = kind == SubscriptionKind.Pull ? TimeSpan.FromMinutes(Number(request, "Timeout")) : TimeSpan.FromMinutes(context.Organisation.Services.StreamingIdleMinutes),
            StatusFrequencyMinutes = kind == SubscriptionKind.Push ? Number(request, "StatusFrequency") : 0,
            Url = kind == SubscriptionKind.Push ? PushUrl(request.ChildText("URL")!) : null,
            Backend = context.Backend,
            Weight = context.Organisation.Services.SubscriptionsCountPerFolder ? Math.Max(1, folders?.Count ?? 1) : 1,
            CallerData = request.ChildText("CallerData"),
        };
    }

    private static HashSet<MailFolder>? Folders(OperationContext context, Node request)
    {
        if (request["SubscribeToAllFolders"] is "true" or "1")
            return request.Child("FolderIds") == null ? null : throw Invalid("Folder ids and SubscribeToAllFolders exclude each other.");
        if (request.Child("FolderIds") is not { } ids)
            throw Invalid("Folder ids are needed.");
        // Full access or impersonation is needed: a folder right alone is not enough.
        var folders = ids.Children.Select(f => context.Folder(f, f["Id"] == "publicfoldersroot" || context.Organisation.FindFolder(f["Id"]!)?.Mailbox.IsPublic == true ? FolderLevel.Reviewer : FolderLevel.Owner)).ToHashSet();
        if (folders.Select(f => f.Mailbox).Distinct().Count() > 1)
            throw Invalid("All folders of a subscription must be in one mailbox.");
        if (folders.Count > 1 && folders.First().Mailbox.IsPublic)
            throw Invalid("A subscription holds one public folder.");
        return folders;
    }

    private static Uri PushUrl(string text)
    {
        if (text.Length < 2083 && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        throw new ExchangeError("ErrorInvalidPushSubscriptionUrl", "The push subscription URL is invalid.");
    }

    private static void Resume(OperationContext context, Subscription subscription, string? watermark)
    {
        if (string.IsNullOrEmpty(watermark) || context.Organisation.Subscriptions.Resume(subscription, watermark))
            return;
        context.Organisation.Subscriptions.Remove(subscription);
        throw new ExchangeError("ErrorInvalidWatermark", "The watermark used for creating this subscription was not found.");
    }

    private static int Number(Node request, string name) => int.Parse(request.ChildText(name)!, CultureInfo.InvariantCulture);

    private static ExchangeError Invalid(string message) => new("ErrorInvalidSubscriptionRequest", message);
}
