using System.Diagnostics;
using System.Xml;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Notifications;
using CrmSync.ExchangeSimulator.Operations;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Takes a request from bytes to an answer, the same over HTTP and in-process.</summary>
public sealed class EwsServer(SimulatedExchange exchange)
{
    private readonly RequestValidator _validator = new(SchemaTable.Shared);
    private readonly FaultyExecution _faulty = new(exchange);
    private readonly Organisation organisation = exchange.Organisation;

    public async Task<EwsReply> HandleAsync(EwsRequest request, CancellationToken cancellation)
    {
        var started = organisation.Time.GetTimestamp();
        Parsed? parsed = null;
        FaultRule? rule = null;
        EwsReply reply;
        try
        {
            parsed = Parse(request);
            rule = exchange.Faults.Strike(parsed.Operation.Name, parsed.Caller.ActingAs?.Address);
            reply = await ThrottledAsync(parsed, rule, cancellation);
        }
        catch (XmlException)
        {
            reply = new EwsReply { Status = 400 };
        }
        catch (SchemaViolation violation)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Schema(violation, exchange.Edition) };
        }
        catch (SoapFault fault)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Of(fault, exchange.Edition) };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            reply = new EwsReply { Status = 500, Body = FaultWriter.Of(new("ErrorInternalServerError", "An internal server error occurred. The operation failed., " + e.Message), exchange.Edition) };
        }

        Affinity(request, parsed, reply);
        var took = organisation.Time.GetElapsedTime(started).TotalMilliseconds;
        exchange.Requests.Add(new(0, organisation.Now, parsed?.Operation.Name ?? "(unreadable)", request.Account.Name, parsed?.Caller.ActingAs?.Address, reply.Status, Outcome(reply), took, request.Body.Length, reply.Body.Length, rule?.Kind), request.Body, reply.Body);
        return reply;
    }

    /// <summary>Within what the account may ask for. A stream has its own limit and is not counted here.</summary>
    private async Task<EwsReply> ThrottledAsync(Parsed parsed, FaultRule? rule, CancellationToken cancellation)
    {
        var who = parsed.Caller.Account.Name + "/" + (parsed.Caller.IsImpersonating ? parsed.Caller.ActingAs?.Address : "");
        var slow = exchange.Throttle.Enter(who, parsed.Caller.ActingAs?.Address);
        try
        {
            if (slow > TimeSpan.Zero)
                await Task.Delay(slow, organisation.Time, cancellation);
            return rule == null ? Execute(parsed, null) : await _faulty.RunAsync(rule, parsed.Caller, interference => Execute(parsed, interference), cancellation);
        }
        finally
        {
            exchange.Throttle.Leave(who);
        }
    }

    private sealed record Parsed(Node Operation, Caller Caller, int Version, TimeZoneInfo? Zone, int Backend);

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
        var version = RequestHeader.Version(header, exchange.Edition);
        foreach (var part in header?.Children ?? [])
        {
            if (part.Ns == "t" && part.Name != "RequestServerVersion" && SchemaTable.Shared.TypeOf(part.Qualified) != null)
                _validator.Check(part);
        }

        _validator.Check(operation);
        lock (organisation.Gate)
            return new(operation, RequestHeader.Caller(organisation, request, header), version, RequestHeader.Zone(header), exchange.BackEnds.Route(organisation, request));
    }

    private EwsReply Execute(Parsed parsed, Func<ExchangeError?>? interference)
    {
        OperationVersions.Check(parsed.Operation.Name, parsed.Version);
        if (parsed.Operation.Name == "GetStreamingEvents")
            return GetStreamingEvents.Run(organisation, exchange.Streams, parsed.Caller, parsed.Operation, parsed.Backend);
        var operation = OperationTable.Find(parsed.Operation.Name)
            ?? throw new SoapFault("ErrorInvalidOperation", $"The operation {parsed.Operation.Name} is not served.");
        var buffer = new PooledBuffer(Math.Clamp((parsed.Operation.Child("ItemIds")?.Children.Count ?? 0) * 6000, 4096, 1 << 20));
        lock (organisation.Gate)
        {
            using var writer = new ResponseWriter(buffer) { Interference = interference, Edition = exchange.Edition };
            writer.StartEnvelope();
            operation(new OperationContext(organisation, parsed.Caller, parsed.Operation, parsed.Version, parsed.Zone) { Backend = parsed.Backend }, writer);
            writer.EndEnvelope();
        }

        return new EwsReply { Body = buffer.Written, Rented = buffer.Bytes };
    }

    /// <summary>Subscribing with a preference for affinity hands out the cookie (protocol.md 9).</summary>
    private void Affinity(EwsRequest request, Parsed? parsed, EwsReply reply)
    {
        if (parsed != null && (parsed.Operation.Name is "Subscribe" or "GetStreamingEvents" || request.PrefersAffinity))
            reply.Headers["Set-Cookie"] = "X-BackEndOverrideCookie=" + exchange.BackEnds.Cookie(parsed.Backend) + "; path=/; HttpOnly";
    }
}
