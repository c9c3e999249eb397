namespace CrmSync.Convergence.Simulation;

/// <summary>Runs a whole world on the calling thread: every continuation in the order it came, and time goes on only when nothing else can.</summary>
public sealed class SingleThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Work, object? State)> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public static void Run(VirtualTime time, Func<Task> main)
    {
        var before = Current;
        var pump = new SingleThread();
        SetSynchronizationContext(pump);
        try
        {
            var task = main();
            while (!task.IsCompleted)
            {
                if (pump._ready.TryDequeue(out var next))
                    next.Work(next.State);
                else if (!time.FireNext())
                    throw new InvalidOperationException("The world stands still: somebody waits for what never happens.");
            }
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException("Something left the one thread of the world; the run could not be repeated.");
        _ready.Enqueue((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();
}
