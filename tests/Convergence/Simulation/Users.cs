using System.Globalization;
using CrmSync.Convergence.Stores;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.ExchangeSimulator.Control;
using NodaTime;

namespace CrmSync.Convergence.Simulation;

/// <summary>The people on both sides, and what goes wrong around them. Each step has a random source of its own, so that a run can be repeated with steps left out.</summary>
public sealed class Users(World world, Ledger ledger, int seed)
{
    private static readonly string[] Operations = ["CreateItem", "CreateItem", "UpdateItem", "UpdateItem", "DeleteItem", "GetItem", "SyncFolderItems", "FindItem", "*"];
    private static readonly string[] Words = ["north", "south", "east", "west"];
    private Random _random = new(seed);

    /// <summary>Stands in the texts of private items that the links keep out: it must be found nowhere.</summary>
    public const string Canary = "canary7f3a";

    /// <summary>Step number <paramref name="step"/>, then the time until the next.</summary>
    public async Task<TimeSpan> StepAsync(int step)
    {
        _random = new Random(unchecked(seed * 1_000_003 + step));
        world.Log.Operations++;
        switch (_random.Next(22))
        {
            case < 3:
                CreateInOutlook(step);
                break;
            case < 8:
                EditInOutlook(step);
                break;
            case < 9:
                DeleteInOutlook();
                break;
            case < 10:
                RespondInOutlook();
                break;
            case < 11:
                UndeleteInOutlook();
                break;
            case < 13:
                await CreateInCrmAsync(step);
                break;
            case < 16:
                await EditInCrmAsync(step);
                break;
            case < 17:
                await DeleteInCrmAsync();
                break;
            case < 19:
                Break();
                break;
            case < 20:
                Disturb();
                break;
            case < 21:
                await world.Desk.ActAsync(_random);
                break;
            default:
                await RehearseAsync();
                break;
        }
        if (world.Swarm.LostHintOneIn == 0 || _random.Next(world.Swarm.LostHintOneIn) != 0)
            await world.HintAsync(world.Links.Values.Where(_ => _random.Next(4) > 0).ToList());
        return _random.Next(12) == 0 ? TimeSpan.FromSeconds(_random.Next(30, 300)) : TimeSpan.FromMilliseconds(_random.Next(20, 6000));
    }

    private void CreateInOutlook(int step)
    {
        var person = Pick(world.OutlookUsers);
        if (Calendar(person).Count >= world.Swarm.MaxItems)
            return;
        if (world.Swarm.KeepsPrivateOut && person != World.Stranger && _random.Next(4) == 0)
        {
            CreatePrivate(person, step);
            return;
        }
        var start = Start();
        var guests = Guests(person);
        // What a stranger keeps to themselves concerns nobody here.
        if (person == World.Stranger && guests.Count == 0)
            return;
        var (subject, location) = ($"O{step}", Pick(Words));
        Say($"Outlook {person} creates {subject} with {guests.Count} guests");
        world.Outlook(person).Create(new ItemEdit { Subject = subject, Start = Iso(start), End = Iso(start.AddHours(1)), Location = location, Required = guests.Count > 0 ? [.. guests.Select(World.Address)] : null, Send = "all" });
        ledger.Created(subject, guests.Count > 0);
        ledger.Gave(subject, Side.Exchange, "subject", subject);
        ledger.Gave(subject, Side.Exchange, "location", location);
        ledger.Gave(subject, Side.Exchange, "start", Iso(start));
    }

    // One dry run in three: they cost as much as a run.
    private async Task RehearseAsync()
    {
        if (_random.Next(3) != 0)
            return;
        var person = Pick(World.People);
        Say($"dry run of {person}'s link");
        world.Log.Fault("dry run");
        await world.Desk.RehearseAsync(person);
    }

    private void CreatePrivate(string person, int step)
    {
        var start = Start();
        Say($"Outlook {person} creates a private item");
        world.Outlook(person).Create(new ItemEdit { Subject = $"{Canary} {step}", Location = Canary, Body = Canary, Sensitivity = "Private", Start = Iso(start), End = Iso(start.AddHours(1)), Send = "none" });
    }

    private void EditInOutlook(int step)
    {
        var person = Pick(world.OutlookUsers);
        var items = Calendar(person);
        if (items.Count == 0)
            return;
        var item = Pick(items);
        var key = Ledger.KeyOf(item.Subject);
        var start = Start();
        if (key.StartsWith(Canary, StringComparison.Ordinal))
        {
            world.Outlook(person).Update(item.Id, new ItemEdit { Location = $"{Canary} {step}" });
            return;
        }
        var (edit, field, value) = _random.Next(6) switch
        {
            0 when item.IsOrganizer => (new ItemEdit { Subject = $"{key}~{step}" }, "subject", $"{key}~{step}"),
            1 when item.IsOrganizer => Location(),
            2 when item.IsOrganizer => (new ItemEdit { Start = Iso(start), End = Iso(start.AddHours(1)) }, "start", Iso(start)),
            3 => (new ItemEdit { ShowAs = Pick("Free", "Busy", "Tentative") }, "", ""),
            4 => (new ItemEdit { ReminderIsSet = true, ReminderMinutes = _random.Next(1, 60) }, "", ""),
            _ => (new ItemEdit { Categories = [Pick(Words)] }, "", ""),
        };
        NoteTwins(items, key);
        Say($"Outlook {person} edits {item.Subject}: {field} {value}{edit.ShowAs}{edit.ReminderMinutes}{edit.Categories?[0]}");
        world.Outlook(person).Update(item.Id, edit);
        // Where a link only sends, the CRM's deletion wins; the edit is kept.
        ledger.Did(key, Side.Exchange, field == "" || world.OnlySend.Contains(person) ? Deed.SlightEdit : Deed.Edit);
        if (field != "")
            ledger.Wrote(key, Side.Exchange, field, value, field switch { "subject" => item.Subject ?? "", "location" => item.Location ?? "", _ => Verdict.StartOf(item) });

        (ItemEdit, string, string) Location()
        {
            var word = $"{Pick(Words)} {step}";
            return (new ItemEdit { Location = word }, "location", word);
        }
    }

    private void DeleteInOutlook()
    {
        var person = Pick(world.OutlookUsers);
        if (Calendar(person) is not { Count: > 0 } items)
            return;
        var item = Pick(items);
        Say($"Outlook {person} deletes {item.Subject}");
        NoteTwins(items, Ledger.KeyOf(item.Subject));
        world.Outlook(person).Delete(item.Id, null, "all");
        if (item.IsOrganizer || !item.IsMeeting)
            ledger.Did(Ledger.KeyOf(item.Subject), Side.Exchange, Deed.Deletion);
    }

    private void NoteTwins(IEnumerable<ItemView> items, string key)
    {
        if (items.Count(item => Ledger.KeyOf(item.Subject) == key) > 1)
            ledger.DidOneOfTwo(key);
    }

    private void RespondInOutlook()
    {
        var person = Pick(World.People);
        if (Calendar(person).Where(item => item.IsMeeting && !item.IsOrganizer && !item.IsCancelled).ToList() is not { Count: > 0 } items)
            return;
        var (item, answer) = (Pick(items), Pick("Accept", "Tentative"));
        Say($"Outlook {person} answers {item.Subject}: {answer}");
        world.Outlook(person).Respond(item.Id, answer, send: true);
    }

    private void UndeleteInOutlook()
    {
        var person = Pick(World.People);
        if (world.Outlook(person).List("deleteditems", null, null, 1000).Where(item => item is { Kind: "CalendarItem", IsMeeting: false }).ToList() is not { Count: > 0 } items)
            return;
        var item = Pick(items);
        Say($"Outlook {person} takes {item.Subject} back from Deleted Items");
        world.Outlook(person).Move(item.Id, "calendar");
        ledger.Revived(Ledger.KeyOf(item.Subject));
    }

    private async Task CreateInCrmAsync(int step)
    {
        var person = Pick(World.People);
        if ((await world.Store.ItemsAsync()).Count(item => !item.IsDeleted && item.OwnerId == world.Links[person].UserId) >= world.Swarm.MaxItems)
            return;
        var start = LocalDateTime.FromDateTime(Start());
        var (subject, location) = ($"C{step}", Pick(Words));
        var content = new ScheduleContent
        {
            Subject = subject, Location = location, Time = TimeZones.Timed(start, start.PlusHours(1), "UTC"),
            Attendees = [.. Guests(person).Select(guest => new Attendee(new MailAddress(World.Address(guest), guest), AttendeeRole.Required, AttendeeResponse.Unknown))],
        };
        Say($"CRM {person} creates {subject} with {content.Attendees.Count} guests");
        var id = await world.Store.CreateAsync(world.Links[person].UserId, World.Address(person), content);
        world.Log.Subjects[id] = subject;
        ledger.Created(subject, content.HasAttendees);
        ledger.Gave(subject, Side.Crm, "subject", subject);
        ledger.Gave(subject, Side.Crm, "location", location);
        ledger.Gave(subject, Side.Crm, "start", Iso(start.ToDateTimeUnspecified()));
    }

    private async Task EditInCrmAsync(int step)
    {
        if (await PickInCrmAsync() is not { } row)
            return;
        var content = ScheduleRows.ToContent(row, null);
        var start = LocalDateTime.FromDateTime(Start());
        var key = Ledger.KeyOf(row.Subject);
        var location = $"{Pick(Words)} {step}";
        var (changed, fields, field, value) = _random.Next(4) switch
        {
            0 => (content with { Subject = $"{key}~{step}" }, ScheduleFields.Subject, "subject", $"{key}~{step}"),
            1 => (content with { Location = location }, ScheduleFields.Location, "location", location),
            2 => (content with { Time = TimeZones.Timed(start, start.PlusHours(1), "UTC") }, ScheduleFields.Time, "start", Iso(start.ToDateTimeUnspecified())),
            _ => (content with { Categories = [Pick(Words)] }, ScheduleFields.Categories, "", ""),
        };
        var refusal = await world.Store.PatchAsync(row.Id, changed, fields);
        Say($"CRM edits {row.Subject}: {field} {value}: {refusal ?? "done"}");
        if (refusal is null)
            ledger.Did(key, Side.Crm, field == "" ? Deed.SlightEdit : Deed.Edit);
        if (refusal is null && field != "")
            ledger.Wrote(key, Side.Crm, field, value, field switch { "subject" => row.Subject, "location" => row.Location, _ => Verdict.StartOf(row.StartUtc) });
    }

    private async Task DeleteInCrmAsync()
    {
        if (await PickInCrmAsync() is not { } row)
            return;
        var refusal = await world.Store.DeleteAsync(row.Id);
        Say($"CRM deletes {row.Subject}: {refusal ?? "done"}");
        if (refusal is not null)
            return;
        ledger.Did(Ledger.KeyOf(row.Subject), Side.Crm, Deed.Deletion);
        if (world.Swarm.MovesWhatIsDeleted && _random.Next(2) == 0)
            Drag(Ledger.KeyOf(row.Subject));
    }

    // Out of the calendar and back: the same item under another id.
    private void Drag(string key)
    {
        var person = Pick(World.People);
        var calendar = world.Exchange.Organisation.FindMailbox(World.Address(person))!["calendar"];
        foreach (var item in calendar.Items.Where(item => Ledger.KeyOf(item.Subject) == key).ToList())
        {
            Say($"Outlook {person} drags {key} out of the calendar and back");
            world.Log.Fault("dragged");
            world.Exchange.Organisation.Move(item, calendar);
        }
    }

    private async Task<ScheduleItem?> PickInCrmAsync()
    {
        var rows = (await world.Store.ItemsAsync()).Where(item => !item.IsDeleted).ToList();
        if (rows.Count == 0)
            return null;
        var row = Pick(rows);
        world.Log.Subjects[row.Id] = row.Subject;
        return row;
    }

    private void Break()
    {
        if (world.Swarm.Faults.Count == 0)
            return;
        var rule = new FaultRule { Operation = Pick(Operations), Kind = Pick(world.Swarm.Faults), Count = _random.Next(1, 4), Milliseconds = _random.Next(100, 90_000), EveryMessage = _random.Next(1, 3) };
        world.Log.Fault(rule.Kind);
        Say($"fault {rule.Kind} on {rule.Operation} x{rule.Count}, {rule.Milliseconds} ms");
        world.Exchange.Faults.Add(rule);
    }

    private void Disturb()
    {
        if (world.Swarm.Disturbances.Count == 0)
            return;
        var mailbox = world.Exchange.Organisation.FindMailbox(World.Address(Pick(World.People)))!;
        var what = Pick(world.Swarm.Disturbances);
        world.Log.Fault(what);
        Say($"{mailbox.Address}: {what}");
        if (what == "sync state refused")
        {
            mailbox.SyncEpoch++;
            if (world.Swarm.HasHalfReads && _random.Next(2) == 0)
            {
                Say($"{mailbox.Address}: the next whole read leaves one out");
                world.Log.Fault("half read");
                world.HalfReads.Arm(mailbox);
            }
        }
        foreach (var item in what == "sync state refused" ? [] : mailbox["calendar"].Items.ToList())
        {
            if (what == "keys touched")
                world.Exchange.Organisation.Touch(item);
            else
                world.Exchange.Organisation.Move(item, mailbox["calendar"]);
        }
    }

    private List<ItemView> Calendar(string person) => world.Outlook(person).List("calendar", null, null, 1000);

    private List<string> Guests(string person) =>
        person == World.Stranger || _random.Next(world.Swarm.GuestsOneIn) == 0 ? [.. World.People.Where(other => other != person && _random.Next(2) == 0)] : [];

    private DateTime Start() => world.Time.GetUtcNow().UtcDateTime.Date.AddDays(_random.Next(2, 60)).AddHours(_random.Next(7, 19));

    private static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private T Pick<T>(params IReadOnlyList<T> values) => values[_random.Next(values.Count)];

    private void Say(string line) => world.Log.Say($"{world.Time.GetUtcNow():HH:mm:ss.fff} {line}");
}
