using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Push;

/// <summary>Reads the body of a post to the push endpoint. The sender is anybody until its token proves otherwise, so everything is bounded (quality.md T2).</summary>
public static class PushNotificationReader
{
    /// <summary>Largest body that is read, in bytes: a post carries a handful of events.</summary>
    public const int MaxBodyBytes = 256 * 1024;

    /// <summary>Reads one post.</summary>
    /// <param name="body">The request's body, decompressed.</param>
    /// <param name="cancellation">Ends the reading of a slow sender.</param>
    /// <returns>What was read, or why not; the only exceptions are cancellation and a broken connection (IOException).</returns>
    public static async Task<PushPost> ReadAsync(Stream body, CancellationToken cancellation)
    {
        try
        {
            await using var bounded = new BoundedStream(body, MaxBodyBytes, cancellation);
            using var reader = await SoapReader.OpenAsync(bounded);
            return await ReadEnvelopeAsync(reader);
        }
        catch (AnswerTooLargeException)
        {
            return new PushPost.Unreadable(PushFault.TooLarge);
        }
        catch (XmlException)
        {
            return new PushPost.Unreadable(PushFault.Malformed);
        }
    }

    private static async ValueTask<PushPost> ReadEnvelopeAsync(SoapReader reader)
    {
        await reader.MoveToRootAsync();
        if (reader.Name != "Envelope" || reader.Namespace != Ns.Soap)
            return new PushPost.Unreadable(PushFault.NotANotification);
        PushPost result = new PushPost.Unreadable(PushFault.NotANotification);
        while (await reader.NextChildAsync(0))
        {
            if (reader.Name != "Body")
                continue;
            var body = reader.Depth;
            while (await reader.NextChildAsync(body))
            {
                if (reader.Name == "SendNotification")
                    result = await ReadNotificationAsync(reader);
            }
        }
        await reader.DrainAsync();
        return result;
    }

    private static async ValueTask<PushPost> ReadNotificationAsync(SoapReader reader)
    {
        var message = new Message();
        await message.ReadAsync(reader);
        return message.Status switch
        {
            { IsError: true } error => new PushPost.Complaint(error.Code),
            _ when message.Notification is { SubscriptionId.Length: > 0 } notification => new PushPost.Arrived(notification),
            _ => new PushPost.Unreadable(PushFault.NotANotification),
        };
    }

    // A post has the shape of an answer: response messages, of which the first says all.
    private sealed class Message : EwsOperation<bool>
    {
        public PushNotification? Notification { get; private set; }

        public ResponseStatus? Status { get; private set; }

        public override string Name => "SendNotification";

        public override void Write(RequestWriter w) => throw new NotSupportedException();

        public override bool Finish(RequestContext context) => throw new NotSupportedException();

        protected override void EndMessage(ResponseStatus status) => Status ??= status;

        protected override async ValueTask ReadPartAsync(SoapReader reader)
        {
            if (reader.Name == "Notification")
                Notification ??= await NotificationReader.ReadAsync(reader);
        }
    }
}

/// <summary>What a post to the push endpoint turned out to be.</summary>
public abstract record PushPost
{
    /// <summary>A notification.</summary>
    public sealed record Arrived(PushNotification Notification) : PushPost;

    /// <summary>The server tells that it cannot go on, for example ErrorReadEventsFailed: subscribe anew and catch up by a delta.</summary>
    /// <param name="Code">The response code, verbatim.</param>
    public sealed record Complaint(string Code) : PushPost;

    /// <summary>Not a notification.</summary>
    public sealed record Unreadable(PushFault Fault) : PushPost;
}

public enum PushFault
{
    /// <summary>Larger than <see cref="PushNotificationReader.MaxBodyBytes"/>.</summary>
    TooLarge = 0,

    /// <summary>Not XML, nested too deeply, with a DTD, or cut off.</summary>
    Malformed = 1,

    /// <summary>XML of another kind.</summary>
    NotANotification = 2,
}
