using System.Globalization;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Opens a stream for subscriptions. One bad id spoils the whole request: nothing comes for the good ones (protocol.md 9).</summary>
public static class GetStreamingEvents
{
    public static EwsReply Run(Organisation organisation, StreamingConnections streams, Caller caller, Node request, int backend)
    {
        var ids = request.Child("SubscriptionIds")!.Children.ConvertAll(i => i.Text);
        var minutes = int.Parse(request.ChildText("ConnectionTimeout")!, CultureInfo.InvariantCulture);
        lock (organisation.Gate)
        {
            var bad = ids.Where(id => organisation.Subscriptions.Find(id) is not { Kind: SubscriptionKind.Streaming } found || found.Backend != backend).ToList();
            if (bad.Count > 0)
                return Refuse(streams, new("ErrorSubscriptionNotFound", "The specified subscription was not found."), bad);
            var subscriptions = ids.Select(id => organisation.Subscriptions.Find(id)!).Distinct().ToList();
            var foreign = subscriptions.Where(s => s.Owner != caller.Account).Select(s => s.Id).ToList();
            if (foreign.Count > 0)
                return Refuse(streams, new("ErrorSubscriptionAccessDenied", "Only the owner of a subscription may use it."), foreign);
            var who = caller.Account.Name + "/" + (caller.IsImpersonating ? caller.ActingAs?.Address : "");
            var connection = new StreamingConnection(organisation, streams, subscriptions, who, minutes * streams.Minute);
            try
            {
                streams.Open(connection);
            }
            catch (ExchangeError e)
            {
                return Refuse(streams, e, []);
            }

            connection.Attach();
            return new EwsReply { Stream = connection.RunAsync };
        }
    }

    private static EwsReply Refuse(StreamingConnections streams, ExchangeError error, List<string> ids) => new() { Body = streams.Envelope.Error(error, ids) };
}
