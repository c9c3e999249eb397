using CrmSync.Engine.Sessions;
using CrmSync.Engine.Targets;

namespace CrmSync.Convergence.Simulation;

/// <summary>Kinds of chaos that a run can be made to do without, to see which of them a failure needs.</summary>
[Flags]
public enum Chaos
{
    None = 0,
    Kills = 1,
    Pauses = 2,
    Slowness = 4,
    LostHints = 8,
    Skew = 16,
    Nodes = 32,
}

/// <summary>What kind of world a seed lives in: which faults exist there, how many nodes, which policy. Few kinds at a time find more than all at once.</summary>
public sealed class Swarm
{
    private static readonly string[] AllFaults =
    [
        "lose-reply-after-commit", "lose-request", "busy-fault", "busy-503", "busy-200", "garble", "truncate", "late", "delay", "error-code",
    ];

    private static readonly string[] AllDisturbances = ["sync state refused", "keys touched", "ids reissued"];

    // In a world without chance somebody else does the disturbing.
    private readonly bool _isDrawn;

    /// <summary>A world in which nothing goes wrong by chance.</summary>
    public Swarm(ConflictPolicy conflicts, int nodes = 1, int pageSize = 512)
    {
        (Conflicts, Nodes, PageSize, Faults, Disturbances) = (conflicts, nodes, pageSize, [], []);
        SkewOfNodes = [.. Enumerable.Repeat(TimeSpan.Zero, nodes)];
    }

    public Swarm(int seed, Chaos without, bool hasDesk = false)
    {
        _isDrawn = true;
        var random = new Random(unchecked(seed * 92821 + 7));
        Nodes = random.Next(1, 4);
        Faults = [.. AllFaults.Where(_ => random.Next(10) < 4).Take(6)];
        Disturbances = [.. AllDisturbances.Where(_ => random.Next(2) == 0)];
        KillOneIn = random.Next(3) == 0 ? 0 : random.Next(40, 160);
        PauseOneIn = random.Next(2) == 0 ? 0 : random.Next(20, 80);
        SlowOneIn = random.Next(2) == 0 ? 0 : random.Next(10, 60);
        LostHintOneIn = random.Next(2) == 0 ? 0 : random.Next(2, 6);
        GuestsOneIn = random.Next(1, 5);
        MaxItems = random.Next(4, 14);
        Conflicts = random.Next(5) switch { 0 => ConflictPolicy.CrmWins, 1 => ConflictPolicy.ExchangeWins, _ => ConflictPolicy.NewestWins };
        if ((without & Chaos.Nodes) != 0)
            Nodes = 1;
        KillOneIn = (without & Chaos.Kills) != 0 ? 0 : KillOneIn;
        PauseOneIn = (without & Chaos.Pauses) != 0 ? 0 : PauseOneIn;
        SlowOneIn = (without & Chaos.Slowness) != 0 ? 0 : SlowOneIn;
        LostHintOneIn = (without & Chaos.LostHints) != 0 ? 0 : LostHintOneIn;
        PageSize = random.Next(2) == 0 ? 512 : random.Next(2, 7);
        HasBeginning = random.Next(4) == 0;
        KeepsPrivateOut = random.Next(4) == 0;
        Deletes = random.Next(4) == 0 ? DeleteConflictPolicy.DeleteWins : DeleteConflictPolicy.KeepEdit;
        FieldPolicies = random.Next(4) == 0 ? new() { ["location"] = ConflictPolicy.CrmWins, ["time"] = ConflictPolicy.ExchangeWins } : null;
        // Somebody must be there to decide and to approve.
        IsGuarded = random.Next(3) == 0 && hasDesk;
        if (random.Next(2) == 0 && hasDesk)
            (Conflicts, Deletes, FieldPolicies) = (ConflictPolicy.Ask, random.Next(2) == 0 ? DeleteConflictPolicy.Ask : Deletes, null);
        SkewOfNodes = [.. Enumerable.Range(0, Nodes).Select(_ => (without & Chaos.Skew) == 0 && random.Next(4) == 0 ? TimeSpan.FromMinutes(random.Next(-60, 61)) : TimeSpan.Zero)];
        HasHalfReads = random.Next(4) == 0;
        MovesWhatIsDeleted = random.Next(4) == 0;
        HasStranger = random.Next(4) == 0;
    }

    public int Nodes { get; }

    public IReadOnlyList<string> Faults { get; }

    public IReadOnlyList<string> Disturbances { get; }

    /// <summary>One crash point in so many kills its node; 0: none.</summary>
    public int KillOneIn { get; }

    /// <summary>One commit in so many is preceded by a standstill of its process.</summary>
    public int PauseOneIn { get; }

    /// <summary>One request or answer in so many takes seconds instead of milliseconds.</summary>
    public int SlowOneIn { get; }

    public int LostHintOneIn { get; }

    public int GuestsOneIn { get; }

    /// <summary>Few items meet one another more often.</summary>
    public int MaxItems { get; }

    public ConflictPolicy Conflicts { get; }

    /// <summary>Changes a page and items a request: small ones make reads and writes of several.</summary>
    public int PageSize { get; }

    public IReadOnlyList<TimeSpan> SkewOfNodes { get; }

    /// <summary>Both sides have items, twins among them, before the links are made; each link is rehearsed.</summary>
    public bool HasBeginning { get; }

    /// <summary>The links take no private items.</summary>
    public bool KeepsPrivateOut { get; }

    public DeleteConflictPolicy Deletes { get; }

    public Dictionary<string, ConflictPolicy>? FieldPolicies { get; }

    /// <summary>Small limits of the mass guards and of the mail budget.</summary>
    public bool IsGuarded { get; }

    /// <summary>The read of a whole folder that follows a refused position leaves out an item that is there (case E18).</summary>
    public bool HasHalfReads { get; }

    /// <summary>What the CRM deletes, somebody has often just dragged out of the calendar and back, so that it waits for us under another id.</summary>
    public bool MovesWhatIsDeleted { get; }

    /// <summary>Somebody without a link invites the linked people too: none of their copies is the organizer's.</summary>
    public bool HasStranger { get; }

    /// <summary>Nothing delays or repeats a session by itself.</summary>
    public bool IsUndisturbed => _isDrawn && KillOneIn == 0 && PauseOneIn == 0 && SlowOneIn == 0;

    public SessionOptions Sessions { get; } = new();

    public override string ToString() =>
        $"{Nodes} nodes, {Conflicts}, deletions {Deletes}{(IsGuarded ? ", guarded" : "")}{(HasBeginning ? ", with a beginning" : "")}{(KeepsPrivateOut ? ", private kept out" : "")}, {(HasHalfReads ? "half reads, " : "")}{(MovesWhatIsDeleted ? "moves what is deleted, " : "")}{(HasStranger ? "a stranger invites, " : "")}pages of {PageSize}, at most {MaxItems} items, kill 1/{KillOneIn}, pause 1/{PauseOneIn}, slow 1/{SlowOneIn}, lost hints 1/{LostHintOneIn}; faults {string.Join(", ", Faults.Concat(Disturbances))}";
}
