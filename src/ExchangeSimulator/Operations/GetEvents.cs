using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Fetches the events of a pull subscription; the watermark sent acknowledges what came before.</summary>
public static class GetEvents
{
    private const int MaxEvents = 50;

    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages("GetEvents", [context.Request], request =>
        {
            var subscription = Unsubscribe.Owned(context, request.ChildText("SubscriptionId")!);
            if (subscription.Kind != SubscriptionKind.Pull)
                throw new ExchangeError("ErrorInvalidPullSubscriptionId", "The subscription is not a pull subscription.");
            if (Watermarks.Decode(request.ChildText("Watermark")!, subscription.Epoch) is not { } known || known > context.Organisation.Subscriptions.LastNumber)
                throw new ExchangeError("ErrorInvalidWatermark", "The watermark is not valid.");
            if (subscription.HasMissed)
            {
                context.Organisation.Subscriptions.Remove(subscription);
                throw new ExchangeError("ErrorMissedNotificationEvents", "Notification events were missed.");
            }

            subscription.LastUsed = context.Organisation.Now;
            subscription.Acknowledge(known);
            var events = subscription.Visible(context.Organisation.Now, MaxEvents);
            return () =>
            {
                writer.StartM("Notification");
                EventWriter.Body(writer, subscription, events, withWatermarks: true, known);
                writer.End();
            };
        });
}
