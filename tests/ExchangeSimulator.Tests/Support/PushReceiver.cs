using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Xml.Linq;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>A subscriber for push notifications, without a network: it is the handler that the simulator posts through.</summary>
public sealed class PushReceiver : HttpMessageHandler
{
    public ConcurrentQueue<(DateTimeOffset At, XDocument Document)> Posts { get; } = new();

    public string Status { get; set; } = "OK";

    public HttpStatusCode HttpStatus { get; set; } = HttpStatusCode.OK;

    public async Task<List<XDocument>> WaitFor(int posts, TimeSpan? timeout = null)
    {
        var until = DateTimeOffset.UtcNow + (timeout ?? TimeSpan.FromSeconds(10));
        while (Posts.Count < posts && DateTimeOffset.UtcNow < until)
            await Task.Delay(10);
        Posts.Count.ShouldBeGreaterThanOrEqualTo(posts);
        return Posts.Select(p => p.Document).ToList();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var text = await request.Content!.ReadAsStringAsync(cancellationToken);
        Truth.Problems(text).ShouldBeEmpty(text);
        Posts.Enqueue((DateTimeOffset.UtcNow, XDocument.Parse(text)));
        var reply = $"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><SendNotificationResult xmlns=\"http://schemas.microsoft.com/exchange/services/2006/messages\"><SubscriptionStatus>{Status}</SubscriptionStatus></SendNotificationResult></s:Body></s:Envelope>";
        return new HttpResponseMessage(HttpStatus) { Content = new StringContent(reply, Encoding.UTF8, "text/xml") };
    }
}
