using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Opens a push, pull or streaming subscription (protocol.md 9).</summary>
public static class Subscribe
{
    /// <summary>A streaming subscription that nobody listens to lives this long.</summary>
    private static readonly TimeSpan StreamingLife = TimeSpan.FromMinutes(30);

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
                    writer.M("Watermark", Watermarks.Encode(subscription.Acknowledged));
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
            Life = kind == SubscriptionKind.Pull ? TimeSpan.FromMinutes(Number(request, "Timeout")) : StreamingLife,
            StatusFrequencyMinutes = kind == SubscriptionKind.Push ? Number(request, "StatusFrequency") : 0,
            Url = kind == SubscriptionKind.Push ? PushUrl(request.ChildText("URL")!) : null,
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
        var folders = ids.Children.Select(f => context.Folder(f, FolderLevel.Owner)).ToHashSet();
        if (folders.Select(f => f.Mailbox).Distinct().Count() > 1)
            throw Invalid("All folders of a subscription must be in one mailbox.");
        return folders;
    }

    private static Uri PushUrl(string text)
    {
        if (text.Length < 2083 && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        throw new ExchangeError("ErrorInvalidPushSubscriptionUrl", "The push subscription URL is invalid.");
    }

    /// <summary>Watermarks of another life of this server, or too old ones, cannot be resumed from.</summary>
    private static void Resume(OperationContext context, Subscription subscription, string? watermark)
    {
        if (string.IsNullOrEmpty(watermark))
            return;
        if (Watermarks.Decode(watermark) is not { } number || number != context.Organisation.Subscriptions.LastNumber)
        {
            context.Organisation.Subscriptions.Remove(subscription);
            throw new ExchangeError("ErrorInvalidWatermark", "The watermark used for creating this subscription was not found.");
        }
    }

    private static int Number(Node request, string name) => int.Parse(request.ChildText(name)!, CultureInfo.InvariantCulture);

    private static ExchangeError Invalid(string message) => new("ErrorInvalidSubscriptionRequest", message);
}

/// <summary>Opaque bookmarks of an event stream.</summary>
public static class Watermarks
{
    public static string Encode(long number)
    {
        var bytes = new byte[13];
        bytes[0] = 1;
        BitConverter.TryWriteBytes(bytes.AsSpan(4), number);
        bytes[12] = 1;
        return Convert.ToBase64String(bytes);
    }

    public static long? Decode(string text)
    {
        var bytes = new byte[Math.Max(16, text.Length)];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == 13 && bytes[0] == 1 ? BitConverter.ToInt64(bytes, 4) : null;
    }
}
