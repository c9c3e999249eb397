using System.Globalization;
using System.Text;
using CrmSync.Chaos.Faults;

namespace CrmSync.Chaos;

/// <summary>The figures of a run.</summary>
public sealed record ChaosReport(
    ChaosOptions Options, Havoc Havoc, Ledger Ledger, IReadOnlyList<Recovery> Recovered, Recoveries Watch, Checks Checks, IReadOnlyDictionary<string, long> Messages, bool IsComplete,
    TimeSpan? Rest, TimeSpan Took, string Folder)
{
    private double[] Counted { get; } = [.. Recovered.Select(recovery => recovery.CountedSeconds).Order()];

    private double[] Raw { get; } = [.. Recovered.Select(recovery => recovery.Seconds).Order()];

    /// <summary>Seconds within which work must have been taken over: the lease has to run out, then somebody has to come.</summary>
    public double RecoveryBound => Options.EffectiveLease + 5;

    public bool IsGood => IsComplete && Checks.AreGood && Percentile(Counted, 0.99) <= RecoveryBound;

    public string Text
    {
        get
        {
            var text = new StringBuilder();
            void Line(string name, string value) => text.AppendLine($"{name,-18}{value}");
            Line("lease", $"{Options.EffectiveLease} s{(Options.LeaseSeconds is null ? " (the default)" : "")}, 3 servers, {Options.People} mailboxes, seed {Options.Seed}");
            Line("kills", $"{Havoc.Count("kill")} of {Options.Kills}");
            Line("pauses", $"{Havoc.Count("pause")} of {Options.Pauses}, each longer than the lease");
            Line("restarts", $"{Havoc.Count("database restart", "database crash")} of {Options.Restarts}: {Havoc.Count("database restart")} in order, {Havoc.Count("database crash")} crashes");
            foreach (var (name, count) in Havoc.Happened.Where(row => !row.Key.StartsWith("database ", StringComparison.Ordinal) || row.Key.Contains(':')).Where(row => row.Key is not ("kill" or "pause")).OrderBy(row => row.Key))
                Line("", $"{count,5} {name}");
            foreach (var death in Checks.Deaths)
                Line("", $"      ended by itself: {death}");
            Line("edits", $"{Ledger.Acknowledged} acknowledged ({Ledger.InDoubt} of them first answered by nobody), {Ledger.Refused} refused; {Checks.Living.Items} items in {Checks.Living.Copies} calendar entries live");
            Line("messages", string.Join(", ", Messages.OrderByDescending(row => row.Key).Select(row => $"{row.Value} {row.Key}")));
            Line("lost", $"{Checks.Lost.Count}");
            Line("doubled", $"{Checks.Doubled.Count}");
            Line("stuck", $"{Checks.Stuck.Count}");
            Line("recovery", $"p50 {S(Percentile(Counted, 0.5))}, p99 {S(Percentile(Counted, 0.99))}, max {S(Percentile(Counted, 1))} while a server lived that no fault held up; bound {S(RecoveryBound)} (lease + 5 s)");
            Line("", $"p50 {S(Percentile(Raw, 0.5))}, p99 {S(Percentile(Raw, 0.99))}, max {S(Percentile(Raw, 1))} on the clock");
            Line("", $"{Recovered.Count} kills held {Recovered.Sum(recovery => recovery.Links)} leases, {Watch.Idle} held none, {Watch.Unseen} were not seen (database down)");
            Line("quiet", Rest is { } rest ? $"{S(rest.TotalSeconds)} after the last fault" : "never");
            Line("minutes", Took.TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture) + (IsComplete ? "" : ": the time was over before every fault had happened"));
            if (!IsGood)
                Details(text);
            return text.ToString();
        }
    }

    /// <summary>Removes the logs.</summary>
    public void KeepNothing() => Directory.Delete(Folder, recursive: true);

    private void Details(StringBuilder text)
    {
        foreach (var (name, rows) in new[] { ("lost", Checks.Lost), ("doubled", Checks.Doubled), ("stuck", Checks.Stuck) })
        {
            foreach (var row in rows.Take(40))
                text.AppendLine($"{name}: {row}");
        }
        foreach (var slow in Recovered.Where(recovery => recovery.CountedSeconds > RecoveryBound).Take(20))
            text.AppendLine($"slow: process {slow.Process} of server {slow.Server}: {slow.Links} links after {slow.Seconds:0.0} s, {slow.IdleSeconds:0.0} s of them no server was free of faults");
        text.AppendLine($"logs of the servers and of PostgreSQL: {Folder}");
    }

    private static double Percentile(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];

    private static string S(double seconds) => seconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}
