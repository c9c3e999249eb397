namespace CrmSync.Server.Hosting;

/// <summary>Where start-up stands, for health checks and for people.</summary>
public sealed class EngineState
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What start-up waits for; null when it is through.</summary>
    public string? Obstacle { get; private set; } = "starting";

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    public Task Ready => _ready.Task;

    public void Report(string obstacle) => Obstacle = obstacle;

    public void SetReady()
    {
        Obstacle = null;
        _ready.TrySetResult();
    }
}
