using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>What one account may ask for. The defaults are Exchange 2013's and later, without a budget (protocol.md 10).</summary>
public sealed record ThrottlePolicy
{
    /// <summary>EWSMaxConcurrency: requests of one account in flight, streams not counted.</summary>
    public int Concurrency { get; init; } = 27;

    /// <summary>What the budget regains in a second, in requests; 0: no budget.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>Requests that a full budget holds.</summary>
    public double Burst { get; init; } = 10;

    /// <summary>So many requests beyond the budget are answered slowly before the rest is refused.</summary>
    public double SlowRequests { get; init; }
    public int SlowMilliseconds { get; init; } = 500;

    /// <summary>The mailbox that the budget is for; null: each its own.</summary>
    public string? Mailbox { get; init; }

    /// <exception cref="ArgumentException">A number makes no sense.</exception>
    public ThrottlePolicy Checked()
    {
        const double most = 1_000_000;
        return Concurrency is > 0 and <= (int)most && RequestsPerSecond is >= 0 and <= most && Burst is >= 0 and <= most && SlowRequests is >= 0 and <= most && SlowMilliseconds is >= 0 and <= 600_000
            ? this
            : throw new ArgumentException("concurrency is 1 to 1000000, requestsPerSecond, burst and slowRequests 0 to 1000000, slowMilliseconds 0 to 600000.");
    }
}

/// <summary>
/// Counts requests in flight and keeps a budget for each account, a service account having its own for each mailbox that it impersonates. A request
/// sent during the back-off costs as well, so that it grows longer (protocol.md 10).
/// </summary>
public sealed class Throttle(TimeProvider time)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, int> _inFlight = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (double Balance, DateTimeOffset At)> _budgets = new(StringComparer.OrdinalIgnoreCase);
    private ThrottlePolicy _policy = new();

    public ThrottlePolicy Policy
    {
        get => _policy;
        set
        {
            lock (_gate)
            {
                _policy = value.Checked();
                _budgets.Clear();
            }
        }
    }

    /// <summary>Takes one request in; gives the time by which it is to be slowed down. <see cref="Leave"/> must follow unless it throws.</summary>
    /// <exception cref="SoapFault">Too many in flight, or the budget is used up.</exception>
    public TimeSpan Enter(string who, string? mailbox)
    {
        lock (_gate)
        {
            if (_inFlight.GetValueOrDefault(who) >= _policy.Concurrency)
                throw new SoapFault("ErrorExceededConnectionCount", "You have exceeded the available concurrent connections for your account. Try again once your other requests have completed.");
            var slow = _policy.RequestsPerSecond > 0 && (_policy.Mailbox == null || string.Equals(_policy.Mailbox, mailbox, StringComparison.OrdinalIgnoreCase)) ? Spend(who) : TimeSpan.Zero;
            _inFlight[who] = _inFlight.GetValueOrDefault(who) + 1;
            return slow;
        }
    }

    public void Leave(string who)
    {
        lock (_gate)
        {
            var left = _inFlight.GetValueOrDefault(who) - 1;
            if (left > 0)
                _inFlight[who] = left;
            else
                _inFlight.Remove(who);
        }
    }

    private TimeSpan Spend(string who)
    {
        var now = time.GetUtcNow();
        var (balance, at) = _budgets.GetValueOrDefault(who, (_policy.Burst, now));
        balance = Math.Min(_policy.Burst, balance + ((now - at).TotalSeconds * _policy.RequestsPerSecond));
        // The debt has a floor, or a client that never listens would be shut out for ever.
        balance = Math.Max(balance - 1, -10 * (_policy.Burst + _policy.SlowRequests + 1));
        _budgets[who] = (balance, now);
        if (balance >= 0)
            return TimeSpan.Zero;
        if (balance >= -_policy.SlowRequests)
            return TimeSpan.FromMilliseconds(_policy.SlowMilliseconds);
        var wait = Math.Ceiling((-balance - _policy.SlowRequests) / _policy.RequestsPerSecond * 1000);
        throw Busy((int)Math.Min(wait, int.MaxValue));
    }

    public static SoapFault Busy(int backOffMilliseconds)
    {
        var busy = new SoapFault("ErrorServerBusy", "The server cannot service this request right now. Try again later.");
        if (backOffMilliseconds > 0)
            busy.Values["BackOffMilliseconds"] = backOffMilliseconds.ToString(CultureInfo.InvariantCulture);
        return busy;
    }
}
