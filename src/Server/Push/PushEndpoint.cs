using CrmSync.Engine.Exchange.Ews.Push;
using CrmSync.Engine.Notifications;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CrmSync.Server.Push;

/// <summary>POST /ews/push/{token}: where Exchange posts its notifications (design.md section 5).</summary>
public static class PushEndpoint
{
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(5);

    public static void Map(WebApplication app) => app.MapPost("/ews/push/{token}", ReceiveAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task ReceiveAsync(HttpContext http, string token, PushReceiver receiver, TimeProvider time)
    {
        // Bounded in size by the reader and in time here: a slow sender holds one request for five seconds at most.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        using var deadline = new CancellationTokenSource(ReadTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        PushAnswer answer;
        try
        {
            answer = token.Length > 200 || http.Request.Headers.ContentEncoding.Count > 0
                ? PushAnswer.Unknown
                : await receiver.ReceiveAsync(token, http.Request.Body, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status408RequestTimeout;
            return;
        }
        catch (Exception broken) when (broken is IOException or BadHttpRequestException or OperationCanceledException)
        {
            http.Abort();
            return;
        }
        switch (answer)
        {
            case PushAnswer.Ok:
                await ReplyAsync(http, PushReply.Ok);
                return;
            case PushAnswer.Unsubscribe:
                await ReplyAsync(http, PushReply.Unsubscribe);
                return;
            default:
                http.Response.StatusCode = answer == PushAnswer.Malformed ? StatusCodes.Status400BadRequest : StatusCodes.Status404NotFound;
                return;
        }
    }

    private static async Task ReplyAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        http.Response.ContentType = PushReply.ContentType;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
