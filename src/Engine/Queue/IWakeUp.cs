namespace CrmSync.Engine.Queue;

/// <summary>Tells workers that something became ready, so that they need not ask. A lost wake-up costs a second, never a message.</summary>
public interface IWakeUp
{
    /// <summary>A number that grows with each wake-up; read before looking, so that none is missed between look and wait.</summary>
    long Current { get; }

    /// <summary>Returns when a wake-up came after <paramref name="seen"/>, or after <paramref name="longest"/>.</summary>
    Task WaitAsync(long seen, TimeSpan longest, CancellationToken cancellation);

    /// <summary>Something became ready: wakes one sleeper, who passes it on when he finds work. Waking all would cost a look at the database each.</summary>
    void Wake();

    /// <summary>Wakes one more sleeper of this process, if there is one: there may be more to do.</summary>
    void PassOn();
}
