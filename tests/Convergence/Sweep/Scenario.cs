using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;
using CrmSync.Engine.Targets;

namespace CrmSync.Convergence.Sweep;

/// <summary>One canonical story of a few steps. What it expects must come true wherever the server is killed meanwhile.</summary>
/// <param name="Name">For the report and the command line.</param>
/// <param name="Before">What both sides have and agree on when it begins; nothing dies yet.</param>
/// <param name="Act">What people do.</param>
/// <param name="Expect">How it must end, beside the invariants.</param>
public sealed record Scenario(string Name, Func<Stage, Task> Before, Func<Stage, Task> Act, Func<Stage, Task> Expect)
{
    /// <summary>SQLite where the CRM's services are needed.</summary>
    public StoreKind Store { get; init; }

    public ConflictPolicy Conflicts { get; init; } = ConflictPolicy.NewestWins;

    public int Nodes { get; init; } = 1;

    public int PageSize { get; init; } = 512;

    public Action<SyncTarget>? Target { get; init; }

    public Action<string, SyncLink>? Link { get; init; }

    /// <summary>The mailboxes have not been read when it begins: the first read is part of the story.</summary>
    public bool IsFirstRead { get; init; }

    public override string ToString() => Name;
}
