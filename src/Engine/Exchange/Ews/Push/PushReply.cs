using System.Text;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Push;

/// <summary>The two answers that Exchange understands to a push post: HTTP 200, <see cref="ContentType"/>, and one of these bodies.</summary>
public static class PushReply
{
    public const string ContentType = "text/xml; charset=utf-8";

    /// <summary>Go on.</summary>
    public static readonly ReadOnlyMemory<byte> Ok = Make("OK");

    /// <summary>End the subscription. The only way to end a push subscription: the operation Unsubscribe refuses it.</summary>
    public static readonly ReadOnlyMemory<byte> Unsubscribe = Make("Unsubscribe");

    private static byte[] Make(string status) => Encoding.UTF8.GetBytes(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
        + $"<s:Envelope xmlns:s=\"{Ns.Soap}\"><s:Body><m:SendNotificationResult xmlns:m=\"{Ns.Messages}\">"
        + $"<m:SubscriptionStatus>{status}</m:SubscriptionStatus></m:SendNotificationResult></s:Body></s:Envelope>");
}
