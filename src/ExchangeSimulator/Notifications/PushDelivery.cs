using System.Collections.Concurrent;
using System.Net.Http.Headers;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Notifications;

/// <summary>
/// Calls the subscribers of push subscriptions: a StatusEvent at once, then events in order, one post at a time. After a failure it tries again
/// after 30, 60, 120 ... seconds until the sum passes StatusFrequency, then drops the subscription silently (protocol.md 9).
/// </summary>
public sealed class PushDelivery(Organisation organisation, HttpMessageHandler handler, TimeSpan minute, FaultPlan faults, ServerEdition? edition = null) : IDisposable
{
    private const int MaxEvents = 100;
    private const int MaxReplyBytes = 64 * 1024;

    /// <summary>What a rule of the fault plan holds back until the next post has gone.</summary>
    private readonly ConcurrentDictionary<Subscription, byte[]> _heldBack = new();
    private readonly HttpMessageInvoker _http = new(handler);
    private readonly CancellationTokenSource _stop = new();
    private long _posts;

    public long Posts => Interlocked.Read(ref _posts);

    public void Start(Subscription subscription)
    {
        if (subscription.Kind == SubscriptionKind.Push)
            _ = RunAsync(subscription);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _http.Dispose();
    }

    private async Task RunAsync(Subscription subscription)
    {
        // Starts under the gate, inside Subscribe: the rest must not run there.
        await Task.Yield();
        var signal = NewSignal();
        lock (organisation.Gate)
            subscription.Arrived = () => signal.TrySetResult();
        try
        {
            var isFirst = true;
            while (!subscription.IsEnded && !_stop.IsCancellationRequested)
            {
                var events = isFirst ? [] : await NextEvents();
                isFirst = false;
                if (subscription.IsEnded || !await DeliverAsync(subscription, events))
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops: its subscriptions are gone anyway.
        }

        _heldBack.TryRemove(subscription, out _);
        lock (organisation.Gate)
            organisation.Subscriptions.Remove(subscription);

        async Task<List<MailboxEvent>> NextEvents()
        {
            var idleUntil = organisation.Time.GetUtcNow() + (subscription.StatusFrequencyMinutes * minute);
            while (true)
            {
                DateTimeOffset wake;
                lock (organisation.Gate)
                {
                    if (signal.Task.IsCompleted)
                        signal = NewSignal();
                    var ready = subscription.Visible(organisation.Now, MaxEvents);
                    if (ready.Count > 0 || subscription.IsEnded || organisation.Now >= idleUntil)
                        return ready;
                    wake = subscription.NextVisibleAt is { } next && next < idleUntil ? next : idleUntil;
                }

                using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(signal.Task, Task.Delay(wake - organisation.Time.GetUtcNow() + TimeSpan.FromMilliseconds(1), organisation.Time, stop.Token));
                await stop.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>False when the subscription is over.</summary>
    private async Task<bool> DeliverAsync(Subscription subscription, List<MailboxEvent> events)
    {
        var wait = minute / 2;
        var waited = TimeSpan.Zero;
        var patience = subscription.StatusFrequencyMinutes * minute;
        while (true)
        {
            var status = await PostFaultilyAsync(subscription, events);
            if (status == "OK")
            {
                lock (organisation.Gate)
                {
                    if (events.Count > 0)
                        subscription.Acknowledge(events[^1].Number);
                }

                return true;
            }

            if (status == "Unsubscribe" || waited + wait > patience)
                return false;
            await Task.Delay(wait, organisation.Time, _stop.Token);
            waited += wait;
            wait *= 2;
            lock (organisation.Gate)
            {
                if (subscription.IsEnded)
                    return false;
                // What came meanwhile travels along with the next try.
                if (events.Count > 0)
                    events = subscription.Visible(organisation.Now, MaxEvents);
            }
        }
    }

    /// <summary>One post, unless the fault plan has it lost, doubled, late, out of order or under a foreign name.</summary>
    private async Task<string?> PostFaultilyAsync(Subscription subscription, List<MailboxEvent> events)
    {
        var document = Document(subscription, events);
        var rule = faults.StrikePush(subscription.Mailbox.Address);
        switch (rule?.Kind)
        {
            case "push-lose":
                return "OK";
            case "push-late":
                _ = PostLaterAsync(subscription.Url!, document, TimeSpan.FromMilliseconds(rule.Milliseconds));
                return "OK";
            case "push-reorder" when _heldBack.TryAdd(subscription, document):
                return "OK";
            case "push-duplicate":
                await PostAsync(subscription.Url!, document);
                break;
            case "push-unknown-id":
                await PostAsync(subscription.Url!, Document(subscription, events, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="));
                break;
            case "push-status-only":
                document = Document(subscription, []);
                break;
            case "push-garble":
                document = [.. document.AsSpan(0, document.Length / 2)];
                break;
        }

        var status = await PostAsync(subscription.Url!, document);
        if (_heldBack.TryRemove(subscription, out var held))
            await PostAsync(subscription.Url!, held);
        if (status == "Unsubscribe" && rule?.Kind == "push-after-unsubscribe")
            await PostAsync(subscription.Url!, document);
        return status;
    }

    private async Task PostLaterAsync(Uri url, byte[] document, TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, organisation.Time, _stop.Token);
            await PostAsync(url, document);
        }
        catch (OperationCanceledException)
        {
            // The server has stopped meanwhile.
        }
    }

    private async Task<string?> PostAsync(Uri url, byte[] document)
    {
        Interlocked.Increment(ref _posts);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new ByteArrayContent(document);
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/xml; charset=utf-8");
        request.Headers.Add("SOAPAction", "\"http://schemas.microsoft.com/exchange/services/2006/messages/SendNotification\"");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30), organisation.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            using var response = await _http.SendAsync(request, both.Token);
            if (!response.IsSuccessStatusCode)
                return null;
            await response.Content.LoadIntoBufferAsync(MaxReplyBytes, both.Token);
            var reply = NodeReader.Read(await response.Content.ReadAsStreamAsync(both.Token));
            return reply.Child("Body")?.Child("SendNotificationResult")?.ChildText("SubscriptionStatus")?.Trim();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Xml.XmlException or IOException)
        {
            _stop.Token.ThrowIfCancellationRequested();
            return null;
        }
    }

    private byte[] Document(Subscription subscription, List<MailboxEvent> events, string? id = null)
    {
        var buffer = new MemoryStream();
        using (var writer = new ResponseWriter(buffer))
        {
            writer.Xml.WriteStartDocument();
            writer.Xml.WriteStartElement("soap11", "Envelope", Names.Soap);
            writer.Xml.WriteStartElement("soap11", "Header", Names.Soap);
            writer.Xml.WriteStartElement("t", "RequestServerVersion", Names.Types);
            writer.Xml.WriteAttributeString("Version", edition?.Newest is { } newest && newest.StartsWith("Exchange", StringComparison.Ordinal) ? newest : "Exchange2016");
            writer.End();
            writer.End();
            writer.Xml.WriteStartElement("soap11", "Body", Names.Soap);
            writer.StartM("SendNotification");
            writer.Xml.WriteAttributeString("xmlns", "t", null, Names.Types);
            writer.StartM("ResponseMessages");
            writer.StartM("SendNotificationResponseMessage");
            writer.Xml.WriteAttributeString("ResponseClass", "Success");
            writer.M("ResponseCode", "NoError");
            writer.StartM("Notification");
            lock (organisation.Gate)
                EventWriter.Body(writer, subscription, events, withWatermarks: true, subscription.Acknowledged, id);
            writer.EndEnvelope();
        }

        return buffer.ToArray();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
