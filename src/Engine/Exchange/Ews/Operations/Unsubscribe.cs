using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Ends a subscription. One that is gone already counts as ended; push subscriptions end by the reply to a post (ews/protocol.md section 9).</summary>
internal sealed class Unsubscribe(string subscriptionId) : SingleOperation<bool>
{
    public override string Name => "Unsubscribe";

    public override void Write(RequestWriter w) => w.Message(Name, () => w.Message("SubscriptionId", subscriptionId));

    protected override bool Accepts(ResponseStatus status) => !status.IsError || ResponseCodes.IsSubscriptionGone(status.Code);

    protected override bool Result() => true;
}
