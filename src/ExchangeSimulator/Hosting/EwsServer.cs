using System.Diagnostics;
using System.Text;
using System.Xml;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;
using CrmSync.ExchangeSimulator.Operations;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Takes a request from bytes to an answer, the same over HTTP and in-process.</summary>
public sealed class EwsServer(Organisation organisation, FaultPlan faults, RequestLog log, StreamingConnections streams)
{
    private readonly RequestValidator _validator = new(SchemaTable.Shared);

    public async Task<EwsReply> HandleAsync(EwsRequest request, CancellationToken cancellation)
    {
        var started = organisation.Time.GetTimestamp();
        Parsed? parsed = null;
        FaultRule? rule = null;
        EwsReply reply;
        try
        {
            parsed = Parse(request);
            rule = faults.Strike(parsed.Operation.Name, parsed.Caller.ActingAs?.Address);
            reply = rule == null ? Execute(parsed, null) : await ExecuteWithFaultAsync(parsed, rule, cancellation);
        }
        catch (XmlException)
        {
            reply = new EwsReply { Status = 400 };
        }
        catch (SchemaViolation violation)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Schema(violation) };
        }
        catch (SoapFault fault)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Of(fault) };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Of(new("ErrorInternalServerError", "An internal server error occurred. The operation failed., " + e.Message)) };
        }

        Affinity(request, parsed, reply);
        var took = organisation.Time.GetElapsedTime(started).TotalMilliseconds;
        log.Add(new(0, organisation.Now, parsed?.Operation.Name ?? "(unreadable)", request.Account.Name, parsed?.Caller.ActingAs?.Address, reply.Status, Outcome(reply), took, request.Body.Length, reply.Body.Length, rule?.Kind));
        return reply;
    }

    private sealed record Parsed(Node Operation, Caller Caller, int Version, TimeZoneInfo? Zone);

    private static string Outcome(EwsReply reply)
    {
        if (reply.Abort)
            return "aborted";
        if (reply.Stream != null)
            return "stream";
        return reply.Status == 200 ? "ok" : "fault";
    }

    private Parsed Parse(EwsRequest request)
    {
        var envelope = NodeReader.Read(new MemoryStream(request.Body, writable: false));
        var (header, operation) = RequestValidator.Open(envelope);
        var version = RequestHeader.Version(header);
        foreach (var part in header?.Children ?? [])
        {
            if (part.Ns == "t" && part.Name != "RequestServerVersion" && SchemaTable.Shared.TypeOf(part.Qualified) != null)
                _validator.Check(part);
        }

        _validator.Check(operation);
        lock (organisation.Gate)
            return new(operation, RequestHeader.Caller(organisation, request, header), version, RequestHeader.Zone(header));
    }

    private EwsReply Execute(Parsed parsed, Func<ExchangeError?>? interference)
    {
        if (parsed.Operation.Name == "GetStreamingEvents")
            return GetStreamingEvents.Run(organisation, streams, parsed.Caller, parsed.Operation);
        var operation = OperationTable.Find(parsed.Operation.Name)
            ?? throw new SoapFault("ErrorInvalidOperation", $"The operation {parsed.Operation.Name} is not served.");
        var buffer = new MemoryStream(4096);
        lock (organisation.Gate)
        {
            using var writer = new ResponseWriter(buffer) { Interference = interference };
            writer.StartEnvelope();
            operation(new OperationContext(organisation, parsed.Caller, parsed.Operation, parsed.Version, parsed.Zone), writer);
            writer.EndEnvelope();
        }

        return new EwsReply { Body = buffer.GetBuffer().AsMemory(0, (int)buffer.Length) };
    }

    private async Task<EwsReply> ExecuteWithFaultAsync(Parsed parsed, FaultRule rule, CancellationToken cancellation)
    {
        switch (rule.Kind)
        {
            case "lose-request":
                return new EwsReply { Abort = true };
            case "lose-reply-after-commit":
                Execute(parsed, null);
                return new EwsReply { Abort = true };
            case "delay":
                await Task.Delay(TimeSpan.FromMilliseconds(rule.Milliseconds), organisation.Time, cancellation);
                return Execute(parsed, null);
            case "late":
                // Not cancelled when the client goes: that is the point of it.
                await Task.Delay(TimeSpan.FromMilliseconds(rule.Milliseconds), organisation.Time, CancellationToken.None);
                return Execute(parsed, null);
            case "busy-fault":
                var busy = new SoapFault("ErrorServerBusy", "The server cannot service this request right now. Try again later.");
                if (rule.Milliseconds > 0)
                    busy.Values["BackOffMilliseconds"] = rule.Milliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
                throw busy;
            case "busy-503":
                var unavailable = new EwsReply { Status = 503 };
                unavailable.Headers["Retry-After"] = Math.Max(1, rule.Milliseconds / 1000).ToString(System.Globalization.CultureInfo.InvariantCulture);
                return unavailable;
            case "http-status":
                return new EwsReply { Status = rule.Status };
            case "garble":
                return Garble(Execute(parsed, null));
            case "truncate":
                return new EwsReply { Body = Execute(parsed, null).Body, Truncate = true };
            default:
                return Execute(parsed, Interfere(rule));
        }
    }

    private static Func<ExchangeError?> Interfere(FaultRule rule)
    {
        var message = 0;
        return () =>
        {
            if (++message % rule.EveryMessage != 0)
                return null;
            if (rule.Kind == "error-code")
                return new ExchangeError(rule.Code, "The operation failed by order of the fault plan.");
            var busy = new ExchangeError("ErrorServerBusy", "The server cannot service this request right now. Try again later.");
            busy.Values["BackOffMilliseconds"] = rule.Milliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return busy;
        };
    }

    private static EwsReply Garble(EwsReply reply)
    {
        var bytes = reply.Body.ToArray();
        Encoding.ASCII.GetBytes("<&\0>").CopyTo(bytes, bytes.Length / 2);
        return new EwsReply { Body = bytes };
    }

    /// <summary>Subscribing with a preference for affinity hands out the cookie (protocol.md 9).</summary>
    private static void Affinity(EwsRequest request, Parsed? parsed, EwsReply reply)
    {
        if (parsed?.Operation.Name is "Subscribe" or "GetStreamingEvents" || request.PrefersAffinity)
            reply.Headers["Set-Cookie"] = "X-BackEndOverrideCookie=" + (request.AffinityCookie ?? "sim-backend-1~1942062522") + "; path=/; HttpOnly";
    }
}
