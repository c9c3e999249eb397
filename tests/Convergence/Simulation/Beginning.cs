using System.Globalization;
using CrmSync.Engine.Items;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Sessions;
using CrmSync.ExchangeSimulator.Control;
using NodaTime;

namespace CrmSync.Convergence.Simulation;

/// <summary>A world in which both sides have items before they are joined: some of them twins. Each link is rehearsed first; its first run must do what the rehearsal said.</summary>
public sealed class Beginning(World world, int seed)
{
    private readonly Random _random = new(unchecked(seed * 7919 + 11));

    public async Task RunAsync()
    {
        foreach (var person in World.People)
        {
            for (var number = _random.Next(world.Swarm.MaxItems / 2); number > 0; number--)
                await CreateAsync(person, $"B{person[0]}{number}");
        }
        foreach (var person in World.People)
        {
            if (await world.Desk.RehearseAsync(person) is { } plan)
                await PlanAsync(person, plan);
        }
    }

    private async Task CreateAsync(string person, string subject)
    {
        var start = world.Time.GetUtcNow().UtcDateTime.Date.AddDays(_random.Next(2, 60)).AddHours(_random.Next(7, 19));
        var where = _random.Next(4);
        world.Ledger.Created(subject, isMeeting: false);
        if (where != 0)
        {
            world.Outlook(person).Create(new ItemEdit { Subject = subject, Start = Verdict.StartOf(start), End = Verdict.StartOf(start.AddHours(1)), Location = "old", Send = "none" });
            Wrote(subject, Side.Exchange, start, "old");
        }
        if (where is 0 or 3)
        {
            var local = LocalDateTime.FromDateTime(start);
            var location = _random.Next(2) == 0 ? "old" : "new";
            var content = new ScheduleContent { Subject = subject, Location = location, Time = TimeZones.Timed(local, local.PlusHours(1), "UTC") };
            world.Log.Subjects[await world.Store.CreateAsync(world.Links[person].UserId, World.Address(person), content)] = subject;
            Wrote(subject, Side.Crm, start, location);
        }
        world.Log.Say(string.Create(CultureInfo.InvariantCulture, $"{person} has had {subject} in {(where == 0 ? "the CRM" : where == 3 ? "both" : "Exchange")}"));
    }

    private void Wrote(string subject, Side side, DateTime start, string location)
    {
        world.Ledger.Gave(subject, side, "subject", subject);
        world.Ledger.Gave(subject, side, "location", location);
        world.Ledger.Gave(subject, side, "start", Verdict.StartOf(start));
    }

    private Task PlanAsync(string person, DryRunResult plan)
    {
        world.Log.Fault("dry run");
        return world.Store.SetPlanAsync(world.Links[person].Id, TallyRows.Write(plan.Tally));
    }
}
