using CrmSync.Engine.Store;

namespace CrmSync.Convergence.Simulation;

/// <summary>Promises that are checked at every step, not only at the end: once (I3), order (I8), fencing (I10), back-off (I11), the cursor's transaction (I12).</summary>
public sealed class Watch(TimeProvider time, RunLog log)
{
    private readonly Dictionary<Guid, long> _epochs = [];
    // A copy that was taken for a new meeting goes over to the item it belongs to, whose versions are others.
    private readonly Dictionary<(Guid Pair, Guid Item), long> _versions = [];
    private readonly Dictionary<Guid, string?> _cursors = [];
    private readonly Dictionary<(Node Node, string Mailbox), DateTimeOffset> _notBefore = [];
    private readonly HashSet<(Node Node, string Mailbox)> _lost = [];
    private readonly Dictionary<(Node Node, string Mailbox), List<string>> _found = [];

    /// <summary>What was broken, each once.</summary>
    public SortedSet<string> Violations { get; } = new(StringComparer.Ordinal);

    public void Claimed(LinkLease lease) => _epochs[lease.LinkId] = Math.Max(lease.Epoch, _epochs.GetValueOrDefault(lease.LinkId));

    /// <summary>Told of each commit that the store took.</summary>
    public void Committed(LinkLease lease, SessionCommit commit)
    {
        if (lease.Epoch < _epochs.GetValueOrDefault(lease.LinkId))
            Violations.Add($"I10 a commit of epoch {lease.Epoch} was taken although the link had been claimed with epoch {_epochs[lease.LinkId]}");
        foreach (var pair in commit.ItemLinks)
        {
            var agreed = _versions.GetValueOrDefault((pair.Id, pair.ItemId));
            if (pair.CrmVersion < agreed)
            {
                log.Say($"  the pair of {log.Subjects.GetValueOrDefault(pair.ItemId)} and link {lease.LinkId.ToString()[..4]} falls back to CRM version {pair.CrmVersion}");
                Violations.Add($"I8 a pair agreed on CRM version {pair.CrmVersion} after version {agreed}");
            }
            _versions[(pair.Id, pair.ItemId)] = pair.CrmVersion;
        }
        if (commit.State is not { } state)
            return;
        // A position is given up by any commit; a new one is taken only with the page that it stands behind.
        if (state.Cursor is not null && _cursors.TryGetValue(lease.LinkId, out var known) && state.Cursor != known && !commit.IsFromFeed)
            Violations.Add("I12 a new position in the folder was saved without the changes before it");
        _cursors[lease.LinkId] = state.Cursor;
    }

    /// <summary>The store told this node that its lease of the mailbox's link is no more.</summary>
    public void LostLease(Node node, string mailbox) => _lost.Add((node, mailbox));

    /// <summary>It has a new one.</summary>
    public void HasLease(Node node, string mailbox) => _lost.Remove((node, mailbox));

    /// <summary>The process died in the moment of the commit: it may have been taken.</summary>
    public void CommitUnknown(LinkLease lease) => _cursors.Remove(lease.LinkId);

    /// <summary>The server asked this node to leave the mailbox alone for so long.</summary>
    public void AskedToWait(Node node, string mailbox, TimeSpan hint) => _notBefore[(node, mailbox)] = time.GetUtcNow() + hint;

    /// <summary>The server answered a search.</summary>
    /// <param name="request">What is looked for, and where, stands in it.</param>
    /// <param name="there">The intents of all creates of ours that lie in the calendar.</param>
    public void LookedFor(Node node, string mailbox, string request, IEnumerable<string> there)
    {
        var found = there.Where(intent => request.Contains(intent, StringComparison.Ordinal)).ToList();
        // Who looks into Deleted Items has not seen what came into the calendar since.
        _found[(node, mailbox)] = request.Contains("\"deleteditems\"", StringComparison.Ordinal) ? [.. found.Intersect(_found.GetValueOrDefault((node, mailbox)) ?? [])] : found;
    }

    public void Creates(Node node, string mailbox, string request)
    {
        foreach (var intent in _found.GetValueOrDefault((node, mailbox)) ?? [])
        {
            if (request.Contains(intent, StringComparison.Ordinal))
                Violations.Add("I3 a create was sent again by a node that had just looked for it and found it");
        }
    }

    public void Sends(Node node, string mailbox, string operation)
    {
        if (_lost.Contains((node, mailbox)))
            Violations.Add("I10 a request was sent by a worker that had been told that its lease is lost");
        if (_notBefore.TryGetValue((node, mailbox), out var until) && time.GetUtcNow() < until)
            log.Say($"  {time.GetUtcNow():HH:mm:ss.fff} {operation} to {mailbox} although it should be left alone until {until:HH:mm:ss.fff}");
        if (_notBefore.TryGetValue((node, mailbox), out until) && time.GetUtcNow() < until)
            Violations.Add($"I11 {operation} was sent although the server had asked for a pause");
    }
}
