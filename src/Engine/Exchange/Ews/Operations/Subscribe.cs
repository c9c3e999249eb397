using System.Globalization;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Subscribes to a folder's events, by push to a URL or for streaming (ews/protocol.md section 9).</summary>
internal sealed class Subscribe : SingleOperation<PushSubscription>
{
    // What can change an item of the folder. FreeBusyChanged and NewMail say nothing that these do not.
    private static readonly string[] Events = ["CreatedEvent", "ModifiedEvent", "MovedEvent", "DeletedEvent", "CopiedEvent"];

    private readonly FolderRef _folder;
    private readonly Uri? _pushUrl;
    private readonly int _statusFrequencyMinutes;
    private string? _id;
    private string? _watermark;

    private Subscribe(FolderRef folder, Uri? pushUrl, int statusFrequencyMinutes) =>
        (_folder, _pushUrl, _statusFrequencyMinutes) = (folder, pushUrl, statusFrequencyMinutes);

    public override string Name => "Subscribe";

    public static Subscribe ForStreaming(FolderRef folder) => new(folder, null, 0);

    /// <param name="statusFrequencyMinutes">1 to 1440: the longest silence, and how long the server retries before it drops the subscription.</param>
    public static Subscribe ForPush(FolderRef folder, Uri url, int statusFrequencyMinutes) => new(folder, url, Math.Clamp(statusFrequencyMinutes, 1, 1440));

    public override void Write(RequestWriter w) => w.Message(Name, () =>
        w.Message(_pushUrl is null ? "StreamingSubscriptionRequest" : "PushSubscriptionRequest", () =>
        {
            w.Type("FolderIds", () => w.Folder(_folder));
            w.Type("EventTypes", () =>
            {
                foreach (var name in Events)
                    w.Type("EventType", name);
            });
            if (_pushUrl is null)
                return;
            w.Type("StatusFrequency", _statusFrequencyMinutes.ToString(CultureInfo.InvariantCulture));
            w.Type("URL", _pushUrl.AbsoluteUri);
        }));

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name == "SubscriptionId")
            _id = await reader.TextAsync();
        else if (reader.Name == "Watermark")
            _watermark = await reader.TextAsync();
    }

    protected override PushSubscription Result() =>
        new(string.IsNullOrEmpty(_id) ? throw new XmlException("SubscribeResponse without a subscription "
            + "id") : _id, string.IsNullOrEmpty(_watermark) ? null : _watermark);
}
