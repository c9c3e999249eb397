namespace CrmSync.Convergence.Simulation;

/// <summary>A clock that stands still until it is told to go on. Timers fire in the order of their times, those of one time in the order they were set.</summary>
public sealed class VirtualTime : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Timer Timer, long Ticket), (long Due, long Ticket)> _timers = new();
    private DateTimeOffset _now = Start;
    private long _tickets;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Goes on to the next timer and fires it. False: there is none.</summary>
    public bool FireNext()
    {
        while (_timers.TryDequeue(out var next, out var when))
        {
            if (next.Timer.Ticket != next.Ticket)
                continue;
            if (when.Due > _now.Ticks)
                _now = new DateTimeOffset(when.Due, TimeSpan.Zero);
            next.Timer.Fire();
            return true;
        }
        return false;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        /// <summary>The setting that counts; 0: not set.</summary>
        public long Ticket { get; private set; }

        public void Fire()
        {
            Ticket = 0;
            if (_period != Timeout.InfiniteTimeSpan)
                Set(_period);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (_period, Ticket) = (period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period, 0);
            if (dueTime != Timeout.InfiniteTimeSpan)
                Set(dueTime);
            return true;
        }

        public void Dispose() => Ticket = 0;

        public ValueTask DisposeAsync()
        {
            Ticket = 0;
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan due)
        {
            Ticket = ++time._tickets;
            time._timers.Enqueue((this, Ticket), ((time._now + due).Ticks, Ticket));
        }
    }
}

/// <summary>The same clock seen by a node whose own is wrong.</summary>
public sealed class SkewedTime(TimeProvider time, TimeSpan skew) : TimeProvider
{
    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + skew;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
