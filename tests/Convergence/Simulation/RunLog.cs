using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Convergence.Simulation;

/// <summary>A promise was broken.</summary>
public sealed class ViolationException(string message) : Exception(message);

/// <summary>What happened in one run: told when it fails, hashed to show that a seed repeats itself, counted for the report.</summary>
public sealed class RunLog
{
    private readonly StringBuilder _story = new();

    public int Operations { get; set; }

    public int Kills { get; set; }

    public int Pauses { get; set; }

    public int Commits { get; private set; }

    public SortedDictionary<string, int> Faults { get; } = new(StringComparer.Ordinal);

    /// <summary>Subjects by CRM item, for the story.</summary>
    public Dictionary<Guid, string> Subjects { get; } = [];

    public void Say(string line) => _story.Append(line).Append('\n');

    public void Fault(string kind) => Faults[kind] = Faults.GetValueOrDefault(kind) + 1;

    public void Decided(Activity activity)
    {
        Commits++;
        _story.Append("    ").Append(activity.ItemId is { } item ? Subjects.GetValueOrDefault(item) ?? item.ToString("N")[..6] : "").Append(' ')
            .Append(activity.LinkId?.ToString("N")[..4]).Append(' ').Append(activity.Action).Append(": ").Append(activity.Reason).Append('\n');
    }

    public string Hash() => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(_story.ToString())))[..16];

    public override string ToString() => _story.ToString();
}
