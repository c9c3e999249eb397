using System.Net.Http.Json;
using CrmSync.Engine;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E33: killed at 200 random points, no change is lost and none applied twice. The engine in this process; real kill -9 in tests/Processes (CrashTests, KillTests).</summary>
public sealed class KillTests
{
    [Theory]
    [InlineData("sqlite", 200, 33)]
    [InlineData("postgres", 50, 34)]
    public async Task Killed_at_random_points_it_loses_no_change_and_applies_none_twice(string database, int killed, int seed)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        await using var rig = await RoadRig.OnAsync(database);
        await rig.ConfigureAsync(target =>
        {
            (target.RequestTimeoutSeconds, target.MailsPerHour, target.RewritesPerHour) = (1, 100_000, 0);
            (target.DeleteGuardMinimum, target.ChangeGuardMinimum, target.AllChangedMinimum) = (10_000, 10_000, 0);
        });
        var anna = await rig.LinkAsync("anna");
        await rig.Http.PostAsJsonAsync("/control/mailboxes", new { address = RoadRig.Address("ben"), displayName = "ben", password = "demo" });
        await rig.SyncAsync();
        var random = new Random(seed);
        var people = new TwoPeople(rig, random);
        var places = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var kills = 0; kills < killed;)
        {
            for (var edits = random.Next(1, 4); edits > 0; edits--)
                await people.ActAsync();
            await rig.Queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, anna.Id, Guid.Empty)], CancellationToken.None);
            if (await LiveAsync(rig, random.Next(1, 60)) is not { } where)
                continue;
            kills++;
            places[where] = places.GetValueOrDefault(where) + 1;
            // Its lease runs out, and with it what its time limits were for.
            await using var db = await rig.DbAsync();
            await db.LinkWorks.Where(work => work.Owner != null).ExecuteUpdateAsync(set => set.SetProperty(work => work.LeaseUntilMs, 0L));
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', places.Select(place => $"{place.Value,4} {place.Key}")));

        await rig.DrainAsync(TimeSpan.FromSeconds(20));
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(20));
        await people.ShouldHaveLostAndDoubledNothingAsync();
        await rig.ShouldBeQuietAsync();
    }

    // One process: works on what is ready until nothing is, or until it dies. Answers where.
    private static async Task<string?> LiveAsync(RoadRig rig, int steps)
    {
        var life = new Life(steps);
        CrashPoints.Handler.Value = life.Step;
        await using var connector = new EwsConnector(new TargetConnection(await TargetAsync(rig), "demo"), TimeProvider.System, new MortalWire(life));
        var (store, queue) = (Mortal<ILinkSessionStore>.Of(rig.Store, life), Mortal<ILinkQueue>.Of(rig.Queue, life));
        var worker = rig.WorkerOn(store, queue, new OneConnector(connector));
        try
        {
            while (await queue.ClaimAsync($"life of {steps}", TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease)
                await worker.WorkAsync(lease, CancellationToken.None);
        }
        catch (KilledException) when (life.IsOver)
        {
            // It is dead.
        }
        return life.EndedAt;
    }

    private static async Task<SyncTarget> TargetAsync(RoadRig rig)
    {
        await using var db = await rig.DbAsync();
        return await db.Targets.AsNoTracking().SingleAsync();
    }

    private sealed class OneConnector(IExchangeConnector connector) : IConnectors
    {
        public IExchangeConnector For(SyncTarget target) => connector;
    }

    /// <summary>Anna's two sides: Outlook writes locations, the CRM subjects, each value once in the world. Both make and delete items.</summary>
    private sealed class TwoPeople(RoadRig rig, Random random)
    {
        private readonly Dictionary<string, (string Subject, string Location)> _expected = [];
        private readonly Dictionary<string, Guid> _crm = [];
        private int _number;
        private int _outlookEdits;

        // An item's name is the first word of its subject, on both sides.
        public async Task ActAsync()
        {
            var value = $"v{++_number}";
            var living = _expected.Keys.ToList();
            var name = living.Count == 0 ? null : living[random.Next(living.Count)];
            switch (random.Next(10))
            {
                case 0 or 1 or 2 when living.Count < 30:
                    await CreateAsync($"n{_number}", random.Next(2) == 0);
                    break;
                case 9 when name is not null && living.Count > 10:
                    await DeleteAsync(name, random.Next(2) == 0);
                    break;
                case 3 or 4 or 5 when name is not null && CopyOf(name) is { } copy:
                    rig.Person("anna").Update(copy.Id, new() { Location = value, Send = "none" });
                    _outlookEdits++;
                    _expected[name] = _expected[name] with { Location = value };
                    break;
                default:
                    if (name is null || await ItemOfAsync(name) is not { } item)
                        break;
                    await rig.ChangeInCrmAsync(item, content => content with { Subject = $"{name} {value}" });
                    _expected[name] = _expected[name] with { Subject = $"{name} {value}" };
                    break;
            }
        }

        public async Task ShouldHaveLostAndDoubledNothingAsync()
        {
            var expected = _expected.Values.Select(value => $"{value.Subject} @ {value.Location}").Order(StringComparer.Ordinal).ToList();
            (await rig.ItemsAsync()).Select(item => $"{item.Subject} @ {item.Location}").Order(StringComparer.Ordinal).ShouldBe(expected);
            rig.Person("anna").List("calendar", null, null, 10_000).Select(copy => $"{copy.Subject} @ {copy.Location}").Order(StringComparer.Ordinal).ShouldBe(expected);
            (await rig.MailsAsync()).GroupBy(mail => (mail.Kind, mail.Subject)).Where(same => same.Count() > 1).Select(same => same.Key)
                .ShouldBeEmpty("each real change mails ben once");
            await using var db = await rig.DbAsync();
            (await db.Conflicts.AsNoTracking().ToListAsync()).ShouldBeEmpty("the two never write the same field, and our own writes are known again (decision 6)");
            (await db.Queue.CountAsync()).ShouldBe(0);
            (await db.ItemLinks.CountAsync(pair => pair.Tombstone == Tombstone.None)).ShouldBe(expected.Count);
            var applied = (await db.History.AsNoTracking().ToListAsync()).Where(row => row.Reason.Contains("Exchange changed Location", StringComparison.Ordinal)).ToList();
            applied.Count.ShouldBeGreaterThan(0);
            applied.Count.ShouldBeLessThanOrEqualTo(_outlookEdits, "an edit in Outlook enters the CRM at most once");
        }

        private async Task CreateAsync(string name, bool inOutlook)
        {
            _expected[name] = (name, "");
            if (inOutlook)
            {
                rig.Person("anna").Create(new() { Subject = name, Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
                return;
            }
            string[] attendees = random.Next(2) == 0 ? ["ben"] : [];
            _crm[name] = await rig.CreateInCrmAsync("anna", RoadRig.Meeting(name, "2027-02-01T09:00:00", 60, attendees) with { Location = "" });
        }

        private async Task DeleteAsync(string name, bool inOutlook)
        {
            // A side that does not have the item yet cannot delete it; and an edit that is still on its way would rightly bring it back.
            if (CopyOf(name) is not { } copy || await ItemOfAsync(name) is not { } item || await IsOnItsWayAsync(item, copy))
                return;
            _expected.Remove(name);
            if (inOutlook)
                rig.Person("anna").Delete(copy.Id, null, "none");
            else
                await rig.ChangeInCrmAsync(item, content => content, delete: true);
        }

        private ItemView? CopyOf(string name) => rig.Person("anna").List("calendar", null, null, 10_000).SingleOrDefault(copy => copy.Subject!.Split(' ')[0] == name);

        private async Task<Guid?> ItemOfAsync(string name)
        {
            if (_crm.TryGetValue(name, out var known))
                return known;
            var found = (await rig.ItemsAsync()).SingleOrDefault(item => item.Subject.Split(' ')[0] == name)?.Id;
            if (found is { } id)
                _crm[name] = id;
            return found;
        }

        private async Task<bool> IsOnItsWayAsync(Guid item, ItemView copy)
        {
            await using var db = await rig.DbAsync();
            var row = await db.ScheduleItems.AsNoTracking().SingleAsync(one => one.Id == item);
            var identity = await db.ItemIdentities.AsNoTracking().SingleOrDefaultAsync(one => one.ExchangeId == copy.Id);
            return row.Subject != copy.Subject || row.Location != copy.Location || identity?.ChangeKey != copy.ChangeKey || await db.Queue.AnyAsync(message => message.ItemId == item);
        }
    }
}
