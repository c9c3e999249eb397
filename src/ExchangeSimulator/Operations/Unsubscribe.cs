using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Ends a pull or streaming subscription. A push one ends only by the reply to a notification (protocol.md 9).</summary>
public static class Unsubscribe
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages("Unsubscribe", [context.Request.ChildText("SubscriptionId")!], id =>
        {
            var subscription = Owned(context, id);
            if (subscription.Kind == SubscriptionKind.Push)
                throw new ExchangeError("ErrorInvalidSubscription", "The subscription is invalid for this operation.");
            context.Organisation.Subscriptions.Remove(subscription);
            return () => { };
        });

    public static Subscription Owned(OperationContext context, string id)
    {
        var subscription = context.Organisation.Subscriptions.Find(id) is { } found && found.Backend == context.Backend ? found
            : throw new ExchangeError("ErrorSubscriptionNotFound", "The specified subscription was not found.");
        return subscription.Owner == context.Caller.Account
            ? subscription
            : throw new ExchangeError("ErrorSubscriptionAccessDenied", "Only the owner of a subscription may use it.");
    }
}
