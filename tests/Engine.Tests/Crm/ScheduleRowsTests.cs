using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Tests.Crm;

public sealed class ScheduleRowsTests
{
    private static readonly ScheduleContent Full = new()
    {
        Subject = "Roadmap & \"more\" <ä>",
        Body = new ItemBody(BodyFormat.Html, "<p>one</p>\r\n"),
        Time = TimeZones.Timed(new LocalDateTime(2026, 3, 29, 1, 30), new LocalDateTime(2026, 3, 29, 4, 0), "W. Europe Standard Time"),
        Location = "Berlin",
        Importance = Importance.High,
        Organizer = new MailAddress("anna@contoso.test", "Anna"),
        Attendees =
        [
            new Attendee(new MailAddress("ben@contoso.test", "Ben"), AttendeeRole.Required, AttendeeResponse.Accepted),
            new Attendee(new MailAddress("room@contoso.test"), AttendeeRole.Resource),
        ],
        IsCancelled = true,
        OnlineMeetingUrl = "https://meet.contoso.test/1",
        ShowAs = ShowAs.OutOfOffice,
        Sensitivity = Sensitivity.Private,
        Categories = ["Red", "Customer, new"],
        ReminderMinutes = 0,
        OwnResponse = AttendeeResponse.Organizer,
    };

    private static readonly ScheduleContent Plain = new() { Time = TimeZones.AllDay(new LocalDate(2026, 5, 1), new LocalDate(2026, 5, 3), "Europe/Berlin") };

    public static TheoryData<string> Contents => ["full", "plain"];

    private static ScheduleContent Of(string name) => name == "full" ? Full : Plain;

    [Theory, MemberData(nameof(Contents))]
    public void Rows_give_back_the_content_that_was_applied(string name)
    {
        var (item, personal) = (new ScheduleItem(), new Participation());
        ScheduleRows.Apply(Of(name), ScheduleFields.All, item);
        ScheduleRows.ApplyPersonal(Of(name), ScheduleFields.All, personal);

        Same(ScheduleRows.ToContent(item, personal), Of(name));
    }

    [Theory, MemberData(nameof(Contents))]
    public void A_snapshot_gives_back_the_content_and_knows_all_fields(string name)
    {
        var read = ScheduleSnapshot.Read(ScheduleSnapshot.Write(Of(name)), out var known);

        Same(read, Of(name));
        known.ShouldBe(ScheduleFields.All);
    }

    [Fact]
    public void A_snapshot_of_an_older_mapping_says_which_fields_it_knows()
    {
        var read = ScheduleSnapshot.Read("""{"v":1,"subject":"Old","later":{"x":1},"showAs":"Free"}""", out var known);

        read.Subject.ShouldBe("Old");
        known.ShouldBe(ScheduleFields.Subject | ScheduleFields.ShowAs);
    }

    [Fact]
    public void Only_the_named_fields_are_applied()
    {
        var item = new ScheduleItem();
        ScheduleRows.Apply(Full, ScheduleFields.All, item);
        ScheduleRows.Apply(Plain with { Subject = "Other" }, ScheduleFields.Subject, item);

        ScheduleComparison.Difference(ScheduleRows.ToContent(item, null), Full).ShouldBe(ScheduleFields.Subject | ScheduleFields.Personal);
    }

    private static void Same(ScheduleContent actual, ScheduleContent expected)
    {
        ScheduleComparison.Difference(actual, expected).ShouldBe(ScheduleFields.None);
        actual.Time.ShouldBe(expected.Time);
        actual.Body.ShouldBe(expected.Body);
        (actual with { Attendees = [], Categories = [] }).ShouldBe(expected with { Attendees = [], Categories = [] });
        actual.Attendees.ShouldBe(expected.Attendees);
        actual.Categories.ShouldBe(expected.Categories);
    }
}
