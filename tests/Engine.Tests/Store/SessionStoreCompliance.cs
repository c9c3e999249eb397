using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Tests.Store;

/// <summary>What the border between a session and its database promises, on every database.</summary>
public abstract class SessionStoreCompliance(TestDatabase database) : StoreCompliance(database)
{
    protected static readonly DateTime Start = new(2026, 5, 4, 8, 0, 0, DateTimeKind.Utc);

    protected ILinkSessionStore Sessions => Db.Sessions;

    protected ScheduleItem Item(string subject = "Roadmap", long version = 1) => new()
    {
        Id = Db.Ids.NewId(), Version = version, OwnerId = Guid.NewGuid(), Subject = subject, StartUtc = Start, EndUtc = Start.AddHours(1),
        StartWall = "2026-05-04T10:00:00", EndWall = "2026-05-04T11:00:00", CreatedAt = Start, UpdatedAt = Start,
    };

    protected ItemLink PairOf(Guid link, Guid item, Guid? intent = null) =>
        new() { Id = Db.Ids.NewId(), LinkId = link, ItemId = item, CrmVersion = 1, IntentId = intent, BaseSnapshot = "{}", UpdatedAt = Start };

    protected static ItemIdentity IdentityOf(ItemLink pair, string id, string? globalId = null) => new()
    {
        ItemLinkId = pair.Id, LinkId = pair.LinkId, ExchangeId = id, IdHash = MatchKeys.HashOf(id), ChangeKey = "ck",
        GlobalObjectId = globalId, GlobalIdHash = globalId is null ? null : MatchKeys.HashOf(globalId),
    };

    protected async Task<(SyncLink Link, LinkLease Lease)> LeasedAsync(Guid? target = null)
    {
        var link = await Db.AddLinkAsync(target ?? (await Db.AddTargetAsync()).Id);
        await Queue.EnqueueAsync([new QueueRequest(MessageKind.Inbound, link.Id, Guid.Empty)], Stop);
        return (link, (await Queue.ClaimLinkAsync(link.Id, "w", Lease, Stop))!);
    }

    protected Task<CommitOutcome> CommitAsync(LinkLease lease, Action<SessionCommit> fill)
    {
        var commit = new SessionCommit();
        fill(commit);
        return Sessions.CommitAsync(lease, commit, Stop);
    }

    protected async Task<ScheduleItem> LoadAsync(Guid id) => (await Sessions.LoadItemsAsync([id], Stop))[id].Item;

    [Fact]
    public async Task A_page_is_saved_as_a_whole_and_read_back()
    {
        var (link, lease) = await LeasedAsync();
        var item = Item();
        var pair = PairOf(link.Id, item.Id, Guid.NewGuid());
        var person = new Participation { ItemId = item.Id, UserId = link.UserId, ReminderMinutes = 15, Categories = """["Red"]""" };
        (await CommitAsync(lease, commit =>
        {
            commit.Items.Add(new ItemWrite(item, 0, [person], [], null));
            commit.ItemLinks.Add(pair);
            commit.Identities.Add(IdentityOf(pair, "AAMk=a", "GLOBAL"));
            commit.Meetings.Add(new MeetingIdentity { TargetId = link.TargetId, GlobalObjectId = "GLOBAL", ItemId = item.Id });
            commit.Activities.Add(new Activity { Id = Guid.NewGuid(), LinkId = link.Id, At = Start, Action = "CreateInCrm", Reason = "new" });
            commit.State = new LinkState { LinkId = link.Id, Cursor = "c1", Health = LinkHealth.Healthy };
        })).ShouldBe(CommitOutcome.Committed);

        var loaded = (await Sessions.LoadItemsAsync([item.Id], Stop))[item.Id];
        loaded.Item.ShouldBeEquivalentTo(item);
        loaded.Item.StartUtc.Kind.ShouldBe(DateTimeKind.Utc);
        loaded.Participations.ShouldHaveSingleItem().ShouldBeEquivalentTo(person);
        (await Sessions.FindPairsAsync(link.Id, [new ItemId("AAMk=a"), new ItemId("aamk=A"), new ItemId("?")], Stop)).ShouldHaveSingleItem().Value.Link.ShouldBeEquivalentTo(pair);
        (await Sessions.FindPairsByItemAsync(link.Id, [item.Id], Stop))[item.Id].Identity!.ExchangeId.ShouldBe("AAMk=a");
        (await Sessions.FindPairsByIntentAsync([pair.IntentId!.Value], Stop)).Count.ShouldBe(1);
        (await Sessions.FindAllPairsAsync([item.Id], Stop))[item.Id].Count().ShouldBe(1);
        (await Sessions.FindPairsByGlobalIdAsync(link.TargetId, [new GlobalObjectId("GLOBAL")], Stop))[new GlobalObjectId("GLOBAL")].Count().ShouldBe(1);
        (await Sessions.FindPairsByGlobalIdAsync(Guid.NewGuid(), [new GlobalObjectId("GLOBAL")], Stop)).Count.ShouldBe(0);
        (await Sessions.FindMeetingsAsync(link.TargetId, [new GlobalObjectId("GLOBAL")], Stop))[new GlobalObjectId("GLOBAL")].ShouldBe(item.Id);
        (await Sessions.CountPairsAsync(link.Id, Stop)).ShouldBe(1);
        var facts = (await Sessions.LoadLinkAsync(link.Id, Stop)).ShouldNotBeNull();
        facts.State.Cursor.ShouldBe("c1");
        facts.InstallId.ShouldNotBe(Guid.Empty);
    }

    [Fact]
    public async Task Ids_that_differ_only_in_case_are_different_ids()
    {
        var (link, lease) = await LeasedAsync();
        var (one, other) = (PairOf(link.Id, Guid.NewGuid()), PairOf(link.Id, Guid.NewGuid()));
        await CommitAsync(lease, commit =>
        {
            commit.ItemLinks.AddRange([one, other]);
            commit.Identities.AddRange([IdentityOf(one, "AbC"), IdentityOf(other, "aBc")]);
            commit.Meetings.Add(new MeetingIdentity { TargetId = link.TargetId, GlobalObjectId = "AbC", ItemId = one.ItemId });
            commit.Meetings.Add(new MeetingIdentity { TargetId = link.TargetId, GlobalObjectId = "aBc", ItemId = other.ItemId });
        });

        var found = await Sessions.FindPairsAsync(link.Id, [new ItemId("AbC"), new ItemId("aBc")], Stop);
        found[new ItemId("AbC")].Link.Id.ShouldBe(one.Id);
        found[new ItemId("aBc")].Link.Id.ShouldBe(other.Id);
    }

    [Fact]
    public async Task A_stale_version_rolls_back_everything()
    {
        var (link, lease) = await LeasedAsync();
        var (item, fresh) = (Item(), Item("Fresh"));
        await CommitAsync(lease, commit => commit.Items.Add(new ItemWrite(item, 0, [], [], null)));
        var changed = item.Copy();
        (changed.Version, changed.Subject) = (2, "Changed");
        await CommitAsync(lease, commit => commit.Items.Add(new ItemWrite(changed, 1, [], [], null)));

        var late = item.Copy();
        (late.Version, late.Subject) = (2, "Late");
        (await CommitAsync(lease, commit =>
        {
            commit.Items.Add(new ItemWrite(fresh, 0, [], [], null));
            commit.Items.Add(new ItemWrite(late, 1, [], [], null));
            commit.ItemLinks.Add(PairOf(link.Id, item.Id));
            commit.State = new LinkState { LinkId = link.Id, Cursor = "lost" };
        })).ShouldBe(CommitOutcome.Stale);

        (await LoadAsync(item.Id)).Subject.ShouldBe("Changed");
        (await Sessions.LoadItemsAsync([fresh.Id], Stop)).ShouldBeEmpty();
        (await Sessions.CountPairsAsync(link.Id, Stop)).ShouldBe(0);
        (await Sessions.LoadLinkAsync(link.Id, Stop))!.State.Cursor.ShouldBeNull();
    }

    [Fact]
    public async Task Of_two_links_that_bring_the_same_meeting_at_once_exactly_one_makes_the_item()
    {
        var target = await Db.AddTargetAsync();
        for (var round = 0; round < 10; round++)
        {
            var global = $"G{Guid.NewGuid():N}";
            var leases = new[] { await LeasedAsync(target.Id), await LeasedAsync(target.Id), await LeasedAsync(target.Id) };
            var items = leases.Select(_ => Item()).ToArray();

            var outcomes = await Task.WhenAll(leases.Select((leased, index) => Task.Run(() => CommitAsync(leased.Lease, commit =>
            {
                commit.Items.Add(new ItemWrite(items[index], 0, [], [], null));
                commit.Meetings.Add(new MeetingIdentity { TargetId = target.Id, GlobalObjectId = global, ItemId = items[index].Id });
            }), Stop)));

            outcomes.Count(outcome => outcome == CommitOutcome.Committed).ShouldBe(1);
            outcomes.Count(outcome => outcome == CommitOutcome.Stale).ShouldBe(2);
            var winner = items[Array.IndexOf(outcomes, CommitOutcome.Committed)].Id;
            (await Sessions.FindMeetingsAsync(target.Id, [new GlobalObjectId(global)], Stop))[new GlobalObjectId(global)].ShouldBe(winner);
            (await Sessions.LoadItemsAsync([.. items.Select(item => item.Id)], Stop)).Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task The_same_meeting_identity_again_is_no_error()
    {
        var (link, lease) = await LeasedAsync();
        var meeting = new MeetingIdentity { TargetId = link.TargetId, GlobalObjectId = "same", ItemId = Guid.NewGuid() };
        (await CommitAsync(lease, commit => commit.Meetings.Add(meeting))).ShouldBe(CommitOutcome.Committed);
        (await CommitAsync(lease, commit => commit.Meetings.Add(meeting))).ShouldBe(CommitOutcome.Committed);
    }

    [Fact]
    public async Task Two_pairs_of_one_item_on_one_link_are_stale()
    {
        var (link, lease) = await LeasedAsync();
        var item = Guid.NewGuid();
        await CommitAsync(lease, commit => commit.ItemLinks.Add(PairOf(link.Id, item)));

        (await CommitAsync(lease, commit => commit.ItemLinks.Add(PairOf(link.Id, item)))).ShouldBe(CommitOutcome.Stale);
    }

    [Fact]
    public async Task A_change_is_fanned_out_to_other_outbound_links_disabled_ones_too_but_never_to_its_origin()
    {
        var target = await Db.AddTargetAsync();
        var (origin, lease) = await LeasedAsync(target.Id);
        var other = await Db.AddLinkAsync(target.Id);
        var inboundOnly = await Db.AddLinkAsync(target.Id, link => link.Direction = SyncDirection.Inbound);
        var disabled = await Db.AddLinkAsync(target.Id, link => link.IsEnabled = false);
        var narrow = await Db.AddTargetAsync(row => row.ScheduleDirection = SyncDirection.Inbound);
        var narrowed = await Db.AddLinkAsync(narrow.Id);
        var item = Guid.NewGuid();
        await Db.AddAsync([.. new[] { origin, other, inboundOnly, disabled, narrowed }.Select(link => PairOf(link.Id, item))]);

        await CommitAsync(lease, commit =>
        {
            commit.FanOut.Add(item);
            commit.TraceId = "trace";
        });

        var messages = (await Db.RowsAsync<QueueMessage>()).Where(row => row.Kind == MessageKind.Outbound).ToList();
        messages.Select(message => message.LinkId).ShouldBe([other.Id, disabled.Id], ignoreOrder: true, "what is disabled finds its messages when it is enabled again");
        messages.ShouldAllBe(message => message.ItemId == item && message.TraceId == "trace");
        Guid[] woken = [(await Queue.ClaimAsync("w2", Lease, Stop)).ShouldNotBeNull().LinkId, (await Queue.ClaimAsync("w3", Lease, Stop)).ShouldNotBeNull().LinkId];
        woken.ShouldBe([other.Id, disabled.Id], ignoreOrder: true);
    }

    [Fact]
    public async Task An_item_of_many_links_becomes_one_fan_out_row_that_reaches_them_all()
    {
        var target = await Db.AddTargetAsync();
        var (origin, lease) = await LeasedAsync(target.Id);
        var item = Guid.NewGuid();
        var others = await Db.AddLinksAsync(40);
        await Db.AddAsync([.. others.Select(link => PairOf(link.Id, item)), PairOf(origin.Id, item)]);

        await CommitAsync(lease, commit => commit.FanOut.Add(item));
        var row = (await Sessions.LoadDueMessagesAsync(origin.Id, 10, Stop)).Single(message => message.Kind == MessageKind.FanOut);
        (await Db.FanOut.ExpandAsync(lease, row, Stop)).ShouldBe(CommitOutcome.Committed);

        var messages = await Db.RowsAsync<QueueMessage>();
        var told = messages.Where(message => message.Kind == MessageKind.Outbound).Select(message => message.LinkId);
        told.Order().ShouldBe(others.Select(link => link.Id).Order());
        messages.ShouldNotContain(message => message.Kind == MessageKind.FanOut);
    }

    [Fact]
    public async Task Sessions_that_tell_each_others_links_do_not_block_one_another()
    {
        var target = await Db.AddTargetAsync();
        var leased = new List<(SyncLink Link, LinkLease Lease)>();
        for (var count = 0; count < 4; count++)
            leased.Add(await LeasedAsync(target.Id));
        var item = Guid.NewGuid();
        await Db.AddAsync([.. leased.Select(one => PairOf(one.Link.Id, item))]);

        var outcomes = await Task.WhenAll(leased.Select(one => Task.Run(async () =>
        {
            var all = new List<CommitOutcome>();
            for (var round = 0; round < 15; round++)
                all.Add(await CommitAsync(one.Lease, commit => commit.FanOut.Add(item)));
            return all;
        }, Stop)));

        outcomes.SelectMany(all => all).ShouldAllBe(outcome => outcome == CommitOutcome.Committed);
    }

    [Fact]
    public async Task The_state_is_saved_without_what_belongs_to_others()
    {
        var (link, lease) = await LeasedAsync();
        await Db.AddAsync(new LinkState { LinkId = link.Id, NextPollAt = Start, SubscriptionId = "s", NotificationState = "push", PausedBy = "anna" });

        await CommitAsync(lease, commit => commit.State = new LinkState { LinkId = link.Id, Cursor = "c", NotificationState = "poll" });

        var state = (await Sessions.LoadLinkAsync(link.Id, Stop))!.State;
        state.Cursor.ShouldBe("c");
        (state.NextPollAt, state.SubscriptionId, state.NotificationState, state.PausedBy).ShouldBe((Start, "s", "push", "anna"));
    }

    [Fact]
    public async Task Texts_that_Exchange_may_send_are_saved_however_long()
    {
        var (_, lease) = await LeasedAsync();
        var item = new ScheduleItem { Id = Guid.NewGuid(), Version = 1, Subject = new string('s', 4000), StartZone = new string('z', 900), EndZone = new string('z', 900), OrganizerAddress = $"/O=CONTOSO/{new string('x', 1000)}" };

        (await CommitAsync(lease, commit => commit.Items.Add(new ItemWrite(item, 0, [], [], null)))).ShouldBe(CommitOutcome.Committed);

        (await Sessions.LoadItemsAsync([item.Id], Stop))[item.Id].Item.OrganizerAddress.ShouldBe(item.OrganizerAddress);
    }

    [Fact]
    public async Task Removed_pairs_go_with_identities_and_pending_deletes_and_can_be_bound_again()
    {
        var (link, lease) = await LeasedAsync();
        var (old, item) = (PairOf(link.Id, Guid.NewGuid()), Guid.NewGuid());
        old.ItemId = item;
        await CommitAsync(lease, commit =>
        {
            commit.ItemLinks.Add(old);
            commit.Identities.Add(IdentityOf(old, "gone"));
            commit.PendingDeletes.Add(new PendingDelete { LinkId = link.Id, ItemLinkId = old.Id, FoundAt = Start });
        });
        (await Sessions.LoadPendingDeletesAsync(link.Id, Stop)).ShouldHaveSingleItem().Pair.Identity!.ExchangeId.ShouldBe("gone");

        var bound = PairOf(link.Id, item);
        (await CommitAsync(lease, commit =>
        {
            commit.RemovedItemLinks.Add(old.Id);
            commit.ItemLinks.Add(bound);
        })).ShouldBe(CommitOutcome.Committed);

        (await Sessions.FindPairsByItemAsync(link.Id, [item], Stop))[item].ShouldSatisfyAllConditions(
            pair => pair.Link.Id.ShouldBe(bound.Id), pair => pair.Identity.ShouldBeNull());
        (await Sessions.LoadPendingDeletesAsync(link.Id, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_read_sweeps_what_it_has_not_seen()
    {
        var (link, lease) = await LeasedAsync();
        var (seen, unseen) = (PairOf(link.Id, Guid.NewGuid()), PairOf(link.Id, Guid.NewGuid()));
        LinkInventory Row(string id, int generation) => new()
        {
            LinkId = link.Id, ExchangeId = id, IdHash = MatchKeys.HashOf(id), SeenGeneration = generation, MatchHash = 7, UpdatedAt = Start,
        };
        await CommitAsync(lease, commit =>
        {
            commit.ItemLinks.AddRange([seen, unseen]);
            commit.Identities.AddRange([IdentityOf(seen, "seen"), IdentityOf(unseen, "unseen")]);
            commit.Inventory.AddRange([Row("old", 1), Row("new", 2), Row("removed", 2)]);
        });

        await CommitAsync(lease, commit =>
        {
            commit.SeenItemLinks.Add(seen.Id);
            commit.SeenGeneration = 2;
            commit.RemovedInventory.Add("removed");
            commit.SweepInventory = true;
        });

        (await Sessions.FindUnseenPairsAsync(link.Id, 2, 10, Stop)).ShouldHaveSingleItem().Link.Id.ShouldBe(unseen.Id);
        (await Sessions.FindInventoryByMatchAsync(link.Id, [7], Stop))[7].ShouldHaveSingleItem().ExchangeId.ShouldBe("new");
        (await Sessions.FindInventoryAsync(link.Id, [new ItemId("new"), new ItemId("old")], Stop)).Keys.ShouldBe([new ItemId("new")]);
    }

    [Fact]
    public async Task Items_without_a_pair_are_found_by_what_twins_have_in_common()
    {
        var (link, lease) = await LeasedAsync();
        var (twin, paired, foreign, deleted) = (Item("  roadmap "), Item(), Item(), Item());
        deleted.IsDeleted = true;
        foreach (var item in new[] { twin, paired, deleted })
            item.OwnerId = link.UserId;
        await CommitAsync(lease, commit =>
        {
            commit.Items.AddRange(new[] { twin, paired, foreign, deleted }.Select(item => new ItemWrite(item, 0, [], [], null)));
            commit.ItemLinks.Add(PairOf(link.Id, paired.Id));
        });

        var key = new MatchKey("Roadmap", Start, Start.AddHours(1));
        (await Sessions.FindUnpairedItemsAsync(link.Id, link.UserId, [key], Stop))[key.Hash].ShouldHaveSingleItem().Item.Id.ShouldBe(twin.Id);
    }

    [Fact]
    public async Task The_authority_is_set_once_and_makes_no_new_version()
    {
        var (link, lease) = await LeasedAsync();
        var item = Item();
        await CommitAsync(lease, commit => commit.Items.Add(new ItemWrite(item, 0, [], [], null)));
        await CommitAsync(lease, commit => commit.Authorities.Add(new AuthorityChange(item.Id, link.Id, true)));
        await CommitAsync(lease, commit => commit.Authorities.Add(new AuthorityChange(item.Id, Guid.NewGuid(), false)));

        var row = await LoadAsync(item.Id);
        (row.AuthorityLinkId, row.AuthorityIsOrganizer, row.Version).ShouldBe((link.Id, true, 1L));
    }

    [Fact]
    public async Task A_disabled_link_or_target_has_no_facts()
    {
        var target = await Db.AddTargetAsync(row => row.IsEnabled = false);
        (await Sessions.LoadLinkAsync((await Db.AddLinkAsync(target.Id)).Id, Stop)).ShouldBeNull();
        (await Sessions.LoadLinkAsync(Guid.NewGuid(), Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task The_clock_is_the_databases()
    {
        (await Sessions.NowAsync(Stop)).ShouldBe(Db.Time.GetUtcNow().UtcDateTime, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task An_open_conflict_is_updated_in_place_keeping_its_time_and_base_and_ended_once()
    {
        var (link, lease) = await LeasedAsync();
        var (id, item) = (Guid.NewGuid(), Guid.NewGuid());
        SyncConflict Row(string crm, DateTime at, string agreed) => new()
        {
            Id = id, LinkId = link.Id, ItemId = item, At = at, Fields = "Subject", BaseValues = agreed, CrmValues = crm, ExchangeValues = "{}", State = ConflictState.Open, Decision = "waits",
        };
        (await CommitAsync(lease, commit => commit.Conflicts.Add(Row("first", Start, "base")))).ShouldBe(CommitOutcome.Committed);
        (await CommitAsync(lease, commit => commit.Conflicts.Add(Row("second", Start.AddHours(1), "another base")))).ShouldBe(CommitOutcome.Committed);

        var updated = (await Db.RowsAsync<SyncConflict>()).Single(row => row.Id == id);
        (updated.CrmValues, updated.At, updated.BaseValues).ShouldBe(("second", Start, "base"));

        (await CommitAsync(lease, commit => commit.EndedConflicts.Add(new ConflictEnd(id, "agreed", Start.AddHours(2))))).ShouldBe(CommitOutcome.Committed);
        (await CommitAsync(lease, commit => commit.EndedConflicts.Add(new ConflictEnd(id, "too late", Start.AddHours(3))))).ShouldBe(CommitOutcome.Committed);
        var ended = (await Db.RowsAsync<SyncConflict>()).Single(row => row.Id == id);
        (ended.State, ended.Decision, ended.DecidedBy, ended.DecidedAt).ShouldBe((ConflictState.Settled, "agreed", SyncConflict.ByEngine, (DateTime?)Start.AddHours(2)));
    }

    [Fact]
    public async Task What_waits_to_be_sent_is_counted_by_living_pairs_due_or_not_and_dead_letters_not_at_all()
    {
        var (link, lease) = await LeasedAsync();
        var items = new[] { Item("changed"), Item("deleted"), Item("new"), Item("buried"), Item("parked") };
        items[1].IsDeleted = true;
        await Db.AddAsync([.. items]);
        foreach (var item in items.Where(item => item.Subject != "new"))
        {
            var pair = PairOf(link.Id, item.Id);
            pair.Tombstone = item.Subject == "buried" ? Tombstone.DeletedInExchange : Tombstone.None;
            await CommitAsync(lease, commit =>
            {
                commit.ItemLinks.Add(pair);
                commit.Identities.Add(IdentityOf(pair, $"id-{item.Subject}"));
            });
        }
        await CommitAsync(lease, commit => commit.Enqueue.AddRange(items.Select(item => new QueueRequest(MessageKind.Outbound, link.Id, item.Id, DelayMs: item.Subject == "changed" ? 60_000 : 0))));
        var parked = (await Sessions.LoadDueMessagesAsync(link.Id, 10, Stop)).Single(message => message.ItemId == items[4].Id);
        await CommitAsync(lease, commit => commit.Retries.Add(new MessageRetry(parked.Id, 0, true, "no", null)));

        (await Sessions.CountOutboundAsync(link.Id, Stop)).ShouldBe(new OutboundWaiting(Deletes: 1, Changes: 1));
        (await Sessions.CountOutboundAsync(Guid.NewGuid(), Stop)).ShouldBe(new OutboundWaiting(0, 0));
    }

}

/// <summary>What databases promise beyond it: set-based writes, notifications, what people write beside sessions.</summary>
public abstract class DatabaseSessionStoreCompliance(TestDatabase database) : SessionStoreCompliance(database)
{
    [Fact]
    public async Task A_link_says_how_it_is_notified_in_a_servers_own_long_words()
    {
        var (link, _) = await LeasedAsync();
        await Db.AddAsync(new LinkState { LinkId = link.Id });

        await new NotificationStore(Db.Store, Sessions, Db.Time, Db.Store.Ids).SetSubscriptionAsync(link.Id, $"poll: {new string('w', 5000)}", null, null, Stop);

        (await Sessions.LoadLinkAsync(link.Id, Stop))!.State.NotificationState.Length.ShouldBe(LinkState.MaxNotificationState);
    }

    [Fact]
    public async Task A_push_subscription_that_was_never_heard_of_is_confirmed_and_says_so()
    {
        var (link, _) = await LeasedAsync();
        await Db.AddAsync(new LinkState { LinkId = link.Id });
        var notifications = new NotificationStore(Db.Store, Sessions, Db.Time, Db.Store.Ids);
        await notifications.AddPushTokenAsync(new PushToken { TokenHash = new string('a', 64), LinkId = link.Id, CreatedAt = Start }, Stop);

        await notifications.ConfirmPushTokenAsync(new string('a', 64), "subscription", Start.AddMinutes(20), Stop);

        (await Sessions.LoadLinkAsync(link.Id, Stop))!.State.NotificationState.ShouldStartWith("poll: push is subscribed, but Exchange has not reached this server");
    }

    [Fact]
    public async Task Sets_larger_than_one_batch_are_written_updated_and_left_alone_when_equal()
    {
        var (link, lease) = await LeasedAsync();
        var items = Enumerable.Range(0, 1300).Select(number => Item($"n{number}")).ToList();
        await CommitAsync(lease, commit => commit.Items.AddRange(items.Select(item => new ItemWrite(item, 0, [], [], null))));
        var pairs = items.Select(item => PairOf(link.Id, item.Id)).ToList();

        await Db.Store.WriteAsync(async transaction =>
        {
            (await transaction.WriteAsync(pairs, WriteMode.Upsert, Stop)).ShouldBe(1300);
            pairs[3].Attempt = 9;
            (await transaction.WriteAsync(pairs, WriteMode.Upsert, Stop)).ShouldBe(1);
            (await transaction.WriteAsync(pairs, WriteMode.InsertIfAbsent, Stop)).ShouldBe(0);
            (await transaction.WriteAsync([pairs[0], pairs[0]], WriteMode.Upsert, Stop)).ShouldBe(0);
        }, Stop);
        (await CommitAsync(lease, commit => commit.Items.AddRange(items.Select(item =>
        {
            var next = item.Copy();
            next.Version = 2;
            return new ItemWrite(next, 1, [], [], new ItemHistory { Id = Db.Store.Ids.NewId(), ItemId = item.Id, Version = 1, At = Start });
        })))).ShouldBe(CommitOutcome.Committed);

        (await Sessions.LoadItemsAsync([.. items.Select(item => item.Id)], Stop)).Values.ShouldAllBe(item => item.Item.Version == 2);
    }

    [Fact]
    public async Task Holds_of_guards_are_saved_with_the_state_and_approvals_are_left_to_the_people_who_give_them()
    {
        var (link, lease) = await LeasedAsync();
        var hold = new LinkHold(HoldKind.DeletesInCrm, 15, 20, "why", Start);
        var approval = new HoldApproval(HoldKind.DeletesInCrm, 15, Start.AddDays(1), "user:olga", Start, Start);
        await CommitAsync(lease, commit => commit.State = new LinkState { LinkId = link.Id, Holds = [hold], RunChanges = 3, MailsSince = Start, MailsSent = 7 });
        await using (var database = await Db.Store.ReadAsync(Stop))
        {
            (await database.LinkStates.SingleAsync(row => row.LinkId == link.Id, Stop)).Approvals = [approval];
            await database.SaveChangesAsync(Stop);
        }
        await CommitAsync(lease, commit => commit.State = new LinkState { LinkId = link.Id, Holds = [hold] });

        var state = (await Sessions.LoadLinkAsync(link.Id, Stop))!.State;
        state.Holds.ShouldNotBeNull().ShouldHaveSingleItem().ShouldBe(hold);
        state.Approvals.ShouldNotBeNull().ShouldHaveSingleItem().ShouldBe(approval);
        await CommitAsync(lease, commit => commit.State = new LinkState { LinkId = link.Id });
        (await Sessions.LoadLinkAsync(link.Id, Stop))!.State.Holds.ShouldBeNull();
    }

    [Fact]
    public async Task A_first_read_sends_what_its_person_made_in_the_CRM_from_the_start_date_on_and_what_is_to_be_made_anew_but_nothing_that_has_a_copy_or_is_being_sent()
    {
        var (link, lease) = await LeasedAsync();
        ScheduleItem Mine(string subject, Action<ScheduleItem>? change = null)
        {
            var item = Item(subject);
            item.OwnerId = link.UserId;
            change?.Invoke(item);
            return item;
        }

        ScheduleItem[] items =
        [
            Mine("sent"), Mine("old", item => (item.StartUtc, item.EndUtc) = (Start.AddDays(-9), Start.AddDays(-9))), Mine("deleted", item => item.IsDeleted = true),
            Mine("Exchange's", item => item.Origin = ItemOrigin.Exchange), Mine("spoken for", item => item.AuthorityLinkId = Guid.NewGuid()), Mine("paired"), Item("somebody else's"),
            Mine("made anew", item => (item.Origin, item.AuthorityLinkId, item.StartUtc, item.EndUtc) = (ItemOrigin.Exchange, link.Id, Start.AddDays(-20), Start.AddDays(-20))), Mine("being sent"), Mine("buried"),
        ];
        await Db.AddAsync([.. items]);
        var pair = PairOf(link.Id, items[5].Id);
        await CommitAsync(lease, commit =>
        {
            commit.ItemLinks.AddRange([pair, PairOf(link.Id, items[7].Id), PairOf(link.Id, items[8].Id), PairOf(link.Id, items[9].Id)]);
            (commit.ItemLinks[2].IntentState, commit.ItemLinks[2].IntentId) = (IntentState.Sent, Guid.NewGuid());
            commit.ItemLinks[3].Tombstone = Tombstone.DeletedInExchange;
            commit.Identities.Add(IdentityOf(pair, "copy"));
        });

        (await Sessions.FindUnsentItemsAsync(link.Id, link.UserId, Start, 10, Stop)).ShouldBe([items[7].Id, items[0].Id]);
        (await Sessions.FindUnsentItemsAsync(link.Id, link.UserId, null, 10, Stop)).ShouldBe([items[7].Id, items[1].Id, items[0].Id]);
        (await Sessions.FindUnsentItemsAsync(link.Id, link.UserId, null, 1, Stop)).Count.ShouldBe(1);
    }
}

public sealed class SqliteSessionStore(SqliteDatabase database) : DatabaseSessionStoreCompliance(database), IClassFixture<SqliteDatabase>;

public sealed class PostgreSqlSessionStore(PostgreSqlDatabase database) : DatabaseSessionStoreCompliance(database), IClassFixture<PostgreSqlDatabase>;

public sealed class MemorySessionStoreCompliance(MemoryTestDatabase database) : SessionStoreCompliance(database), IClassFixture<MemoryTestDatabase>;
