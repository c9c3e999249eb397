using System.Text.Json;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Engine.Rehearsal;

/// <summary>Turns the commits and writes of a dry run into what a person reads.</summary>
internal sealed class DryRunReport
{
    private const int MaxEntries = 1000;
    private readonly Dictionary<string, int> _counts = [];
    private readonly Dictionary<string, int> _skipped = [];
    private readonly List<DryRunEntry> _entries = [];
    private bool _isCut;

    /// <summary>Items of the folder that were looked at.</summary>
    public int Read { get; private set; }

    public void Add(SessionCommit commit, Guid userId)
    {
        Read += commit.Identities.Count + commit.Inventory.Count + commit.SeenItemLinks.Count;
        foreach (var write in commit.Items)
            Add(write, userId);
        foreach (var match in commit.Activities.Where(activity => activity.Action is nameof(PlanAction.Adopt) or nameof(PlanAction.Join) or nameof(PlanAction.Rebind)))
            Add("crm", "match", new DryRunEntry("crm", "match", match.ItemId, null, null, match.Reason), match.Count);
        foreach (var tie in commit.Ties)
            Add("crm", "tie", new DryRunEntry("crm", "tie", tie.Taken, tie.Subject, null, $"{tie.AsGood.Count + 1} CRM items match equally well; this one would be taken, the others are {string.Join(", ", tie.AsGood)}"));
        foreach (var held in commit.Activities.Where(activity => activity.Action == "Hold"))
            Add("crm", "hold", new DryRunEntry("crm", "hold", null, null, null, held.Reason), held.Count);
        foreach (var row in commit.Inventory.Where(row => row.SkipReason is not null))
        {
            _skipped[row.SkipReason!] = _skipped.GetValueOrDefault(row.SkipReason!) + 1;
            Add("crm", "skip", new DryRunEntry("crm", "skip", null, row.Subject, row.StartUtc, row.SkipReason!));
        }
    }

    public DryRunResult Finish(IEnumerable<RehearsedWrite> writes, string? tally)
    {
        foreach (var write in writes)
        {
            Count("mails", write.Mails);
            var isPrivate = write.Content?.Sensitivity is Sensitivity.Private or Sensitivity.Confidential;
            Add("exchange", write.Action, new DryRunEntry(
                "exchange", write.Action, null, isPrivate ? null : write.Content?.Subject, write.Content?.Time.Start.ToDateTimeUtc(), ReasonOf(write), write.Mails));
        }
        return new DryRunResult(_counts, _skipped, _entries, _isCut, TallyRows.Read(tally));
    }

    private static string ReasonOf(RehearsedWrite write) => write.Action switch
    {
        "create" => "new in the CRM",
        "invite" => $"{write.Mails} attendees would be invited",
        "delete" => "deleted in the CRM",
        _ => "changed in the CRM",
    };

    private void Add(ItemWrite write, Guid userId)
    {
        var part = write.Upserts.FirstOrDefault(upsert => upsert.UserId == userId);
        var old = write.History is null ? null : JsonSerializer.Deserialize(write.History.Snapshot, CrmJson.Stored.ReplacedItem);
        var before = old is null ? null : ScheduleRows.ToContent(old.Item, old.Participations.FirstOrDefault(one => one.UserId == userId));
        part ??= old?.Participations.FirstOrDefault(one => one.UserId == userId);
        var after = ScheduleRows.ToContent(write.Row, part);
        var action = before is null ? "create"
            : write.Row.IsDeleted && !old!.Item.IsDeleted ? "delete"
            : !write.Row.IsDeleted && old!.Item.IsDeleted ? "restore"
            : write.RemovedParticipants.Count > 0 ? "leave"
            : ScheduleComparison.Difference(before, after) != ScheduleFields.None ? "change"
            : null;
        if (action is null)
            return;
        var isPrivate = after.Sensitivity is Sensitivity.Private or Sensitivity.Confidential;
        Add("crm", action, new DryRunEntry("crm", action, write.Row.Id, isPrivate ? null : after.Subject, write.Row.StartUtc, write.History?.Reason ?? "new in Exchange"));
    }

    private void Add(string side, string action, DryRunEntry entry, int count = 1)
    {
        Count($"{side}.{action}", count);
        if (_entries.Count < MaxEntries)
            _entries.Add(entry);
        else
            _isCut = true;
    }

    private void Count(string name, int count)
    {
        if (count > 0)
            _counts[name] = _counts.GetValueOrDefault(name) + count;
    }
}
