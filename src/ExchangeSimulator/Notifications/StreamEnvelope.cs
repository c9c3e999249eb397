using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Notifications;

/// <summary>
/// One document of a stream. Two elements stand in the messages namespace although the schema says types: Notification and the
/// ids of bad subscriptions. Real servers write them so, and clients read them so (protocol.md 9).
/// </summary>
public sealed class StreamEnvelope(ServerEdition edition)
{
    public byte[] Status(string status) => Write(writer => Success(writer, () => writer.M("ConnectionStatus", status)));

    public byte[] Events(IReadOnlyList<(Subscription Subscription, List<MailboxEvent> Events)> ready) => Write(writer => Success(writer, () =>
    {
        writer.StartM("Notifications");
        foreach (var (subscription, events) in ready)
        {
            writer.StartM("Notification");
            EventWriter.Body(writer, subscription, events, withWatermarks: false, 0);
            writer.End();
        }

        writer.End();
    }));

    public byte[] Error(ExchangeError error, IEnumerable<string> ids) => Write(writer => writer.ErrorMessage("GetStreamingEvents", error, () =>
    {
        var list = ids.ToList();
        if (list.Count > 0)
        {
            writer.StartM("ErrorSubscriptionIds");
            list.ForEach(id => writer.M("SubscriptionId", id));
            writer.End();
        }

        writer.M("ConnectionStatus", "Closed");
    }));

    private static void Success(ResponseWriter writer, Action content)
    {
        writer.StartM("GetStreamingEventsResponseMessage");
        writer.Xml.WriteAttributeString("ResponseClass", "Success");
        writer.M("ResponseCode", "NoError");
        content();
        writer.End();
    }

    private byte[] Write(Action<ResponseWriter> message)
    {
        var buffer = new MemoryStream();
        using (var writer = new ResponseWriter(buffer, isPartOfStream: true) { Edition = edition })
        {
            writer.StartEnvelope();
            writer.StartResponse("GetStreamingEvents");
            writer.StartM("ResponseMessages");
            message(writer);
            writer.EndEnvelope();
        }

        return buffer.ToArray();
    }
}
