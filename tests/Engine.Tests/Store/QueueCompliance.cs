using System.Collections.Concurrent;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Tests.Store;

/// <summary>What the queue promises, on every database.</summary>
public abstract class QueueCompliance(TestDatabase database) : StoreCompliance(database)
{
    protected static QueueRequest Look(Guid link, int priority = 0) => new(MessageKind.Inbound, link, Guid.Empty, priority);

    protected static QueueRequest Send(Guid link, Guid item, int priority = 0, long delayMs = 0) => new(MessageKind.Outbound, link, item, priority, DelayMs: delayMs);

    protected Task EnqueueAsync(params QueueRequest[] requests) => Queue.EnqueueAsync(requests, Stop);

    protected Task<LinkLease?> ClaimAsync(string owner = "w", TimeSpan? lease = null) => Queue.ClaimAsync(owner, lease ?? Lease, Stop);

    protected Task<IReadOnlyList<QueueMessage>> DueAsync(Guid link) => Db.Sessions.LoadDueMessagesAsync(link, 100, Stop);

    protected async Task<CommitOutcome> DoneAsync(LinkLease lease, params QueueMessage[] messages)
    {
        var commit = new SessionCommit();
        commit.Done.AddRange(messages.Select(message => new MessageDone(message.Id, message.Revision)));
        return await Db.Sessions.CommitAsync(lease, commit, Stop);
    }

    protected async Task RetryAsync(LinkLease lease, QueueMessage message, long delayMs, bool dead = false, long? revision = null)
    {
        var commit = new SessionCommit();
        commit.Retries.Add(new MessageRetry(message.Id, delayMs, dead, "refused", "ErrorX", Revision: revision));
        (await Db.Sessions.CommitAsync(lease, commit, Stop)).ShouldBe(CommitOutcome.Committed);
    }

    private async Task<LinkWork> WorkAsync(Guid link)
    {
        return (await Db.RowsAsync<LinkWork>()).Single(row => row.LinkId == link);
    }

    [Fact]
    public async Task An_empty_queue_gives_no_link_and_no_time()
    {
        (await ClaimAsync()).ShouldBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task A_link_is_claimed_worked_and_released_and_then_is_idle()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));

        var lease = (await ClaimAsync()).ShouldNotBeNull();
        lease.LinkId.ShouldBe(link.Id);
        lease.Mailbox.ShouldBe(link.Mailbox);
        (await ClaimAsync()).ShouldBeNull();
        (await DoneAsync(lease, [.. await DueAsync(link.Id)])).ShouldBe(CommitOutcome.Committed);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldBeNull();
        (await WorkAsync(link.Id)).ReadyAtMs.ShouldBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Eight_workers_get_each_ready_link_exactly_once()
    {
        var links = await Db.AddLinksAsync(200);
        await EnqueueAsync([.. links.Select(link => Look(link.Id))]);
        var claimed = new ConcurrentBag<Guid>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var misses = 0; misses < 3;)
            {
                if (await ClaimAsync($"w{worker}") is { } lease)
                    claimed.Add(lease.LinkId);
                else
                    misses++;
            }
        }, Stop)));

        claimed.Order().ShouldBe(links.Select(link => link.Id).Order());
    }

    [Fact]
    public async Task Wishes_for_the_same_thing_become_one_message_with_a_higher_revision()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        for (var count = 0; count < 5; count++)
            await EnqueueAsync(Look(link.Id, priority: 5 - count));

        var message = (await DueAsync(link.Id)).ShouldHaveSingleItem();
        message.Revision.ShouldBe(5);
        message.Priority.ShouldBe(1);
    }

    [Fact]
    public async Task A_wish_during_the_run_survives_the_completion_of_the_older_one()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        var item = Guid.NewGuid();
        await EnqueueAsync(Send(link.Id, item));
        var lease = (await ClaimAsync())!;
        var read = await DueAsync(link.Id);
        await EnqueueAsync(Send(link.Id, item));

        await DoneAsync(lease, [.. read]);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldNotBeNull();
        (await DueAsync(link.Id)).ShouldHaveSingleItem().Revision.ShouldBe(2);
    }

    [Fact]
    public async Task No_wake_up_is_lost_while_workers_and_writers_race()
    {
        var links = await Db.AddLinksAsync(3);
        var wanted = new ConcurrentDictionary<Guid, long>();
        var seen = new ConcurrentDictionary<Guid, long>();
        var writing = true;

        async Task WriteAsync(int writer)
        {
            var random = new Random(writer);
            for (var count = 0; count < 60; count++)
            {
                var link = links[random.Next(links.Count)].Id;
                // Counted before the wish: whoever reads the message afterwards has to have seen the count.
                wanted.AddOrUpdate(link, 1, (_, value) => value + 1);
                await EnqueueAsync(Send(link, link));
            }
        }

        async Task WorkAsync(int worker)
        {
            for (var idle = 0; idle < 20;)
            {
                if (await ClaimAsync($"w{worker}") is not { } lease)
                {
                    idle = Volatile.Read(ref writing) ? 0 : idle + 1;
                    await Task.Delay(2, Stop);
                    continue;
                }
                idle = 0;
                var read = await DueAsync(lease.LinkId);
                var count = wanted.GetValueOrDefault(lease.LinkId);
                await DoneAsync(lease, [.. read]);
                if (read.Count > 0)
                    seen.AddOrUpdate(lease.LinkId, count, (_, value) => Math.Max(value, count));
                await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);
            }
        }

        var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(worker), Stop)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteAsync(writer), Stop)));
        Volatile.Write(ref writing, false);
        await Task.WhenAll(workers);

        foreach (var (link, count) in wanted)
            seen[link].ShouldBe(count);
        foreach (var link in links)
            (await DueAsync(link.Id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_lease_commits_nothing()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));
        var old = (await ClaimAsync("old", TimeSpan.FromMilliseconds(1)))!;
        await Db.PassAsync(TimeSpan.FromMilliseconds(20));
        var taken = (await ClaimAsync("new")).ShouldNotBeNull();
        taken.Epoch.ShouldBeGreaterThan(old.Epoch);

        var commit = new SessionCommit { State = new LinkState { LinkId = link.Id, Cursor = "stolen" } };
        (await Db.Sessions.CommitAsync(old, commit, Stop)).ShouldBe(CommitOutcome.LeaseLost);
        (await DoneAsync(old, [.. await DueAsync(link.Id)])).ShouldBe(CommitOutcome.LeaseLost);
        (await Queue.RenewAsync(old, Lease, Stop)).ShouldBeFalse();
        await Queue.ReleaseAsync(old, TimeSpan.Zero, Stop);

        (await DueAsync(link.Id)).ShouldHaveSingleItem();
        (await WorkAsync(link.Id)).Owner.ShouldBe("new");
        (await Db.RowsAsync<LinkState>()).ShouldNotContain(state => state.LinkId == link.Id);
    }

    [Fact]
    public async Task A_lease_that_expired_is_taken_over_exactly_once()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));
        (await ClaimAsync("dead", TimeSpan.FromMilliseconds(50))).ShouldNotBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromMilliseconds(51));
        await Db.PassAsync(TimeSpan.FromMilliseconds(80));

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => ClaimAsync($"w{worker}"), Stop)));

        claims.Count(lease => lease is not null).ShouldBe(1);
    }

    [Fact]
    public async Task A_renewed_lease_is_not_taken_over()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));
        var lease = (await ClaimAsync("w", TimeSpan.FromMilliseconds(60)))!;
        (await Queue.RenewAsync(lease, Lease, Stop)).ShouldBeTrue();
        await Db.PassAsync(TimeSpan.FromMilliseconds(90));

        (await ClaimAsync("other")).ShouldBeNull();
    }

    [Fact]
    public async Task A_hint_after_a_session_waits_for_the_gap_and_an_edit_does_not()
    {
        var links = await Db.AddLinksAsync(2);
        foreach (var link in links)
        {
            await EnqueueAsync(Look(link.Id));
            var lease = (await ClaimAsync())!;
            await DoneAsync(lease, [.. await DueAsync(lease.LinkId)]);
            await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);
        }

        await EnqueueAsync(Look(links[0].Id));
        await EnqueueAsync(Send(links[1].Id, Guid.NewGuid()));

        (await ClaimAsync()).ShouldNotBeNull().LinkId.ShouldBe(links[1].Id);
        (await ClaimAsync()).ShouldBeNull();
        await Db.PassAsync(TimeSpan.FromMilliseconds(600));
        (await ClaimAsync()).ShouldNotBeNull().LinkId.ShouldBe(links[0].Id);
    }

    [Fact]
    public async Task A_hint_during_a_run_is_ready_one_gap_after_its_end()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));
        var lease = (await ClaimAsync())!;
        var read = await DueAsync(link.Id);
        await EnqueueAsync(Look(link.Id));
        await DoneAsync(lease, [.. read]);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldBeNull();
        var next = (await Queue.NextReadyInAsync(Stop)).ShouldNotBeNull();
        next.ShouldBeInRange(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500));
        await Db.PassAsync(TimeSpan.FromMilliseconds(550));
        (await ClaimAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_released_link_rests_as_long_as_its_session_asks()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Send(link.Id, Guid.NewGuid()));
        var lease = (await ClaimAsync())!;
        await Queue.ReleaseAsync(lease, TimeSpan.FromSeconds(20), Stop);

        (await ClaimAsync()).ShouldBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_retried_message_is_due_after_its_delay_and_counts_its_attempts()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Send(link.Id, Guid.NewGuid()));
        var lease = (await ClaimAsync())!;
        await RetryAsync(lease, (await DueAsync(link.Id))[0], delayMs: 300);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldBeNull();
        await Db.PassAsync(TimeSpan.FromMilliseconds(350));
        (await ClaimAsync()).ShouldNotBeNull();
        var message = (await DueAsync(link.Id)).ShouldHaveSingleItem();
        message.Attempts.ShouldBe(1);
        message.Error.ShouldBe("refused");
    }

    [Fact]
    public async Task A_look_that_failed_keeps_its_back_off_unless_a_person_asks()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id, priority: 5));
        var lease = (await ClaimAsync())!;
        await RetryAsync(lease, (await DueAsync(link.Id))[0], delayMs: 60_000);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        await EnqueueAsync(Look(link.Id));
        (await DueAsync(link.Id)).ShouldBeEmpty();
        await EnqueueAsync(Look(link.Id, QueueSql.PersonPriority));
        (await DueAsync(link.Id)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_dead_letter_waits_for_a_person_and_a_new_edit_supersedes_it()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        var item = Guid.NewGuid();
        await EnqueueAsync(Send(link.Id, item));
        var lease = (await ClaimAsync())!;
        await RetryAsync(lease, (await DueAsync(link.Id))[0], 0, dead: true);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);
        (await ClaimAsync()).ShouldBeNull();
        (await DueAsync(link.Id)).ShouldBeEmpty();

        await EnqueueAsync(Send(link.Id, item));

        (await ClaimAsync()).ShouldNotBeNull();
        (await DueAsync(link.Id)).ShouldHaveSingleItem().Attempts.ShouldBe(0);
    }

    [Fact]
    public async Task An_edit_that_came_during_the_failing_run_is_not_parked_with_it()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        var item = Guid.NewGuid();
        await EnqueueAsync(Send(link.Id, item));
        var lease = (await ClaimAsync())!;
        var read = (await DueAsync(link.Id))[0];
        await EnqueueAsync(Send(link.Id, item));

        await RetryAsync(lease, read, 60_000, dead: true, revision: read.Revision);

        (await DueAsync(link.Id)).ShouldHaveSingleItem().State.ShouldBe(MessageState.Waiting);
    }

    [Fact]
    public async Task A_stuck_link_delays_no_other_link()
    {
        var links = await Db.AddLinksAsync(2);
        await EnqueueAsync([.. links.Select(link => Look(link.Id))]);
        var stuck = (await ClaimAsync())!;

        for (var count = 0; count < 3; count++)
        {
            var lease = (await ClaimAsync()).ShouldNotBeNull();
            lease.LinkId.ShouldNotBe(stuck.LinkId);
            await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);
            await EnqueueAsync(Send(lease.LinkId, Guid.NewGuid()));
        }
    }

    [Fact]
    public async Task A_mailbox_that_asks_for_rest_gets_it_whatever_is_queued_meanwhile()
    {
        var target = await Db.AddTargetAsync();
        var (one, other) = (await Db.AddLinkAsync(target.Id), await Db.AddLinkAsync(target.Id));
        await EnqueueAsync(Look(one.Id), Look(other.Id));
        await Queue.DeferAsync(target.Id, one.Mailbox, TimeSpan.FromMilliseconds(400), Stop);
        await EnqueueAsync(Send(one.Id, Guid.NewGuid()));

        (await ClaimAsync()).ShouldNotBeNull().LinkId.ShouldBe(other.Id);
        (await ClaimAsync()).ShouldBeNull();
        await Db.PassAsync(TimeSpan.FromMilliseconds(450));
        (await ClaimAsync()).ShouldNotBeNull().LinkId.ShouldBe(one.Id);
    }

    [Fact]
    public async Task A_target_that_asks_for_rest_defers_all_its_links_also_the_running_one()
    {
        var target = await Db.AddTargetAsync();
        var (one, other) = (await Db.AddLinkAsync(target.Id), await Db.AddLinkAsync(target.Id));
        await EnqueueAsync(Send(one.Id, Guid.NewGuid()), Send(other.Id, Guid.NewGuid()));
        var lease = (await ClaimAsync())!;
        await Queue.DeferAsync(target.Id, null, TimeSpan.FromSeconds(20), Stop);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_message_with_a_low_id_that_is_committed_late_is_still_worked()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Send(link.Id, Guid.NewGuid()));
        var lease = (await ClaimAsync())!;
        await DoneAsync(lease, [.. await DueAsync(link.Id)]);
        // Smaller than every id that was ever given out: an order by ids would have passed it already.
        await Db.AddAsync(new QueueMessage { Id = new Guid(1, 0, 0, new byte[8]), LinkId = link.Id, Kind = MessageKind.Outbound, ItemId = Guid.NewGuid(), Revision = 1 });
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        (await ClaimAsync()).ShouldNotBeNull();
        (await DueAsync(link.Id)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_paused_link_is_not_claimed()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        await EnqueueAsync(Look(link.Id));
        await Db.PauseAsync(link.Id);

        (await ClaimAsync()).ShouldBeNull();
        (await Queue.ClaimLinkAsync(link.Id, "w", Lease, Stop)).ShouldBeNull();
        (await Queue.NextReadyInAsync(Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task One_link_can_be_claimed_by_name_if_it_is_free()
    {
        var links = await Db.AddLinksAsync(2);
        await EnqueueAsync([.. links.Select(link => Send(link.Id, Guid.NewGuid(), delayMs: 60_000))]);
        (await ClaimAsync()).ShouldBeNull();

        (await Queue.ClaimLinkAsync(links[1].Id, "w", Lease, Stop)).ShouldNotBeNull().LinkId.ShouldBe(links[1].Id);
        (await Queue.ClaimLinkAsync(links[1].Id, "other", Lease, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Lower_priority_numbers_run_first_and_then_the_longest_waiting()
    {
        var links = await Db.AddLinksAsync(3);
        await EnqueueAsync(Send(links[0].Id, Guid.NewGuid(), priority: 5));
        await Db.PassAsync(TimeSpan.FromMilliseconds(5));
        await EnqueueAsync(Send(links[1].Id, Guid.NewGuid()));
        await Db.PassAsync(TimeSpan.FromMilliseconds(5));
        await EnqueueAsync(Send(links[2].Id, Guid.NewGuid()));

        Guid[] order = [(await ClaimAsync())!.LinkId, (await ClaimAsync())!.LinkId, (await ClaimAsync())!.LinkId];
        order.ShouldBe([links[1].Id, links[2].Id, links[0].Id]);
    }

    [Fact]
    public async Task Folder_messages_come_first_then_priority_then_age()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        var (urgent, old, young) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await EnqueueAsync(Send(link.Id, old, 3));
        await Db.PassAsync(TimeSpan.FromMilliseconds(5));
        await EnqueueAsync(Send(link.Id, young, 3));
        await EnqueueAsync(Send(link.Id, urgent, 0));
        await EnqueueAsync(Look(link.Id, 6));

        (await DueAsync(link.Id)).Select(message => message.ItemId).ShouldBe([Guid.Empty, urgent, old, young]);
    }

    [Fact]
    public async Task A_wish_for_a_link_that_is_gone_is_dropped()
    {
        await EnqueueAsync(Look(Guid.NewGuid()));

        (await Db.RowsAsync<QueueMessage>()).ShouldBeEmpty();
        (await Db.RowsAsync<LinkWork>()).ShouldBeEmpty();
    }
}

/// <summary>What databases promise beyond it: wake-ups, and what people do with messages.</summary>
public abstract class DatabaseQueueCompliance(TestDatabase database) : QueueCompliance(database)
{
    [Fact]
    public async Task An_enqueue_wakes_a_waiting_worker()
    {
        var link = (await Db.AddLinksAsync(1))[0];
        var signal = Db.Get<QueueSignal>();
        var seen = signal.Current;
        var waiting = signal.WaitAsync(seen, TimeSpan.FromSeconds(30), Stop);

        await EnqueueAsync(Look(link.Id));

        await waiting.WaitAsync(TimeSpan.FromSeconds(5), Stop);
        await signal.WaitAsync(seen, TimeSpan.FromSeconds(30), Stop);
    }

    [Fact]
    public async Task People_list_count_retry_and_discard_messages()
    {
        var links = await Db.AddLinksAsync(2);
        var administration = Db.Get<QueueAdministration>();
        await EnqueueAsync(Look(links[0].Id), Send(links[0].Id, Guid.NewGuid()), Send(links[1].Id, Guid.NewGuid()));
        var lease = (await Queue.ClaimLinkAsync(links[1].Id, "w", Lease, Stop))!;
        await RetryAsync(lease, (await DueAsync(links[1].Id))[0], 0, dead: true);
        await Queue.ReleaseAsync(lease, TimeSpan.Zero, Stop);

        var first = await administration.ListAsync(new QueueFilter(), null, 2, Stop);
        var second = await administration.ListAsync(new QueueFilter(), first[^1].Message.Id, 2, Stop);
        first.Concat(second).Select(row => row.Message.Id).Distinct().Count().ShouldBe(3);
        var counts = await administration.CountAsync(new QueueFilter(), Stop);
        counts.Single(row => row.State == MessageState.DeadLetter).ShouldSatisfyAllConditions(row => row.Kind.ShouldBe(MessageKind.Outbound), row => row.Count.ShouldBe(1));

        (await administration.RetryAsync(new QueueFilter(State: MessageState.DeadLetter), null, Stop)).ShouldBe(1);
        (await DueAsync(links[1].Id)).ShouldHaveSingleItem().Attempts.ShouldBe(0);
        (await administration.DiscardAsync(new QueueFilter(TargetId: links[0].TargetId, Kind: MessageKind.Outbound), null, Stop)).ShouldBe(2);
        (await administration.CountAsync(new QueueFilter(), Stop)).ShouldHaveSingleItem().Kind.ShouldBe(MessageKind.Inbound);
    }
}

public sealed class SqliteQueue(SqliteDatabase database) : DatabaseQueueCompliance(database), IClassFixture<SqliteDatabase>;

public sealed class PostgreSqlQueue(PostgreSqlDatabase database) : DatabaseQueueCompliance(database), IClassFixture<PostgreSqlDatabase>;

public sealed class MemoryQueueCompliance(MemoryTestDatabase database) : QueueCompliance(database), IClassFixture<MemoryTestDatabase>;
