using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using CrmSync.Engine.Tests.Store;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace CrmSync.Engine.Tests.Crm;

/// <summary>What API and console get from the services, on every database.</summary>
public abstract class ServiceCompliance(TestDatabase database) : StoreCompliance(database)
{
    private static readonly Viewer Administrator = Viewer.System;

    private ScheduleItemService Items => new(Db.Store, Db.Get<QueueSignal>());

    private LinkService Links => new(Db.Store, Db.Get<QueueSignal>());

    private TargetService Targets => new(Db.Store, new ReversingSealer(), Db.Get<QueueSignal>(), Db.Get<QueueAdministration>());

    private PeopleService People => new(Db.Store);

    private static ScheduleContent Meeting(string subject = "Roadmap", int day = 4, Sensitivity sensitivity = Sensitivity.Normal) => new()
    {
        Subject = subject,
        Time = TimeZones.Timed(new LocalDateTime(2026, 5, day, 10, 0), new LocalDateTime(2026, 5, day, 11, 0), "Europe/Berlin"),
        Sensitivity = sensitivity,
    };

    private static Viewer As(CrmUser user) => new($"user:{user.Name}", user.Id);

    private async Task<CrmUser> PersonAsync(string name) =>
        (await People.CreateAsync(Administrator, new PersonSettings($"{name}{Guid.NewGuid():N}", name, $"{Guid.NewGuid():N}@contoso.test"), Stop)).Value.ShouldNotBeNull();

    private async Task<SyncTarget> TargetAsync() =>
        (await Targets.CreateAsync(Administrator, new SyncTarget { Name = $"Contoso {Guid.NewGuid()}", UserName = "sync@contoso.test" }, "hunter2", Stop)).Value.ShouldNotBeNull().Target;

    private async Task<LinkView> LinkAsync(CrmUser user, SyncTarget target) =>
        (await Links.CreateAsync(Administrator, new SyncLink { TargetId = target.Id, UserId = user.Id, Mailbox = user.Mail }, Stop)).Value.ShouldNotBeNull();

    private async Task<List<QueueMessage>> QueuedAsync()
    {
        await using var database = await Db.Store.ReadAsync(Stop);
        return await database.Queue.AsNoTracking().Where(message => message.Kind == MessageKind.Outbound).ToListAsync(Stop);
    }

    [Fact]
    public async Task A_new_item_is_stored_and_queued_for_its_owners_home_link()
    {
        var anna = await PersonAsync("anna");
        var link = await LinkAsync(anna, await TargetAsync());

        var created = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), "trace", Stop)).Value.ShouldNotBeNull();

        created.Row.Version.ShouldBe(1);
        created.Content.Organizer!.Address.ShouldBe(anna.Mail);
        (await QueuedAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            message => message.LinkId.ShouldBe(link.Link.Id), message => message.ItemId.ShouldBe(created.Row.Id), message => message.TraceId.ShouldBe("trace"));
        var read = (await Items.GetAsync(As(anna), created.Row.Id, null, Stop)).Value.ShouldNotBeNull();
        ScheduleComparison.Difference(read.Content, created.Content).ShouldBe(ScheduleFields.None);
    }

    [Fact]
    public async Task A_patch_changes_the_named_fields_keeps_history_and_tells_all_links_with_a_copy()
    {
        var (anna, target) = (await PersonAsync("anna"), await TargetAsync());
        var link = await LinkAsync(anna, target);
        var ben = await LinkAsync(await PersonAsync("ben"), target);
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop)).Value!.Row;
        foreach (var one in new[] { link, ben })
            await Db.AddAsync(new ItemLink { Id = Guid.NewGuid(), LinkId = one.Link.Id, ItemId = item.Id, UpdatedAt = DateTime.UtcNow });

        var patched = (await Items.PatchAsync(As(anna), item.Id, 1, Meeting("Changed") with { Location = "ignored" }, ScheduleFields.Subject, null, null, Stop)).Value.ShouldNotBeNull();

        (patched.Row.Version, patched.Row.Subject, patched.Row.Location).ShouldBe((2L, "Changed", ""));
        (await QueuedAsync()).Select(message => message.LinkId).Order().ShouldBe(new[] { link.Link.Id, ben.Link.Id }.Order());
        (await Items.HistoryAsync(As(anna), item.Id, null, 10, Stop)).Value!.ShouldHaveSingleItem().Snapshot.ShouldContain("Roadmap");
    }

    [Fact]
    public async Task A_patch_that_changes_nothing_makes_no_version()
    {
        var anna = await PersonAsync("anna");
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop)).Value!.Row;
        (await Items.PatchAsync(As(anna), item.Id, null, Meeting(), ScheduleFields.Subject | ScheduleFields.Time, null, null, Stop)).Value!.Row.Version.ShouldBe(1);
    }

    [Fact]
    public async Task An_edit_of_an_older_version_is_refused_and_concurrent_edits_without_one_all_arrive()
    {
        var anna = await PersonAsync("anna");
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop)).Value!.Row;
        await Items.PatchAsync(As(anna), item.Id, 1, Meeting("second"), ScheduleFields.Subject, null, null, Stop);

        (await Items.PatchAsync(As(anna), item.Id, 1, Meeting("late"), ScheduleFields.Subject, null, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Stale);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(number =>
            Task.Run(() => Items.PatchAsync(As(anna), item.Id, null, Meeting($"n{number}"), ScheduleFields.Subject, null, null, Stop), Stop)));

        (await Items.GetAsync(As(anna), item.Id, null, Stop)).Value!.Row.Version.ShouldBe(5);
    }

    [Fact]
    public async Task A_deleted_item_leaves_a_tombstone_and_its_links_are_told()
    {
        var anna = await PersonAsync("anna");
        await LinkAsync(anna, await TargetAsync());
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop)).Value!.Row;

        (await Items.DeleteAsync(As(anna), item.Id, 1, null, Stop)).Value!.Row.IsDeleted.ShouldBeTrue();

        (await QueuedAsync()).ShouldHaveSingleItem().Revision.ShouldBe(2);
        (await Items.ListAsync(As(anna), new ScheduleQuery(anna.Id), Stop)).Items.ShouldBeEmpty();
        (await Items.DeleteAsync(As(anna), item.Id, null, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
    }

    [Fact]
    public async Task A_meeting_that_others_organize_keeps_its_shared_fields_and_takes_personal_ones()
    {
        var anna = await PersonAsync("anna");
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop)).Value!.Row;
        await using (var database = await Db.Store.ReadAsync(Stop))
            await database.ScheduleItems.Where(row => row.Id == item.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.AuthorityLinkId, Guid.NewGuid()), Stop);

        (await Items.PatchAsync(As(anna), item.Id, null, Meeting("x"), ScheduleFields.Subject, null, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Conflict);
        (await Items.DeleteAsync(As(anna), item.Id, null, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Conflict);
        (await Items.PatchAsync(As(anna), item.Id, null, Meeting() with { ReminderMinutes = 5 }, ScheduleFields.Reminder, null, null, Stop)).Value!.Content.ReminderMinutes.ShouldBe(5);
    }

    [Fact]
    public async Task Private_items_are_seen_by_their_person_only_and_items_of_others_by_the_team_only()
    {
        var team = Guid.NewGuid();
        var (anna, ben, carla) = (await PersonAsync("anna"), await PersonAsync("ben"), await PersonAsync("carla"));
        await using (var database = await Db.Store.ReadAsync(Stop))
            await database.Users.Where(user => user.Id == anna.Id || user.Id == ben.Id).ExecuteUpdateAsync(set => set.SetProperty(user => user.TeamId, team), Stop);
        var open = (await Items.CreateAsync(As(anna), anna.Id, Meeting("open"), null, Stop)).Value!.Row.Id;
        var secret = (await Items.CreateAsync(As(anna), anna.Id, Meeting("secret", 5, Sensitivity.Private), null, Stop)).Value!.Row.Id;

        async Task<List<Guid>> SeenByAsync(Viewer viewer) => [.. (await Items.ListAsync(viewer, new ScheduleQuery(anna.Id), Stop)).Items.Select(view => view.Row.Id)];
        (await SeenByAsync(As(anna))).ShouldBe([open, secret]);
        (await SeenByAsync(As(ben))).ShouldBe([open]);
        (await SeenByAsync(As(carla))).ShouldBeEmpty();
        (await SeenByAsync(Administrator)).ShouldBe([open]);
        (await Items.GetAsync(Administrator, secret, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
        (await Items.GetAsync(As(carla), open, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.NotFound);
        (await Items.PatchAsync(As(ben), open, null, Meeting("x"), ScheduleFields.Subject, null, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
        (await Items.CreateAsync(As(ben), anna.Id, Meeting(), null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
    }

    [Fact]
    public async Task The_history_of_an_item_that_was_private_once_tells_others_nothing_of_that_time_and_nobody_of_other_peoples_copies()
    {
        var team = Guid.NewGuid();
        var (anna, ben, carla) = (await PersonAsync("anna"), await PersonAsync("ben"), await PersonAsync("carla"));
        await using (var database = await Db.Store.ReadAsync(Stop))
            await database.Users.Where(user => user.Id == anna.Id || user.Id == ben.Id).ExecuteUpdateAsync(set => set.SetProperty(user => user.TeamId, team), Stop);
        var item = (await Items.CreateAsync(As(anna), anna.Id, Meeting("diagnosis", 5, Sensitivity.Private), null, Stop)).Value!.Row.Id;
        (await Items.PatchAsync(As(anna), item, null, Meeting("appointment", 5, Sensitivity.Normal), ScheduleFields.Subject | ScheduleFields.Sensitivity, null, null, Stop)).Problem.ShouldBeNull();
        await Db.AddAsync(new Participation { ItemId = item, UserId = carla.Id, Categories = ScheduleRows.WriteCategories(["carlas alone"]) });
        (await Items.PatchAsync(As(anna), item, null, Meeting("lunch"), ScheduleFields.Subject, null, null, Stop)).Problem.ShouldBeNull();

        var hers = (await Items.HistoryAsync(As(anna), item, null, 10, Stop)).Value!.Select(row => row.Snapshot).ToList();
        var bens = (await Items.HistoryAsync(As(ben), item, null, 10, Stop)).Value!.Select(row => row.Snapshot).ToList();
        hers.Count.ShouldBe(2);
        hers[1].ShouldContain("diagnosis");
        (bens[0].Contains("appointment", StringComparison.Ordinal), bens[1]).ShouldBe((true, "null"));
        hers.Concat(bens).ShouldAllBe(snapshot => !snapshot.Contains("carlas alone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Items_of_a_period_come_in_pages_that_miss_and_repeat_nothing()
    {
        var anna = await PersonAsync("anna");
        for (var number = 0; number < 25; number++)
            await Items.CreateAsync(As(anna), anna.Id, Meeting($"n{number}", 1 + number / 5), null, Stop);
        var query = new ScheduleQuery(anna.Id, new DateTime(2026, 5, 2, 0, 0, 0, DateTimeKind.Utc), new DateTime(2026, 5, 5, 0, 0, 0, DateTimeKind.Utc), Max: 4);

        var seen = new List<string>();
        for (var page = await Items.ListAsync(As(anna), query, Stop); ; page = await Items.ListAsync(As(anna), query with { After = page.Next }, Stop))
        {
            seen.AddRange(page.Items.Select(view => view.Row.Subject));
            if (page.Next is null)
                break;
        }

        seen.Order().ShouldBe(Enumerable.Range(5, 15).Select(number => $"n{number}").Order());
    }

    [Fact]
    public async Task Wrong_fields_are_named_with_cause_and_cure()
    {
        var anna = await PersonAsync("anna");
        var bad = Meeting(new string('x', 300)) with
        {
            Time = Meeting().Time with { StartZone = "Moon/Crater", End = Meeting().Time.Start - Duration.FromHours(1) },
            Attendees = [new Attendee(new MailAddress("nobody"), AttendeeRole.Required)],
            Location = "a\u0000b",
        };

        var problem = (await Items.CreateAsync(As(anna), anna.Id, bad, null, Stop)).Problem.ShouldNotBeNull();

        problem.Kind.ShouldBe(ProblemKind.Invalid);
        problem.Fields.Select(field => field.Field).Order(StringComparer.Ordinal).ShouldBe(["attendees", "end", "location", "startZone", "subject"]);
        problem.Fields.ShouldAllBe(field => field.Cause != "" && field.Cure != "");
    }

    [Fact]
    public async Task A_targets_secret_is_stored_sealed_and_never_comes_out()
    {
        var target = await TargetAsync();

        target.SealedSecret.ShouldBeNull();
        var view = (await Targets.FindAsync(target.Id, Stop)).ShouldNotBeNull();
        (view.HasSecret, view.Target.SealedSecret).ShouldBe((true, null));
        await using (var database = await Db.Store.ReadAsync(Stop))
            (await database.Targets.SingleAsync(row => row.Id == target.Id, Stop)).SealedSecret.ShouldBe("2retnuh");
        target.PollIntervalSeconds = 30;
        var updated = (await Targets.UpdateAsync(Administrator, target.Id, 1, target, null, Stop)).Value.ShouldNotBeNull();
        (updated.HasSecret, updated.Target.Version, updated.Target.PollIntervalSeconds).ShouldBe((true, 2L, 30));
        (await Targets.UpdateAsync(Administrator, target.Id, 1, target, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Stale);
        (await Targets.CreateAsync(new Viewer("user:x", null, ConsoleRole.Operator), target, null, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
        var audit = await new AuditLogWriter(Db.Store).ListAsync(null, 100, Stop);
        audit.ShouldAllBe(row => !(row.Before + row.After).Contains("2retnuh") && !(row.Before + row.After).Contains("hunter2"));
    }

    [Fact]
    public async Task A_new_link_is_ready_for_its_first_read()
    {
        var link = await LinkAsync(await PersonAsync("anna"), await TargetAsync());

        (link.Waiting, link.IsPaused).ShouldBe((1, false));
        (await Queue.ClaimAsync("w", Lease, Stop)).ShouldNotBeNull().LinkId.ShouldBe(link.Link.Id);
        (await Links.ListAsync(new LinkFilter(Text: link.UserName[..8]), null, 10, Stop)).Items.ShouldHaveSingleItem().RunningOn.ShouldBe("w");
    }

    [Fact]
    public async Task Two_links_may_not_send_to_one_folder_nor_be_one_persons_home()
    {
        var (anna, target) = (await PersonAsync("anna"), await TargetAsync());
        var link = await LinkAsync(anna, target);

        var again = (await Links.CreateAsync(Administrator, new SyncLink { TargetId = target.Id, UserId = anna.Id, Mailbox = anna.Mail }, Stop)).Problem.ShouldNotBeNull();
        again.Fields.Select(field => field.Field).ShouldBe(["folderId", "isHome"]);
        (await Links.CreateAsync(
            Administrator,
            new SyncLink { TargetId = target.Id, UserId = anna.Id, Mailbox = anna.Mail, IsHome = false, Direction = SyncDirection.Inbound }, Stop)).IsDone.ShouldBeTrue();
        (await Links.UpdateAsync(Administrator, link.Link.Id, 9, link.Link, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Stale);
    }

    [Fact]
    public async Task A_link_can_be_paused_resumed_read_again_and_removed()
    {
        var link = await LinkAsync(await PersonAsync("anna"), await TargetAsync());
        var id = link.Link.Id;

        (await Links.PauseAsync(Administrator, id, "moving", Stop)).Value!.ShouldSatisfyAllConditions(
            view => view.IsPaused.ShouldBeTrue(), view => view.State.PausedReason.ShouldBe("moving"));
        (await Queue.ClaimAsync("w", Lease, Stop)).ShouldBeNull();
        (await Links.ResumeAsync(Administrator, id, Stop)).Value!.IsPaused.ShouldBeFalse();
        var lease = (await Queue.ClaimAsync("w", Lease, Stop)).ShouldNotBeNull();
        await Db.Sessions.CommitAsync(lease, new SessionCommit { State = new LinkState { LinkId = id, Cursor = "c" } }, Stop);

        (await Links.ResyncAsync(Administrator, id, Stop)).Value!.State.Cursor.ShouldBeNull();
        (await Db.Sessions.CommitAsync(lease, new SessionCommit { State = new LinkState { LinkId = id, Cursor = "old" } }, Stop)).ShouldBe(CommitOutcome.LeaseLost);
        (await Links.SyncNowAsync(new Viewer("user:o", null, ConsoleRole.Operator), id, Stop)).IsDone.ShouldBeTrue();
        (await Links.SyncNowAsync(new Viewer("user:u", null), id, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Forbidden);
        (await Links.RemoveAsync(Administrator, id, Stop)).IsDone.ShouldBeTrue();
        (await Links.FindAsync(id, Stop)).ShouldBeNull();
        (await Queue.ClaimAsync("w", Lease, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Links_come_in_pages_that_miss_and_repeat_nothing()
    {
        var target = await TargetAsync();
        for (var number = 0; number < 7; number++)
            await LinkAsync(await PersonAsync("p"), target);

        var seen = new List<Guid>();
        for (var page = await Links.ListAsync(new LinkFilter(target.Id), null, 3, Stop); ; page = await Links.ListAsync(new LinkFilter(target.Id), page.Next, 3, Stop))
        {
            seen.AddRange(page.Items.Select(view => view.Link.Id));
            if (page.Next is null)
                break;
        }

        seen.Distinct().Count().ShouldBe(7);
        seen.Count.ShouldBe(7);
        (await Links.CountAsync(new LinkFilter(target.Id), Stop)).ShouldBe(7);
    }

    [Fact]
    public async Task An_edit_of_the_audit_log_shows()
    {
        var audit = new AuditLogWriter(Db.Store);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => audit.AppendAsync(Administrator, "test", $"s{number}", null, "{}", Stop), Stop)));
        (await audit.FindBreakAsync(Stop)).ShouldBeNull();

        var victim = (await audit.ListAsync(null, 3, Stop))[2];
        await using (var database = await Db.Store.ReadAsync(Stop))
            await database.AuditLogs.Where(row => row.Number == victim.Number).ExecuteUpdateAsync(set => set.SetProperty(row => row.Actor, "nobody"), Stop);
        (await audit.FindBreakAsync(Stop)).ShouldBe(victim.Number);
        await using (var database = await Db.Store.ReadAsync(Stop))
            await database.AuditLogs.Where(row => row.Number == victim.Number).ExecuteUpdateAsync(set => set.SetProperty(row => row.Actor, victim.Actor), Stop);
    }

    [Fact]
    public async Task A_call_with_an_idempotency_key_happens_once()
    {
        var keys = new IdempotencyService(Db.Store);
        var begun = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => keys.BeginAsync("token:a", "k", "hash", Stop), Stop)));
        begun.Count(answer => answer.State == IdempotencyState.First).ShouldBe(1);
        begun.Count(answer => answer.State == IdempotencyState.Running).ShouldBe(5);

        await keys.CompleteAsync("token:a", "k", 201, "{}", "/x", "\"1\"", Stop);

        (await keys.BeginAsync("token:a", "k", "hash", Stop)).ShouldSatisfyAllConditions(
            answer => answer.State.ShouldBe(IdempotencyState.Replay), answer => answer.Answer!.Status.ShouldBe(201));
        (await keys.BeginAsync("token:a", "k", "other", Stop)).State.ShouldBe(IdempotencyState.Mismatch);
        (await keys.BeginAsync("token:b", "k", "other", Stop)).State.ShouldBe(IdempotencyState.First);
    }

    [Fact]
    public async Task Activities_and_conflicts_come_newest_first_in_pages()
    {
        var link = Guid.NewGuid();
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await Db.AddAsync([.. Enumerable.Range(0, 5).Select(number => new Activity { Id = Guid.NewGuid(), LinkId = link, At = start.AddMinutes(number / 2), Action = $"a{number}" })]);
        await Db.AddAsync(new SyncConflict { Id = Guid.NewGuid(), LinkId = link, At = start, State = ConflictState.Open });
        var activities = new ActivityService(Db.Store);

        var first = await activities.ListAsync(new LogFilter(link), null, 3, Stop);
        var second = await activities.ListAsync(new LogFilter(link), first.Next, 3, Stop);

        first.Items[0].Action.ShouldBe("a4");
        first.Items.Concat(second.Items).Select(row => row.Action).Distinct().Count().ShouldBe(5);
        second.Next.ShouldBeNull();
        (await new ConflictService(Db.Store).ListAsync(Administrator, new LogFilter(link, State: ConflictState.Open), null, 3, Stop)).Items.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task People_are_found_by_name_and_mail_and_kept_while_they_have_items()
    {
        var anna = await PersonAsync("anna");
        (await People.FindAsync(anna.Mail.ToUpperInvariant(), Stop))!.Id.ShouldBe(anna.Id);
        (await People.ListAsync(anna.Name, null, 5, Stop)).Items.ShouldHaveSingleItem();
        (await People.CreateAsync(Administrator, new PersonSettings(anna.Name, "x", "y@contoso.test"), Stop)).Problem!.Fields.ShouldHaveSingleItem();
        await Items.CreateAsync(As(anna), anna.Id, Meeting(), null, Stop);
        (await People.DeleteAsync(Administrator, anna.Id, Stop)).Problem!.Kind.ShouldBe(ProblemKind.Conflict);
        (await People.DeleteAsync(Administrator, (await PersonAsync("ben")).Id, Stop)).IsDone.ShouldBeTrue();
    }

    private sealed class ReversingSealer : ISecretSealer
    {
        public string Seal(string secret) => new([.. secret.Reverse()]);

        public string Open(string sealedSecret) => Seal(sealedSecret);
    }
}

public sealed class SqliteServices(SqliteDatabase database) : ServiceCompliance(database), IClassFixture<SqliteDatabase>;

public sealed class PostgreSqlServices(PostgreSqlDatabase database) : ServiceCompliance(database), IClassFixture<PostgreSqlDatabase>;
