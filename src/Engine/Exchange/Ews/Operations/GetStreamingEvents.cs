using System.Globalization;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>One envelope of a streaming answer: what it says, in order.</summary>
/// <remarks>The request is written once; each envelope of the endless answer is read by an instance of its own.</remarks>
internal sealed class GetStreamingEvents(IReadOnlyList<string> subscriptions, int connectionMinutes) : EwsOperation<StreamingEnvelope>
{
    private readonly List<string> _changed = [];
    private readonly List<string> _refused = [];
    private readonly List<ResponseStatus> _errors = [];
    private bool _isClosed;

    public override string Name => "GetStreamingEvents";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Message("SubscriptionIds", () =>
        {
            foreach (var id in subscriptions)
                w.Type("SubscriptionId", id);
        });
        w.Message("ConnectionTimeout", connectionMinutes.ToString(CultureInfo.InvariantCulture));
    });

    public override StreamingEnvelope Finish(RequestContext context) => new(_changed, _refused, _errors, _isClosed);

    protected override void EndMessage(ResponseStatus status)
    {
        if (status.IsError)
            _errors.Add(status);
    }

    // Real servers send Notification and SubscriptionId in the messages namespace where the schema says types: only local names are compared.
    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "ConnectionStatus":
                _isClosed |= await reader.TextAsync() == "Closed";
                break;
            case "ErrorSubscriptionIds":
                var ids = reader.Depth;
                while (await reader.NextChildAsync(ids))
                    _refused.Add(await reader.TextAsync());
                break;
            case "Notifications":
                var list = reader.Depth;
                while (await reader.NextChildAsync(list))
                {
                    var notification = await NotificationReader.ReadAsync(reader);
                    if (notification.HasChanges && !_changed.Contains(notification.SubscriptionId))
                        _changed.Add(notification.SubscriptionId);
                }
                break;
        }
    }
}

/// <param name="Changed">Subscriptions with item changes, each once.</param>
/// <param name="Refused">Subscriptions that the server complains about.</param>
/// <param name="Errors">The complaints.</param>
internal sealed record StreamingEnvelope(IReadOnlyList<string> Changed, IReadOnlyList<string> Refused, IReadOnlyList<ResponseStatus> Errors, bool IsClosed);
