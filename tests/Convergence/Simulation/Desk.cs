using System.Globalization;
using CrmSync.Convergence.Stores;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Convergence.Simulation;

/// <summary>The person at the console: decides conflicts, approves what guards hold, takes changes back, switches links, and looks at what a run would do.</summary>
public sealed class Desk(World world, Ledger ledger)
{
    /// <summary>One thing that waits, if anything does, or an undo. Nothing where the world's database has no services.</summary>
    public async Task ActAsync(Random random)
    {
        if (world.Store.Desk is not { } desk)
            return;
        switch (random.Next(4))
        {
            case 0 when (await OpenConflictsAsync()) is { Count: > 0 } open:
                await DecideAsync(desk, open[random.Next(open.Count)], random.Next(2) == 0);
                break;
            case 1:
                await ApproveAsync(desk);
                break;
            case 2:
                await OperateAsync(desk, random);
                break;
            default:
                await UndoAsync(desk, random);
                break;
        }
    }

    // A link is switched off and on, paused, made to receive or to send only, read anew, or given a window: what happens meanwhile must not be lost.
    private async Task OperateAsync(IWorldDesk desk, Random random)
    {
        var person = World.People[random.Next(World.People.Length)];
        var link = await desk.LinkAsync(world.Links[person].Id);
        var (what, deed) = random.Next(6) switch
        {
            0 => ($"enabled {!link.Link.IsEnabled}", desk.ChangeLinkAsync(link.Link.Id, row => row.IsEnabled = !row.IsEnabled)),
            1 => ($"paused {!link.IsPaused}", desk.PauseAsync(link.Link.Id, !link.IsPaused)),
            2 => ("read anew", desk.ResyncAsync(link.Link.Id)),
            3 => Window(link.Link.WindowDaysAhead is null ? 20 : null),
            4 => Direction(link.Link.Direction == SyncDirection.TwoWay ? SyncDirection.Inbound : SyncDirection.TwoWay),
            _ => Direction(link.Link.Direction == SyncDirection.TwoWay ? SyncDirection.Outbound : SyncDirection.TwoWay),
        };
        world.Log.Say($"desk sets {person}'s link: {what}");
        world.Log.Fault("switched link");
        await deed;

        (string, Task) Direction(SyncDirection direction)
        {
            if (direction == SyncDirection.Outbound)
                OnlySends(person);
            else
                world.OnlySend.Remove(person);
            return ($"{direction}", desk.ChangeLinkAsync(link.Link.Id, row => row.Direction = direction));
        }

        (string, Task) Window(int? days) => ($"{days?.ToString(CultureInfo.InvariantCulture) ?? "all"} days ahead", desk.ChangeLinkAsync(link.Link.Id, row => row.WindowDaysAhead = days));
    }

    // What was edited there just before and not read yet, a deletion in the CRM may take along: neither its life nor its death can be required.
    private void OnlySends(string person)
    {
        world.OnlySend.Add(person);
        foreach (var item in world.Outlook(person).List("calendar", null, null, 1000))
            ledger.DidOneOfTwo(Ledger.KeyOf(item.Subject));
    }

    // In the end every link takes everything both ways.
    private async Task<int> SwitchOnAsync(IWorldDesk desk)
    {
        var switched = 0;
        foreach (var id in world.Links.Values.Select(link => link.Id))
        {
            var link = await desk.LinkAsync(id);
            var isLimited = !link.Link.IsEnabled || link.Link.Direction != SyncDirection.TwoWay || link.Link.WindowDaysAhead is not null;
            if (isLimited)
                await desk.ChangeLinkAsync(id, row => (row.IsEnabled, row.Direction, row.WindowDaysAhead) = (true, SyncDirection.TwoWay, null));
            if (link.IsPaused)
                await desk.PauseAsync(id, false);
            switched += isLimited || link.IsPaused ? 1 : 0;
        }
        return switched;
    }

    /// <summary>Decides and approves all that waits; how many things that were.</summary>
    public async Task<int> TidyAsync()
    {
        if (world.Store.Desk is not { } desk)
            return 0;
        var open = await OpenConflictsAsync();
        for (var at = 0; at < open.Count; at++)
            await DecideAsync(desk, open[at], at % 2 == 0);
        return open.Count + await ApproveAsync(desk) + await SwitchOnAsync(desk);
    }

    /// <summary>A dry run of a person's link must write nothing anywhere (requirement O8).</summary>
    public async Task<DryRunResult?> RehearseAsync(string person)
    {
        var node = world.Onlooker();
        // A link that is switched off is not the engine's to load.
        if (await world.Store.Sessions.LoadLinkAsync(world.Links[person].Id, CancellationToken.None) is not { } facts)
            return null;
        try
        {
            return await new DryRunner(new NodeStore(world, node), node, world.Time, world.Ids).RunAsync(facts, _ => Task.CompletedTask, CancellationToken.None);
        }
        catch (Exception failure) when (failure is Engine.Exchange.ExchangeException or Engine.Sessions.StalePlanException)
        {
            // The server's faults strike here too: then there is no plan, and a message says why.
            world.Log.Say($"  dry run of {person}: {failure.Message}");
            return null;
        }
    }

    private async Task<List<SyncConflict>> OpenConflictsAsync() =>
        [.. (await world.Store.ConflictsAsync()).Where(conflict => conflict.State == ConflictState.Open).OrderBy(conflict => conflict.At).ThenBy(conflict => conflict.Id)];

    private async Task DecideAsync(IWorldDesk desk, SyncConflict conflict, bool forCrm)
    {
        var before = await ItemAsync(conflict.ItemId);
        var refusal = await desk.DecideAsync(conflict, forCrm);
        world.Log.Say($"desk decides {before?.Subject} {conflict.Kind} {conflict.Fields} for {(forCrm ? "the CRM" : "Exchange")}: {refusal ?? "done"}");
        world.Log.Fault("decision");
        if (refusal is null)
            await RecordAsync(before, isDecision: true);
    }

    private async Task<int> ApproveAsync(IWorldDesk desk)
    {
        var approved = 0;
        foreach (var state in (await world.Store.StatesAsync()).OrderBy(state => state.LinkId))
        {
            // What was approved is shown as held until its work is done.
            foreach (var hold in (state.Holds ?? []).Where(hold => state.Approvals?.Any(given => given.Kind == hold.Kind && given.HoldSince == hold.Since && given.Count >= hold.Count) != true))
            {
                var refusal = await desk.ApproveAsync(state.LinkId, hold.Kind);
                world.Log.Say($"desk approves {hold.Count} {hold.Kind}: {refusal ?? "done"}");
                world.Log.Fault("approval");
                approved++;
            }
        }
        return approved;
    }

    private async Task UndoAsync(IWorldDesk desk, Random random)
    {
        var history = (await world.Store.HistoryAsync()).OrderBy(row => row.At).ThenBy(row => row.Id).ToList();
        if (history.Count == 0)
            return;
        var row = history[random.Next(history.Count)];
        var before = await ItemAsync(row.ItemId);
        var refusal = await desk.UndoAsync(row.ItemId, row.Version);
        world.Log.Say($"desk undoes {before?.Subject} to version {row.Version}: {refusal ?? "done"}");
        if (refusal is not null)
            return;
        world.Log.Fault("undo");
        await RecordAsync(before, isDecision: false);
    }

    // What a decision or an undo changes are edits of the CRM side, like any other.
    private async Task RecordAsync(ScheduleItem? before, bool isDecision)
    {
        if (before is null || await ItemAsync(before.Id) is not { } after)
            return;
        var key = Ledger.KeyOf(before.Subject);
        if (after.IsDeleted != before.IsDeleted || isDecision)
            ledger.Did(key, Side.Crm, after.IsDeleted ? Deed.Deletion : Deed.Edit);
        if (after.IsDeleted)
            return;
        ledger.Did(key, Side.Crm, Deed.SlightEdit);
        var isBack = before.IsDeleted;
        if (isBack || after.Subject != before.Subject)
            ledger.Wrote(key, Side.Crm, "subject", after.Subject, isBack ? null : before.Subject);
        if (isBack || after.Location != before.Location)
            ledger.Wrote(key, Side.Crm, "location", after.Location, isBack ? null : before.Location);
        if (isBack || after.StartUtc != before.StartUtc)
            ledger.Wrote(key, Side.Crm, "start", Verdict.StartOf(after.StartUtc), isBack ? null : Verdict.StartOf(before.StartUtc));
    }

    private async Task<ScheduleItem?> ItemAsync(Guid id) => (await world.Store.ItemsAsync()).FirstOrDefault(item => item.Id == id);
}
