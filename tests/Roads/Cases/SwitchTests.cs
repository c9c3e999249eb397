using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using NodaTime;

namespace CrmSync.Roads.Tests;

/// <summary>Settings that decide what takes part, changed in a link's life. Case E4: a switch for each kind of item.</summary>
public sealed class SwitchTests
{
    public enum Switch
    {
        KindOfTheTarget = 0,
        Target = 1,
        Link = 2,
        DirectionOfTheLink = 3,
    }

    /// <summary>What happens on both sides while it is off is nobody's loss: it is weighed when it is on again.</summary>
    [Theory]
    [InlineData(Switch.KindOfTheTarget)]
    [InlineData(Switch.Target)]
    [InlineData(Switch.Link)]
    [InlineData(Switch.DirectionOfTheLink)]
    public async Task What_is_switched_off_moves_nothing_and_what_happened_meanwhile_is_done_when_it_is_on_again(Switch which)
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        var anna = rig.Person("anna");
        foreach (var name in new[] { "O kept", "O edited there", "O edited here", "O deleted there", "O deleted here" })
            anna.Create(new() { Subject = name, Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        await rig.CreateManyInCrmAsync("anna", new[] { "C kept", "C edited there", "C edited here", "C deleted there", "C deleted here" }.Select(name => Plain(name, "2027-02-02T09:00:00")));
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        (anna.List("calendar", null, null, 100).Count, (await rig.ItemsAsync()).Count).ShouldBe((10, 10));

        await TurnAsync(rig, link.Id, which, on: false);
        var before = (rig.Requests("CreateItem"), rig.Requests("UpdateItem"), rig.Requests("DeleteItem"));
        var items = (await rig.ItemsAsync()).ToDictionary(item => item.Subject);
        // Through the service that people's edits take: it queues nothing for what is off.
        var (crm, olga) = (rig.Get<ScheduleItemService>(), new Viewer("user:olga", null, ConsoleRole.Operator, ActsForEveryone: true));
        string IdOf(string subject) => anna.List("calendar", null, null, 100).Single(copy => copy.Subject == subject).Id;
        foreach (var side in new[] { "O", "C" })
        {
            anna.Update(IdOf($"{side} edited there"), new() { Location = "there" });
            anna.Delete(IdOf($"{side} deleted there"), null, "none");
            (await crm.PatchAsync(olga, items[$"{side} edited here"].Id, null, Plain("", "2027-02-01T09:00:00") with { Location = "here" }, ScheduleFields.Location, null, null, CancellationToken.None)).Problem.ShouldBeNull();
            (await crm.DeleteAsync(olga, items[$"{side} deleted here"].Id, null, null, CancellationToken.None)).Problem.ShouldBeNull();
        }
        anna.Create(new() { Subject = "new there", Start = "2027-02-03T09:00:00Z", End = "2027-02-03T10:00:00Z" });
        (await crm.CreateAsync(olga, link.UserId, Plain("new here", "2027-02-04T09:00:00"), null, CancellationToken.None)).Problem.ShouldBeNull();
        await rig.SyncAsync();
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        (rig.Requests("CreateItem"), rig.Requests("UpdateItem"), rig.Requests("DeleteItem")).ShouldBe(before, "nothing moves to Exchange");
        (await rig.ItemsAsync()).ShouldNotContain(item => item.Subject == "new there" || item.Location == "there", "nothing moves into the CRM");

        await TurnAsync(rig, link.Id, which, on: true);
        await rig.DrainAsync(TimeSpan.FromSeconds(3));
        string[] expected =
        [
            "C edited here@here", "C edited there@there", "C kept@", "O edited here@here", "O edited there@there", "O kept@", "new here@", "new there@",
        ];
        anna.List("calendar", null, null, 100).Select(copy => $"{copy.Subject}@{copy.Location}").Order(StringComparer.Ordinal).ShouldBe(expected);
        (await rig.ItemsAsync()).Select(item => $"{item.Subject}@{item.Location}").Order(StringComparer.Ordinal).ShouldBe(expected);
        (await rig.MailsAsync()).ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Rules_that_are_widened_let_in_what_they_had_kept_out_and_leave_alone_what_is_in()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => (one.StartDate, one.AcceptedShowAs) = (new DateOnly(2027, 1, 1), [ShowAs.Busy]));
        rig.Person("anna").Create(new() { Subject = "in", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z", ShowAs = "Busy" });
        rig.Person("anna").Create(new() { Subject = "free", Start = "2027-02-02T09:00:00Z", End = "2027-02-02T10:00:00Z", ShowAs = "Free" });
        rig.Person("anna").Create(new() { Subject = "old", Start = "2026-12-01T09:00:00Z", End = "2026-12-01T10:00:00Z", ShowAs = "Busy" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).Select(item => item.Subject).ShouldBe(["in"]);

        var links = rig.Get<LinkService>();
        async Task ChangeAsync(Action<SyncLink> change)
        {
            var settings = (await links.FindAsync(link.Id, CancellationToken.None))!.Link.Copy();
            change(settings);
            (await links.UpdateAsync(Viewer.System, link.Id, null, settings, CancellationToken.None)).Problem.ShouldBeNull();
            await rig.DrainAsync(TimeSpan.FromSeconds(2));
        }

        await ChangeAsync(one => one.AcceptedShowAs = [ShowAs.Busy, ShowAs.Free]);
        (await rig.ItemsAsync()).Select(item => item.Subject).Order().ShouldBe(["free", "in"]);
        await ChangeAsync(one => one.StartDate = null);
        (await rig.ItemsAsync()).Select(item => item.Subject).Order().ShouldBe(["free", "in", "old"]);
        (await rig.ItemsAsync()).ShouldAllBe(item => item.Version == 1);
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_item_that_was_too_far_ahead_enters_with_the_check_up_after_time_has_brought_it_near_enough()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna", one => one.WindowDaysAhead = 30);
        var start = SystemClock.Instance.GetCurrentInstant() + Duration.FromDays(30) + Duration.FromSeconds(4);
        rig.Person("anna").Create(new() { Subject = "far", Start = $"{start}", End = $"{start + Duration.FromHours(1)}" });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();

        if (start - Duration.FromDays(30) - SystemClock.Instance.GetCurrentInstant() is { TotalMilliseconds: > 0 } left)
            await Task.Delay(left.ToTimeSpan() + TimeSpan.FromSeconds(1));
        await rig.Queue.EnqueueAsync([new QueueRequest(MessageKind.CheckUp, link.Id, Guid.Empty)], CancellationToken.None);
        await rig.DrainAsync(TimeSpan.FromSeconds(2));
        (await rig.ItemsAsync()).Select(item => item.Subject).ShouldBe(["far"]);
        await rig.ShouldBeQuietAsync();
    }

    private static ScheduleContent Plain(string subject, string start) => RoadRig.Meeting(subject, start) with { Location = "" };

    private static async Task TurnAsync(RoadRig rig, Guid id, Switch which, bool on)
    {
        var direction = on ? SyncDirection.TwoWay : SyncDirection.Off;
        if (which is Switch.KindOfTheTarget or Switch.Target)
        {
            var targets = rig.Get<TargetService>();
            var target = (await targets.FindAsync(rig.Target.Id, CancellationToken.None))!.Target;
            if (which == Switch.Target)
                target.IsEnabled = on;
            else
                target.ScheduleDirection = direction;
            (await targets.UpdateAsync(Viewer.System, target.Id, null, target, null, CancellationToken.None)).Problem.ShouldBeNull();
            return;
        }
        var links = rig.Get<LinkService>();
        var link = (await links.FindAsync(id, CancellationToken.None))!.Link.Copy();
        if (which == Switch.Link)
            link.IsEnabled = on;
        else
            link.Direction = direction;
        (await links.UpdateAsync(Viewer.System, id, null, link, CancellationToken.None)).Problem.ShouldBeNull();
    }
}
