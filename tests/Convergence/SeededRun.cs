using System.Text;
using CrmSync.Engine;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace CrmSync.Convergence.Tests;

/// <summary>What a run did, for its report.</summary>
public sealed record RunTally(int Operations, int Faults, int Crashes);

/// <summary>One seed: random edits on both sides, faults and crashes between and within sessions, then quiet, then every invariant.</summary>
public sealed class SeededRun(int seed, int operations)
{
    private static readonly string[] Faults = ["lose-reply-after-commit", "lose-request", "busy-fault", "busy-503", "busy-200", "garble", "truncate"];
    private static readonly string[] Operations = ["CreateItem", "UpdateItem", "DeleteItem", "GetItem", "SyncFolderItems", "FindItem", "*"];
    private readonly Random _random = new(seed);
    private readonly StringBuilder _log = new();
    private int _faults;
    private int _crashes;
    private int _serial;
    private bool _isCalm;

    public async Task<RunTally> RunAsync()
    {
        await using var world = await World.StartAsync(seed);
        CrashPoints.Handler.Value = point => Reached(world, point);
        try
        {
            await world.HintAsync(world.Links.Values);
            await world.DrainAsync();
            for (var i = 0; i < operations; i++)
            {
                await ActAsync(world);
                if (_random.Next(3) == 0)
                    await WorkAsync(world);
            }
            _isCalm = true;
            world.Exchange.Faults.Clear();
            // Quiet: three rounds after the last edit both sides must be equal (quality.md, I1).
            for (var round = 0; round < 3; round++)
            {
                await world.HintAsync(world.Links.Values);
                await world.DrainAsync();
            }
            await new Verdict(world, $"seed {seed}, {operations} operations\n{_log}").CheckAsync();
            return new RunTally(operations, _faults, _crashes);
        }
        finally
        {
            CrashPoints.Handler.Value = null;
        }
    }

    // A point within a session: now and then the process dies here, or a person edits the very item in flight.
    private void Reached(World world, string point)
    {
        if (_isCalm)
            return;
        if (_random.Next(60) == 0)
        {
            _crashes++;
            _log.AppendLine($"  crash at {point}");
            throw new SimulatedCrashException(point);
        }
        if (_random.Next(25) == 0)
            EditInOutlook(world);
    }

    private async Task ActAsync(World world)
    {
        switch (_random.Next(16))
        {
            case < 3:
                CreateInOutlook(world);
                break;
            case < 7:
                EditInOutlook(world);
                break;
            case < 8:
                DeleteInOutlook(world);
                break;
            case < 10:
                await CreateInCrmAsync(world);
                break;
            case < 13:
                await EditInCrmAsync(world, delete: false);
                break;
            case < 14:
                await EditInCrmAsync(world, delete: true);
                break;
            case < 15:
                Break(world);
                break;
            default:
                Disturb(world);
                break;
        }
    }

    private async Task WorkAsync(World world)
    {
        if (_random.Next(2) == 0)
            await world.HintAsync(world.Links.Values.Where(_ => _random.Next(2) == 0).ToList());
        for (var step = _random.Next(1, 5); step > 0; step--)
            await world.StepAsync();
        if (_random.Next(2) == 0)
            world.Time.Advance(TimeSpan.FromSeconds(_random.Next(1, 60)));
    }

    private void CreateInOutlook(World world)
    {
        var person = Pick(World.People);
        var start = Start(world);
        var guests = _random.Next(3) == 0 ? World.People.Where(other => other != person && _random.Next(2) == 0).Select(World.Address).ToList() : [];
        var subject = $"O{++_serial}";
        Log($"Outlook {person} creates {subject} with {guests.Count} guests");
        world.Outlook(person).Create(new ItemEdit { Subject = subject, Start = Iso(start), End = Iso(start.AddHours(1)), Location = Word(), Required = guests.Count > 0 ? guests : null, Send = "all" });
    }

    private void EditInOutlook(World world)
    {
        var person = Pick(World.People);
        var items = world.Outlook(person).List("calendar", null, null, 1000);
        if (items.Count == 0)
            return;
        var item = Pick(items);
        var start = Start(world);
        var edit = _random.Next(6) switch
        {
            0 when item.IsOrganizer => new ItemEdit { Subject = $"{item.Subject!.Split('~')[0]}~{++_serial}" },
            1 when item.IsOrganizer => new ItemEdit { Location = Word() },
            2 when item.IsOrganizer => new ItemEdit { Start = Iso(start), End = Iso(start.AddHours(1)) },
            3 => new ItemEdit { ShowAs = Pick("Free", "Busy", "Tentative") },
            4 => new ItemEdit { ReminderIsSet = true, ReminderMinutes = _random.Next(1, 60) },
            _ => new ItemEdit { Categories = [Word()] },
        };
        Log($"Outlook {person} edits {item.Subject}: {edit.Subject}{edit.Location}{edit.Start}{edit.ShowAs}{edit.ReminderMinutes}{edit.Categories?[0]}");
        world.Outlook(person).Update(item.Id, edit);
    }

    private void DeleteInOutlook(World world)
    {
        var person = Pick(World.People);
        var items = world.Outlook(person).List("calendar", null, null, 1000);
        if (items.Count == 0)
            return;
        var item = Pick(items);
        Log($"Outlook {person} deletes {item.Subject}");
        world.Outlook(person).Delete(item.Id, null, "all");
    }

    private async Task CreateInCrmAsync(World world)
    {
        var person = Pick(World.People);
        var start = LocalDateTime.FromDateTime(Start(world));
        var guests = _random.Next(3) == 0 ? World.People.Where(other => other != person && _random.Next(2) == 0) : [];
        var content = new ScheduleContent
        {
            Subject = $"C{++_serial}", Location = Word(), Time = TimeZones.Timed(start, start.PlusHours(1), "UTC"),
            Attendees = [.. guests.Select(guest => new Attendee(new MailAddress(World.Address(guest)), AttendeeRole.Required))],
        };
        Log($"CRM {person} creates {content.Subject} with {content.Attendees.Count} guests");
        (await world.Items.CreateAsync(Viewer.System, world.Links[person].UserId, content, null, CancellationToken.None)).Problem.ShouldBeNull();
    }

    private async Task EditInCrmAsync(World world, bool delete)
    {
        await using var db = await world.DbAsync();
        var rows = await db.ScheduleItems.AsNoTracking().Where(item => !item.IsDeleted).OrderBy(item => item.Id).ToListAsync();
        if (rows.Count == 0)
            return;
        var row = Pick(rows);
        var content = ScheduleRows.ToContent(row, null);
        if (delete)
        {
            Log($"CRM deletes {row.Subject}: {(await world.Items.DeleteAsync(Viewer.System, row.Id, null, null, CancellationToken.None)).Problem?.Text ?? "done"}");
            return;
        }
        var start = LocalDateTime.FromDateTime(Start(world));
        var (changed, fields) = _random.Next(4) switch
        {
            0 => (content with { Subject = $"{row.Subject.Split('~')[0]}~{++_serial}" }, ScheduleFields.Subject),
            1 => (content with { Location = Word() }, ScheduleFields.Location),
            2 => (content with { Time = TimeZones.Timed(start, start.PlusHours(1), "UTC") }, ScheduleFields.Time),
            _ => (content with { Categories = [Word()] }, ScheduleFields.Categories),
        };
        var outcome = await world.Items.PatchAsync(Viewer.System, row.Id, null, changed, fields, null, null, CancellationToken.None);
        Log($"CRM edits {row.Subject}: {fields}: {outcome.Problem?.Text ?? "done"}");
    }

    private void Break(World world)
    {
        _faults++;
        var rule = new FaultRule { Operation = Pick(Operations), Kind = Pick(Faults), Count = _random.Next(1, 3), Milliseconds = _random.Next(100, 20_000) };
        Log($"fault {rule.Kind} on {rule.Operation} x{rule.Count}");
        world.Exchange.Faults.Add(rule);
    }

    private void Disturb(World world)
    {
        var mailbox = world.Exchange.Organisation.FindMailbox(World.Address(Pick(World.People)))!;
        var what = _random.Next(3);
        Log($"disturb {mailbox.Address}: {what switch { 0 => "sync state refused", 1 => "keys touched", _ => "ids reissued" }}");
        if (what == 0)
            mailbox.SyncEpoch++;
        foreach (var item in what == 0 ? [] : mailbox["calendar"].Items.ToList())
        {
            if (what == 1)
                world.Exchange.Organisation.Touch(item);
            else
                world.Exchange.Organisation.Move(item, mailbox["calendar"]);
        }
    }

    private DateTime Start(World world) => world.Time.GetUtcNow().UtcDateTime.Date.AddDays(_random.Next(2, 60)).AddHours(_random.Next(7, 19));

    private static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    private string Word() => Pick("north", "south", "east", "west");

    private T Pick<T>(params IReadOnlyList<T> values) => values[_random.Next(values.Count)];

    private void Log(string line) => _log.AppendLine(line);
}
