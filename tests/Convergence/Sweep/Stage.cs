using System.Globalization;
using CrmSync.Convergence.Simulation;
using CrmSync.Convergence.Stores;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;
using CrmSync.ExchangeSimulator.Mailboxes;
using NodaTime;

namespace CrmSync.Convergence.Sweep;

/// <summary>What the people of a scenario do, by the names of their items, each deed noted for the verdict; and what a test looks at.</summary>
public sealed class Stage(World world, Ledger ledger)
{
    private static readonly TimeSpan Bound = TimeSpan.FromHours(6);

    private readonly Dictionary<string, Action> _moments = [];

    public World World => world;

    public Ledger Ledger => ledger;

    /// <summary>A free place between two acts of a scenario.</summary>
    public Dictionary<string, string> Notes { get; } = [];

    public SyncTarget Target => world.Target;

    public SyncLink Link(string person) => world.Links[person];

    /// <summary>A service of the CRM; needs the store on SQLite.</summary>
    public T Service<T>()
        where T : notnull => ((SqliteWorldStore)world.Store).Service<T>();

    public Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), world.Time);

    public Task HintAsync(params string[] people) => world.HintAsync([.. (people.Length == 0 ? World.People : people).Select(Link).Where(link => link.IsEnabled)]);

    /// <summary>Looks everywhere, then waits until nothing is left to do.</summary>
    public async Task SettleAsync()
    {
        await HintAsync();
        var until = world.Time.GetUtcNow() + Bound;
        do
        {
            await WaitAsync(2);
            if (world.Time.GetUtcNow() > until)
                throw new ViolationException($"I14 not at rest after {Bound.TotalHours} h: {await world.Store.DescribeQueueAsync()}");
        }
        while (await world.Store.IsBusyAsync());
    }

    /// <summary>The day so many days after the world began, at ten o'clock.</summary>
    public static DateTime Day(int number) => VirtualTime.Start.UtcDateTime.Date.AddDays(10 + number).AddHours(10);

    public void CreateInOutlook(string person, string subject, int day = 0, string location = "north", params string[] guests)
    {
        Say($"Outlook {person} creates {subject}");
        var (start, end) = (Iso(Day(day)), Iso(Day(day).AddHours(1)));
        world.Outlook(person).Create(new ItemEdit { Subject = subject, Start = start, End = end, Location = location, Required = guests.Length > 0 ? [.. guests.Select(World.Address)] : null, Send = "all" });
        Born(subject, Side.Exchange, guests.Length > 0, start, location);
    }

    public async Task<Guid> CreateInCrmAsync(string person, string subject, int day = 0, string location = "north", params string[] guests)
    {
        Say($"CRM {person} creates {subject}");
        var start = LocalDateTime.FromDateTime(Day(day));
        var id = await world.Store.CreateAsync(Link(person).UserId, World.Address(person), new ScheduleContent
        {
            Subject = subject, Location = location, Time = TimeZones.Timed(start, start.PlusHours(1), "UTC"),
            Attendees = [.. guests.Select(guest => new Attendee(new MailAddress(World.Address(guest), guest), AttendeeRole.Required, AttendeeResponse.Unknown))],
        });
        world.Log.Subjects[id] = subject;
        Born(subject, Side.Crm, guests.Length > 0, Iso(Day(day)), location);
        return id;
    }

    /// <summary>Edits somebody's copy, found by the first part of its subject.</summary>
    public void EditInOutlook(string person, string key, ItemEdit edit)
    {
        Say($"Outlook {person} edits {key}");
        world.Outlook(person).Update(Copy(person, key).Id, edit);
        Edited(key, Side.Exchange, edit.Subject, edit.Location, edit.Start);
    }

    public void MoveInOutlook(string person, string key, int day) => EditInOutlook(person, key, new ItemEdit { Start = Iso(Day(day)), End = Iso(Day(day).AddHours(1)) });

    public async Task EditInCrmAsync(string key, Func<ScheduleContent, ScheduleContent> change, ScheduleFields fields)
    {
        var row = await ItemAsync(key);
        var content = change(ScheduleRows.ToContent(row, (await world.Store.ParticipationsAsync()).FirstOrDefault(part => part.ItemId == row.Id && part.UserId == row.OwnerId)));
        var refusal = await world.Store.PatchAsync(row.Id, content, fields);
        Say($"CRM edits {key}: {refusal ?? "done"}");
        if (refusal is not null)
            throw new InvalidOperationException($"The CRM refused to edit {key}: {refusal}");
        Edited(key, Side.Crm, (fields & ScheduleFields.Subject) != 0 ? content.Subject : null, (fields & ScheduleFields.Location) != 0 ? content.Location : null,
            (fields & ScheduleFields.Time) != 0 ? Iso(content.Time.Start.ToDateTimeUtc()) : null);
    }

    public Task LocateInCrmAsync(string key, string location) => EditInCrmAsync(key, content => content with { Location = location }, ScheduleFields.Location);

    public Task MoveInCrmAsync(string key, int day)
    {
        var start = LocalDateTime.FromDateTime(Day(day));
        return EditInCrmAsync(key, content => content with { Time = TimeZones.Timed(start, start.PlusHours(1), "UTC") }, ScheduleFields.Time);
    }

    public void DeleteInOutlook(string person, string key, string send = "all")
    {
        Say($"Outlook {person} deletes {key}");
        var copy = Copy(person, key);
        world.Outlook(person).Delete(copy.Id, null, send);
        if (copy.IsOrganizer || !copy.IsMeeting)
            ledger.Did(key, Side.Exchange, Deed.Deletion);
    }

    public async Task DeleteInCrmAsync(string key)
    {
        Say($"CRM deletes {key}");
        if (await world.Store.DeleteAsync((await ItemAsync(key)).Id) is { } refusal)
            throw new InvalidOperationException($"The CRM refused to delete {key}: {refusal}");
        ledger.Did(key, Side.Crm, Deed.Deletion);
    }

    /// <summary>The next requests of one kind meet a fault of the server or of the way to it.</summary>
    public void Break(string operation, string kind, int count = 1, int milliseconds = 2000, string code = "ErrorInternalServerTransientError", string? of = null)
    {
        Say($"fault {kind} on {operation} x{count}");
        world.Exchange.Faults.Add(new FaultRule { Operation = operation, Kind = kind, Count = count, Milliseconds = milliseconds, Code = code, Mailbox = of is null ? null : World.Address(of) });
    }

    /// <summary>Does something in the very moment in which a server reaches a place: once.</summary>
    public void When(string place, Action deed) => _moments.Add(place, deed);

    /// <summary>A server has reached a place.</summary>
    public void Reached(string place)
    {
        if (_moments.Remove(place, out var deed))
            deed();
    }

    /// <summary>Every deed that waited for its moment has had it.</summary>
    public bool AllHappened => _moments.Count == 0;

    public Mailbox Mailbox(string person) => world.Exchange.Organisation.FindMailbox(World.Address(person))!;

    public void Say(string line) => world.Log.Say($"{world.Time.GetUtcNow():HH:mm:ss.fff} {line}");

    // What a test looks at.

    public List<ItemView> Copies(string person, string folder = "calendar") => world.Outlook(person).List(folder, null, null, 1000);

    public ItemView Copy(string person, string key, string folder = "calendar") => Copies(person, folder).Single(copy => Ledger.KeyOf(copy.Subject) == key);

    public async Task<List<ScheduleItem>> LivingAsync() => [.. (await world.Store.ItemsAsync()).Where(item => !item.IsDeleted)];

    public async Task<ScheduleItem> ItemAsync(string key) => (await LivingAsync()).Single(item => Ledger.KeyOf(item.Subject) == key);

    /// <summary>Mails of ours, not of people in Outlook.</summary>
    public int Mails(string kind, string? to = null) =>
        world.Exchange.Organisation.Mails.Mails.Count(mail => mail.Kind == kind && mail.Cause != "Outlook" && (to is null || mail.To == World.Address(to)));

    /// <summary>An item lives once in the CRM and in each of these calendars, with that location.</summary>
    public async Task ShouldLiveAsync(string key, string location, params string[] people)
    {
        (await LivingAsync()).Where(item => Ledger.KeyOf(item.Subject) == key).ShouldHaveSingleItem($"{key} in the CRM").Location.ShouldBe(location, $"{key} in the CRM");
        foreach (var person in people)
            Copies(person).Where(copy => Ledger.KeyOf(copy.Subject) == key).ShouldHaveSingleItem($"{key} of {person}").Location.ShouldBe(location, $"{key} of {person}");
    }

    /// <summary>Nothing of it is left in the CRM or in any of these calendars.</summary>
    public async Task ShouldBeGoneAsync(string key, params string[] people)
    {
        (await LivingAsync()).ShouldNotContain(item => Ledger.KeyOf(item.Subject) == key, $"{key} in the CRM");
        foreach (var person in people)
            Copies(person).ShouldNotContain(copy => Ledger.KeyOf(copy.Subject) == key, $"{key} of {person}");
    }

    public static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private void Born(string key, Side side, bool isMeeting, string start, string location)
    {
        ledger.Created(key, isMeeting);
        ledger.Gave(key, side, "subject", key);
        ledger.Gave(key, side, "location", location);
        ledger.Gave(key, side, "start", start);
    }

    private void Edited(string key, Side side, string? subject, string? location, string? start)
    {
        ledger.Did(key, side, subject is null && location is null && start is null ? Deed.SlightEdit : Deed.Edit);
        foreach (var (field, value) in new[] { ("subject", subject), ("location", location), ("start", start) })
        {
            if (value is not null)
                ledger.Wrote(key, side, field, value, null);
        }
    }
}
