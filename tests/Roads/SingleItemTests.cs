using CrmSync.Engine.Items;

namespace CrmSync.Roads.Tests;

public sealed class SingleItemTests
{
    [Fact]
    public async Task An_appointment_made_in_Outlook_enters_the_CRM_with_every_mapped_field()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await rig.Outlook("anna").CreateAsync(new
        {
            subject = "Dentist", body = "Bring the card", location = "High Street", start = "2026-11-23T09:00:00", end = "2026-11-23T09:30:00",
            timeZone = "W. Europe Standard Time", showAs = "OOF", sensitivity = "Personal", importance = "High", reminderIsSet = true, reminderMinutes = 30,
            categories = new[] { "Health", "Red" },
        });

        await rig.SyncAsync();

        rig.LastFailure.ShouldBeNull();
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        item.Subject.ShouldBe("Dentist");
        item.Body.ShouldContain("Bring the card");
        item.Location.ShouldBe("High Street");
        item.StartUtc.ShouldBe(new DateTime(2026, 11, 23, 8, 0, 0, DateTimeKind.Utc));
        item.EndUtc.ShouldBe(new DateTime(2026, 11, 23, 8, 30, 0, DateTimeKind.Utc));
        item.StartWall.ShouldBe("2026-11-23T09:00:00");
        item.StartZone.ShouldBe("W. Europe Standard Time");
        item.Importance.ShouldBe(Importance.High);
        await using var db = await rig.DbAsync();
        var personal = db.Participations.Single(row => row.ItemId == item.Id && row.UserId == link.UserId);
        personal.ShowAs.ShouldBe(ShowAs.OutOfOffice);
        personal.Sensitivity.ShouldBe(Sensitivity.Personal);
        personal.ReminderMinutes.ShouldBe(30);
        personal.Categories.ShouldBe("""["Health","Red"]""");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task Edits_moves_and_a_deletion_in_Outlook_follow_into_the_CRM()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var outlook = rig.Outlook("anna");
        var made = await outlook.CreateAsync(new { subject = "Plan", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();

        await outlook.UpdateAsync(made.Id, new { subject = "Plan B", location = "Roof", start = "2026-11-24T12:00:00Z", end = "2026-11-24T13:00:00Z", showAs = "Tentative" });
        await rig.SyncAsync();

        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        (item.Subject, item.Location).ShouldBe(("Plan B", "Roof"));
        item.StartUtc.ShouldBe(new DateTime(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc));
        item.Version.ShouldBe(2);

        await outlook.DeleteAsync(made.Id);
        await rig.SyncAsync();

        (await rig.ItemsAsync()).ShouldBeEmpty();
        (await rig.ItemsAsync(deleted: true)).ShouldHaveSingleItem();
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task An_item_made_changed_and_deleted_in_the_CRM_follows_in_Exchange()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.SyncAsync();
        var id = await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Budget"));
        await rig.DrainAsync();

        var made = await rig.Outlook("anna").SingleAsync();
        rig.LastFailure.ShouldBeNull();
        (made.Subject, made.Location, made.ReminderMinutes).ShouldBe(("Budget", "Room 1", 15));
        made.Body.ShouldNotBeNull().ShouldContain("About Budget");
        await rig.ShouldBeQuietAsync();

        await rig.ChangeInCrmAsync(id, content => content with { Subject = "Budget 2", ShowAs = ShowAs.Free, ReminderMinutes = null, Categories = ["Blue"] });
        await rig.DrainAsync();
        var changed = await rig.Outlook("anna").SingleAsync();
        (changed.Id, changed.Subject, changed.ShowAs, changed.ReminderIsSet).ShouldBe((made.Id, "Budget 2", "Free", false));
        changed.Categories.ShouldBe(["Blue"]);
        await rig.ShouldBeQuietAsync();

        await rig.ChangeInCrmAsync(id, content => content, delete: true);
        await rig.DrainAsync();
        (await rig.Outlook("anna").ListAsync()).ShouldBeEmpty();
        (await rig.Outlook("anna").ListAsync("deleteditems")).ShouldHaveSingleItem().Subject.ShouldBe("Budget 2");
        await rig.ShouldBeQuietAsync();
        (await rig.MailsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Different_fields_changed_on_both_sides_are_merged_and_the_same_field_goes_to_the_newest()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        var made = await rig.Outlook("anna").CreateAsync(new { subject = "Plan", location = "A", start = "2026-11-23T09:00:00Z", end = "2026-11-23T10:00:00Z" });
        await rig.SyncAsync();
        var id = (await rig.ItemsAsync()).Single().Id;

        await rig.Outlook("anna").UpdateAsync(made.Id, new { location = "B", subject = "Outlook's" });
        await Task.Delay(1100);
        await rig.ChangeInCrmAsync(id, content => content with { Subject = "The CRM's", Importance = Importance.High });
        await rig.SyncAsync();

        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        (item.Subject, item.Location, item.Importance).ShouldBe(("The CRM's", "B", Importance.High));
        var outlook = await rig.Outlook("anna").SingleAsync();
        (outlook.Subject, outlook.Location, outlook.Importance).ShouldBe(("The CRM's", "B", "High"));
        await using var db = await rig.DbAsync();
        var conflict = db.Conflicts.ToList().ShouldHaveSingleItem();
        (conflict.Fields, conflict.Decision).ShouldBe(("Subject", "crm"));
        conflict.ExchangeValues.ShouldContain("Outlook's");
        await rig.ShouldBeQuietAsync();
    }

    [Fact]
    public async Task All_day_items_keep_their_dates_both_ways()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        await rig.LinkAsync("anna");
        await rig.Outlook("anna").CreateAsync(new { subject = "Fair", isAllDay = true, start = "2026-11-23T00:00:00", end = "2026-11-25T00:00:00", timeZone = "Tokyo Standard Time" });
        await rig.SyncAsync();
        var item = (await rig.ItemsAsync()).ShouldHaveSingleItem();
        (item.IsAllDay, item.StartWall, item.EndWall).ShouldBe((true, "2026-11-23T00:00:00", "2026-11-25T00:00:00"));

        var day = new NodaTime.LocalDate(2026, 12, 1);
        await rig.CreateInCrmAsync("anna", RoadRig.Meeting("Holiday") with { Time = TimeZones.AllDay(day, day.PlusDays(1), "America/New_York") });
        await rig.DrainAsync();
        var holiday = (await rig.Outlook("anna").ListAsync()).Single(entry => entry.Subject == "Holiday");
        holiday.IsAllDay.ShouldBeTrue();
        DateTimeOffset.Parse(holiday.Start!, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime.ShouldBe(new DateTime(2026, 11, 30, 23, 0, 0));
        await rig.ShouldBeQuietAsync();
        (await rig.ItemsAsync()).Single(entry => entry.Subject == "Holiday").StartWall.ShouldBe("2026-12-01T00:00:00");
    }

    [Fact]
    public async Task A_recurring_master_is_skipped_with_its_reason_and_never_imported_as_a_single()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var link = await rig.LinkAsync("anna");
        await rig.Outlook("anna").CreateAsync(new
        {
            subject = "Weekly", start = "2026-11-23T09:00:00", end = "2026-11-23T10:00:00", timeZone = "W. Europe Standard Time",
            recurrenceXml = """<t:Recurrence xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence><t:NoEndRecurrence><t:StartDate>2026-11-23</t:StartDate></t:NoEndRecurrence></t:Recurrence>""",
        });
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();
        await using var db = await rig.DbAsync();
        var skipped = db.Inventory.ToList().ShouldHaveSingleItem();
        (skipped.LinkId, skipped.SkipReason, skipped.Subject).ShouldBe((link.Id, "Recurring", "Weekly"));
        await rig.ShouldBeQuietAsync();
    }
}
