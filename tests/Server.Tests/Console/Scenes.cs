using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Targets;
using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.Server.Tests.Console;

/// <summary>What several console tests need to have happened.</summary>
internal static class Scenes
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A link whose calendar holds appointments that have come in.</summary>
    public static async Task<(SyncLink Link, OutlookUser Outlook, IReadOnlyList<string> Ids)> CalendarAsync(this ConsoleRig rig, params string[] subjects)
    {
        var link = (await rig.LinkAsync(await rig.TargetAsync())).Link;
        var outlook = rig.Outlook(link.Mailbox);
        var ids = subjects.Select(subject => outlook.Create(new ItemEdit { Subject = subject, Location = "before", Start = "2030-05-06T10:00:00", End = "2030-05-06T11:00:00" }).Id).ToList();
        await UntilAsync(async () => (await rig.ItemsAsync(link)).Count == subjects.Length);
        return (link, outlook, ids);
    }

    /// <summary>A link of a new person, as the test wants it.</summary>
    public static async Task<SyncLink> LinkAsync(this ConsoleRig rig, Action<SyncLink> change, SyncTarget? target = null)
    {
        var person = await rig.PersonAsync();
        var link = new SyncLink { TargetId = (target ?? await rig.TargetAsync()).Id, UserId = person.Id, Mailbox = person.Mail, DefaultZone = "Europe/Berlin" };
        change(link);
        return (await rig.Get<LinkService>().CreateAsync(Viewer.System, link, None)).Value.ShouldNotBeNull().Link;
    }

    /// <summary>The browser on a link of the Synchronization page.</summary>
    public static async Task ShowAsync(this Browsing browsing, SyncLink link)
    {
        await browsing.Page.GotoAsync($"/?target={link.TargetId}&link={link.Id}");
        await browsing.Button("Preview").WaitForAsync();
    }

    public static async Task<IReadOnlyList<ScheduleItemView>> ItemsAsync(this ConsoleRig rig, SyncLink link) =>
        (await rig.Get<ScheduleItemService>().ListAsync(Viewer.System, new ScheduleQuery(link.UserId), None)).Items;

    public static async Task<ScheduleItemView> ItemAsync(this ConsoleRig rig, SyncLink link, string subject) => (await rig.ItemsAsync(link)).Single(item => item.Content.Subject == subject);

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 300 && !await condition(); tries++)
            await Task.Delay(100);
        (await condition()).ShouldBeTrue("it did not come true within 30 s");
    }
}
