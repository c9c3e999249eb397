using System.Net.Http.Json;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Conformance.Engine;

/// <summary>What the engine writes into the simulator it reads back, over real HTTP.</summary>
public sealed class RoundTripTests(SimulatorProcess simulator) : IClassFixture<SimulatorProcess>
{
    private const string Anna = "anna@contoso.test";
    private const string Ben = "ben@contoso.test";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static TheoryData<string> Versions => ["Exchange2007_SP1", "Exchange2010", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016"];

    [Theory, MemberData(nameof(Versions))]
    public async Task A_meeting_comes_back_as_it_was_written_in_every_version(string version)
    {
        await using var exchange = simulator.Connect(target => target.ServerVersion = version);
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var stamp = new Stamp(Guid.NewGuid(), Guid.NewGuid(), 2);
        var written = Meeting(version);
        var created = (await anna.CreateAsync(calendar, [new(stamp, written)], InvitationMail.None, Now)).Single();
        created.Refusal.ShouldBeNull();
        var read = (await anna.ReadItemsAsync([created.Id!.Value], Now)).Single().Item.ShouldNotBeNull();
        read.Key.ShouldBe(created.Key!.Value);
        read.Stamp.ShouldBe(stamp);
        read.Role.ShouldBe(SeriesRole.Single);
        read.IsMeeting.ShouldBeTrue();
        read.IsOrganizer.ShouldBeTrue();
        read.MeetingRequestWasSent.ShouldBeFalse();
        read.GlobalObjectId.ShouldNotBeNull();
        ScheduleComparison.Difference(written, read.Content).ShouldBe(ScheduleFields.Organizer | ScheduleFields.OwnResponse);
        read.Content.Organizer!.Address.ShouldBe(Anna);
        read.Content.OwnResponse.ShouldBe(AttendeeResponse.Organizer);
        if (version != "Exchange2007_SP1")
            read.Content.Time.StartZone.ShouldBe("W. Europe Standard Time");
    }

    [Fact]
    public async Task A_mailbox_whose_server_asks_for_a_pause_is_left_alone_until_the_pause_is_over()
    {
        await using var exchange = simulator.Connect();
        var (anna, ben) = (exchange.Open(Anna), exchange.Open(Ben));
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        using var control = new HttpClient { BaseAddress = new Uri(simulator.HttpUrl) };
        (await control.PostAsJsonAsync("/control/faults", new { operation = "SyncFolderItems", kind = "busy-fault", count = 1, milliseconds = 2000 }, Now)).EnsureSuccessStatusCode();

        var busy = await Should.ThrowAsync<ExchangeResponseException>(() => anna.ReadChangesAsync(calendar, null, 10, Now));
        var early = await Should.ThrowAsync<ExchangeResponseException>(() => anna.ReadChangesAsync(calendar, null, 10, Now));

        busy.BackOff.ShouldBe(TimeSpan.FromSeconds(2));
        (early.Code, early.MayHaveExecuted).ShouldBe((ResponseCodes.ErrorServerBusy, false));
        early.Message.ShouldContain("SyncFolderItems was not sent");
        early.BackOff!.Value.ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
        (await ben.FindDefaultFolderAsync(ItemKind.Schedule, Now)).ShouldNotBeNull("another mailbox goes on");
        await Task.Delay(early.BackOff.Value + TimeSpan.FromMilliseconds(100), Now);
        (await anna.ReadChangesAsync(calendar, null, 10, Now)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("W. Europe Standard Time")]
    [InlineData("Pacific Standard Time")]
    [InlineData("Tokyo Standard Time")]
    [InlineData("America/New_York")]
    [InlineData("Asia/Kolkata")]
    [InlineData("UTC")]
    public async Task All_day_items_keep_their_dates_in_every_zone(string zone)
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        // The second range spans a change to summer time in Europe and America.
        foreach (var (first, end) in new[] { (new LocalDate(2026, 7, 1), new LocalDate(2026, 7, 2)), (new LocalDate(2026, 3, 6), new LocalDate(2026, 4, 2)) })
        {
            var written = new ScheduleContent { Subject = "Holiday", Time = TimeZones.AllDay(first, end, zone) };
            var created = (await anna.CreateAsync(calendar, [new(new(Guid.NewGuid(), Guid.NewGuid(), 1), written)], InvitationMail.None, Now)).Single();
            var read = (await anna.ReadItemsAsync([created.Id!.Value], Now)).Single().Item!.Content;
            read.Time.IsAllDay.ShouldBeTrue();
            read.Time.StartWall.ShouldBe(first.AtMidnight());
            read.Time.EndWall.ShouldBe(end.AtMidnight());
            read.Time.SameTimeAs(written.Time).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_period_lists_what_overlaps_it_and_a_long_one_is_asked_in_parts()
    {
        await using var exchange = simulator.Connect();
        var ben = exchange.Open(Ben);
        var calendar = (await ben.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var days = new[] { new LocalDate(2031, 1, 1), new LocalDate(2033, 6, 30), new LocalDate(2036, 12, 31) };
        var made = await ben.CreateAsync(
            calendar,
            [.. days.Select(day => new ItemCreate(new(Guid.NewGuid(), Guid.NewGuid(), 1), new ScheduleContent { Subject = $"{day}", Time = TimeZones.Timed(day.At(new(9, 0)), day.At(new(10, 0)), "UTC") }))],
            InvitationMail.None, Now);
        var ids = made.Select(result => result.Id!.Value).ToList();

        async Task<IReadOnlyList<ItemId>> ListAsync(Instant from, Instant to) => await ((EwsMailbox)ben).ListPeriodAsync(calendar, from, to, Now);

        (await ListAsync(Instant.FromUtc(2031, 1, 1, 0, 0), Instant.FromUtc(2037, 1, 1, 0, 0))).ShouldBe(ids);
        (await ListAsync(Instant.FromUtc(2031, 1, 1, 9, 59), Instant.FromUtc(2031, 1, 1, 12, 0))).ShouldBe([ids[0]]);
        (await ListAsync(Instant.FromUtc(2031, 1, 1, 10, 0), Instant.FromUtc(2031, 1, 1, 12, 0))).ShouldBeEmpty();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => ListAsync(Instant.FromUtc(2032, 1, 1, 0, 0), Instant.FromUtc(2031, 1, 1, 0, 0)));
    }

    [Fact]
    public async Task Each_field_can_be_changed_alone_and_emptied_again()
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var bare = new ScheduleContent { Time = TimeZones.Timed(new(2026, 5, 4, 9, 0), new(2026, 5, 4, 10, 0), "UTC"), ShowAs = ShowAs.Free };
        var full = Meeting("Exchange2013_SP1");
        var created = (await anna.CreateAsync(calendar, [new(new(Guid.NewGuid(), Guid.NewGuid(), 1), bare)], InvitationMail.None, Now)).Single();
        var (id, key, expected) = (created.Id!.Value, created.Key!.Value, bare);
        foreach (var goal in (ScheduleContent[])[full, bare with { Time = TimeZones.AllDay(new(2026, 5, 9), new(2026, 5, 10), "Tokyo Standard Time") }, full])
        {
            foreach (var field in Enum.GetValues<ScheduleFields>())
            {
                if (field == 0 || (field & (field - 1)) != 0 || (field & ScheduleFields.ReadOnlyInExchange) != 0)
                    continue;
                expected = expected.WithFieldsOf(goal, field);
                var result = (await anna.UpdateAsync([new(id, key, expected, field)], InvitationMail.None, Now)).Single();
                result.Refusal.ShouldBeNull($"{field}");
                result.Key.ShouldNotBe(key);
                key = result.Key!.Value;
                var read = (await anna.ReadItemsAsync([id], Now)).Single().Item!;
                (ScheduleComparison.Difference(expected, read.Content) & ~(ScheduleFields.Organizer | ScheduleFields.OwnResponse)).ShouldBe(ScheduleFields.None, $"after {field}");
                read.Key.ShouldBe(key);
            }
        }
    }

    [Fact]
    public async Task A_stale_key_is_refused_and_nothing_is_overwritten()
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var (id, key) = await CreateAsync(anna, Meeting("Exchange2013_SP1"));
        var change = Meeting("Exchange2013_SP1") with { Subject = "First" };
        (await anna.UpdateAsync([new(id, key, change, ScheduleFields.Subject)], InvitationMail.None, Now)).Single().Succeeded.ShouldBeTrue();
        var second = (await anna.UpdateAsync([new(id, key, change with { Subject = "Second" }, ScheduleFields.Subject)], InvitationMail.None, Now)).Single();
        second.Refusal!.IsConflict.ShouldBeTrue();
        (await anna.ReadItemsAsync([id], Now)).Single().Item!.Content.Subject.ShouldBe("First");
    }

    [Fact]
    public async Task A_meeting_made_silently_is_invited_by_a_touch_of_its_stamp_and_arrives_with_the_same_global_id()
    {
        await using var exchange = simulator.Connect();
        var (anna, ben) = (exchange.Open(Anna), exchange.Open(Ben));
        var bensCalendar = (await ben.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var before = await ReadAllAsync(ben, bensCalendar);
        var (id, key) = await CreateAsync(anna, Meeting("Exchange2013_SP1"));
        (await ben.ReadChangesAsync(bensCalendar, before.Cursor, 512, Now)).Changes.ShouldBeEmpty();

        var stamp = new Stamp(Guid.NewGuid(), Guid.NewGuid(), 2);
        var touched = (await anna.UpdateAsync([new(id, key, Meeting("Exchange2013_SP1"), ScheduleFields.None, stamp)], InvitationMail.ToAll, Now)).Single();
        touched.Refusal.ShouldBeNull();
        var mine = (await anna.ReadItemsAsync([id], Now)).Single().Item!;
        mine.MeetingRequestWasSent.ShouldBeTrue();
        mine.Stamp.ShouldBe(stamp);

        var arrived = await EventuallyAsync(async () => (await ben.ReadChangesAsync(bensCalendar, before.Cursor, 512, Now)).Changes is [var one, ..] ? one : null);
        var copy = (await ben.ReadItemsAsync([arrived.Id], Now)).Single().Item!;
        copy.GlobalObjectId.ShouldBe(mine.GlobalObjectId);
        copy.IsMeeting.ShouldBeTrue();
        copy.IsOrganizer.ShouldBeFalse();
        copy.Stamp.ShouldBeNull();
        copy.Content.Organizer!.Address.ShouldBe(Anna);
        copy.Content.OwnResponse.ShouldBeOneOf(AttendeeResponse.NotResponded, AttendeeResponse.Unknown);
    }

    [Fact]
    public async Task The_change_feed_tells_creates_updates_and_deletes_in_pages()
    {
        await using var exchange = simulator.Connect();
        var carla = exchange.Open("carla@contoso.test");
        var calendar = (await carla.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var start = await ReadAllAsync(carla, calendar);
        var items = Enumerable.Range(0, 7).Select(i => new ItemCreate(new(Guid.NewGuid(), Guid.NewGuid(), 1), Meeting("Exchange2013_SP1") with { Subject = $"Item {i}", Attendees = [] })).ToList();
        var created = await carla.CreateAsync(calendar, items, InvitationMail.None, Now);
        var page = await carla.ReadChangesAsync(calendar, start.Cursor, 4, Now);
        page.Changes.Count.ShouldBe(4);
        page.IsLast.ShouldBeFalse();
        var rest = await carla.ReadChangesAsync(calendar, page.Next, 4, Now);
        rest.IsLast.ShouldBeTrue();
        page.Changes.Concat(rest.Changes).Select(change => (change.Id, change.Key)).ShouldBe(created.Select(result => (result.Id!.Value, result.Key)), ignoreOrder: true);

        (await carla.DeleteAsync([created[0].Id!.Value], CancellationMail.None, purge: false, Now)).Single().Succeeded.ShouldBeTrue();
        var after = await carla.ReadChangesAsync(calendar, rest.Next, 512, Now);
        after.Changes.ShouldBe([new(ChangeKind.Deleted, created[0].Id!.Value, null)]);
        (await carla.ReadChangesAsync(calendar, after.Next, 512, Now)).Changes.ShouldBeEmpty();
        (await carla.ReadKeysAsync([created[0].Id!.Value, created[1].Id!.Value], Now)).Select(read => read.Refusal?.IsGone).ShouldBe([true, null]);

        var refusal = await Should.ThrowAsync<ExchangeResponseException>(() => carla.ReadChangesAsync(calendar, new("bm9uc2Vuc2U="), 512, Now));
        refusal.Code.ShouldBe(ResponseCodes.ErrorInvalidSyncStateData);
    }

    [Fact]
    public async Task A_create_in_doubt_is_found_by_its_intent_and_a_deleted_one_in_deleted_items_and_restored()
    {
        await using var exchange = simulator.Connect();
        var anna = exchange.Open(Anna);
        var calendar = (await anna.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var install = Guid.NewGuid();
        var stamps = Enumerable.Range(0, 3).Select(i => new Stamp(install, Guid.NewGuid(), i)).ToList();
        var created = await anna.CreateAsync(calendar, [.. stamps.Select(stamp => new ItemCreate(stamp, Meeting("Exchange2013_SP1")))], InvitationMail.None, Now);
        var found = await anna.FindByIntentAsync(calendar, install, [stamps[2].IntentId, Guid.NewGuid(), stamps[0].IntentId], Now);
        found.Select(item => item.Stamp!.Value).ShouldBe([stamps[0], stamps[2]], ignoreOrder: true);
        (await anna.FindByIntentAsync(calendar, Guid.NewGuid(), [stamps[0].IntentId], Now)).ShouldBeEmpty();

        (await anna.FindDeletedAsync(stamps[0].IntentId, install, null, Now)).ShouldBeNull();
        var globalId = found.Single(item => item.Stamp == stamps[0]).GlobalObjectId;
        await anna.DeleteAsync([created[0].Id!.Value], CancellationMail.None, purge: false, Now);
        var byStamp = (await anna.FindDeletedAsync(stamps[0].IntentId, install, null, Now)).ShouldNotBeNull();
        (await anna.FindDeletedAsync(null, install, globalId, Now)).ShouldNotBeNull().Id.ShouldBe(byStamp.Id);
        var moved = (await anna.MoveAsync([byStamp.Id], calendar, Now)).Single();
        moved.Id.ShouldNotBe(byStamp.Id);
        (await anna.FindByIntentAsync(calendar, install, [stamps[0].IntentId], Now)).Single().Id.ShouldBe(moved.Id!.Value);

        await anna.DeleteAsync([moved.Id.Value], CancellationMail.None, purge: true, Now);
        (await anna.FindDeletedAsync(stamps[0].IntentId, install, null, Now)).ShouldBeNull();
    }

    [Fact]
    public async Task Folders_people_and_zones_are_listed()
    {
        await using var exchange = simulator.Connect();
        var anna = (EwsMailbox)exchange.Open(Anna);
        var folders = await anna.ListFoldersAsync(Now);
        folders.ShouldContain(folder => folder.Kind == ItemKind.Schedule);
        var calendar = folders.First(folder => folder.Kind == ItemKind.Schedule);
        (await anna.GetFolderAsync(calendar.Id, Now)).Name.ShouldBe(calendar.Name);
        (await anna.ResolveNamesAsync("ben", Now)).ShouldContain(person => person.Address == Ben);
        (await anna.ResolveNamesAsync("nobody at all", Now)).ShouldBeEmpty();
        (await anna.GetServerTimeZonesAsync(Now)).ShouldContain(zone => zone.Id == "W. Europe Standard Time");
        (await Should.ThrowAsync<ExchangeException>(() => anna.GetFolderAsync(new("bm9uc2Vuc2U="), Now))).ShouldBeOfType<ExchangeResponseException>();
    }

    private static ScheduleContent Meeting(string version) => new()
    {
        Subject = "Quarterly review \u00fcber <everything> & more",
        Body = new(BodyFormat.Html, "<html><body><p>Agenda &amp; more</p></body></html>"),
        Time = TimeZones.Timed(new(2026, 3, 10, 10, 0), new(2026, 3, 10, 11, 30), "W. Europe Standard Time"),
        Location = "Room 1",
        Importance = Importance.High,
        Attendees = [new(new(Ben, "Ben"), AttendeeRole.Required), new(new("kim@fabrikam.test", "Kim"), AttendeeRole.Optional), new(new("room.berlin@contoso.test", "Berlin"), AttendeeRole.Resource)],
        ShowAs = version is "Exchange2013" or "Exchange2013_SP1" or "Exchange2016" ? ShowAs.WorkingElsewhere : ShowAs.OutOfOffice,
        Sensitivity = Sensitivity.Private,
        Categories = ["CRM", "Customers"],
        ReminderMinutes = 25,
    };

    private static async Task<(ItemId Id, ChangeKey Key)> CreateAsync(IExchangeMailbox mailbox, ScheduleContent content)
    {
        var calendar = (await mailbox.FindDefaultFolderAsync(ItemKind.Schedule, Now)).Id;
        var result = (await mailbox.CreateAsync(calendar, [new(new(Guid.NewGuid(), Guid.NewGuid(), 1), content)], InvitationMail.None, Now)).Single();
        result.Refusal.ShouldBeNull();
        return (result.Id!.Value, result.Key!.Value);
    }

    private static async Task<(Cursor Cursor, int Count)> ReadAllAsync(IExchangeMailbox mailbox, FolderId folder)
    {
        Cursor? cursor = null;
        var count = 0;
        while (true)
        {
            var page = await mailbox.ReadChangesAsync(folder, cursor, 512, Now);
            (cursor, count) = (page.Next, count + page.Changes.Count);
            if (page.IsLast)
                return (page.Next, count);
        }
    }

    private static async Task<T> EventuallyAsync<T>(Func<Task<T?>> probe) where T : class
    {
        for (var i = 0; i < 100; i++)
        {
            if (await probe() is { } found)
                return found;
            await Task.Delay(50, Now);
        }
        throw new TimeoutException("did not happen within five seconds");
    }
}
