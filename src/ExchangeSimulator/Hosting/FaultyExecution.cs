using System.Globalization;
using System.Text;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Carries a request out as a fault rule wants it: not at all, late, twice as slowly, with a spoiled answer.</summary>
public sealed class FaultyExecution(SimulatedExchange exchange)
{
    public async Task<EwsReply> RunAsync(FaultRule rule, Caller caller, Func<Func<ExchangeError?>?, EwsReply> execute, CancellationToken cancellation)
    {
        var time = exchange.Organisation.Time;
        switch (rule.Kind)
        {
            case "lose-request":
                return new EwsReply { Abort = true };
            case "lose-reply-after-commit":
                execute(null);
                return new EwsReply { Abort = true };
            case "delay":
                await Task.Delay(TimeSpan.FromMilliseconds(rule.Milliseconds), time, cancellation);
                return execute(null);
            case "late":
                // Not cancelled when the client goes: that is the point of it.
                await Task.Delay(TimeSpan.FromMilliseconds(rule.Milliseconds), time, CancellationToken.None);
                return execute(null);
            case "busy-fault":
                throw Throttle.Busy(rule.Milliseconds);
            case "busy-503":
                return Refused(503, rule);
            case "http-status":
                return Refused(rule.Status, rule);
            case "unauthorized":
                return new EwsReply { Status = 401 };
            case "garble":
                return Garble(execute(null));
            case "truncate":
                return new EwsReply { Body = execute(null).Body, Truncate = true };
            case "drip":
                return new EwsReply { Body = execute(null).Body, Drip = TimeSpan.FromMilliseconds(rule.Milliseconds) };
            case "error-code" or "busy-200" or "invalid-sync-state":
                return execute(Interfere(rule));
            default:
                lock (exchange.Organisation.Gate)
                    Meddle(rule, caller);
                return execute(null);
        }
    }

    /// <summary>What happens on the server's side just before the request is carried out.</summary>
    private void Meddle(FaultRule rule, Caller caller)
    {
        var organisation = exchange.Organisation;
        switch (rule.Kind)
        {
            case "evict-subscriptions":
                organisation.Subscriptions.Evict(s => rule.Mailbox == null || s.Mailbox == caller.ActingAs);
                break;
            case "reissue-ids" when caller.ActingAs is { } mailbox:
                Mischief.ReissueIds(organisation, mailbox["calendar"]);
                break;
            case "touch" when caller.ActingAs is { } mailbox:
                mailbox["calendar"].Items.ToList().ForEach(organisation.Touch);
                break;
            case "move-server" when caller.ActingAs is { } mailbox:
                Mischief.MoveToAnotherServer(organisation, mailbox);
                break;
            case "clock":
                exchange.Clock.Shift = TimeSpan.FromMilliseconds(rule.Milliseconds);
                break;
        }
    }

    private static EwsReply Refused(int status, FaultRule rule)
    {
        var reply = new EwsReply { Status = status };
        if (status is 429 or 503 && rule.Milliseconds > 0)
            reply.Headers["Retry-After"] = Math.Max(1, rule.Milliseconds / 1000).ToString(CultureInfo.InvariantCulture);
        return reply;
    }

    private static Func<ExchangeError?> Interfere(FaultRule rule)
    {
        var message = 0;
        return () =>
        {
            if (++message % rule.EveryMessage != 0)
                return null;
            if (rule.Kind == "invalid-sync-state")
                return new("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.");
            if (rule.Kind == "error-code")
                return new(rule.Code, "The operation failed by order of the fault plan.");
            var busy = new ExchangeError("ErrorServerBusy", "The server cannot service this request right now. Try again later.");
            busy.Values["BackOffMilliseconds"] = rule.Milliseconds.ToString(CultureInfo.InvariantCulture);
            return busy;
        };
    }

    private static EwsReply Garble(EwsReply reply)
    {
        var bytes = reply.Body.ToArray();
        if (bytes.Length > 8)
            Encoding.ASCII.GetBytes("<&\0>").CopyTo(bytes, bytes.Length / 2);
        return new EwsReply { Body = bytes };
    }
}

/// <summary>What can befall a mailbox from outside.</summary>
public static class Mischief
{
    public static int ReissueIds(Organisation organisation, MailFolder folder)
    {
        var items = folder.Items.ToList();
        items.ForEach(i => organisation.Move(i, folder));
        return items.Count;
    }

    /// <summary>Its subscriptions stay behind, in the memory of the old server (protocol.md 9).</summary>
    public static void MoveToAnotherServer(Organisation organisation, Mailbox mailbox)
    {
        mailbox.Moves++;
        organisation.Subscriptions.Evict(s => s.Mailbox == mailbox);
    }
}
