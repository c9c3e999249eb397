using System.Text;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace CrmSync.Roads.Tests;

/// <summary>Case E7: an item that never comes back in the same form would be "changed" for ever. (The loop detector's trip is in <see cref="GuardTests"/>.)</summary>
public sealed class CanonicalFormTests
{
    private const int Items = 5000;
    private const int Seed = 20261128;

    [Fact]
    public async Task Five_thousand_generated_items_come_back_from_Exchange_with_equal_bytes_of_their_canonical_form_and_are_never_written_again()
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {Seed}");
        await using var rig = await RoadRig.OnSqliteAsync();
        // Nobody is mailed: what is asked here is about forms.
        await rig.ConfigureAsync(target => (target.MailPolicy, target.MailsPerHour) = (MailPolicy.Silent, 100_000));
        var link = await rig.LinkAsync("anna");
        await rig.SyncAsync();
        var random = new Random(Seed);
        await rig.CreateManyInCrmAsync("anna", Enumerable.Range(0, Items).Select(number => GeneratedContent.Of(random, number)));
        await rig.DrainAsync();
        (await rig.ItemsAsync()).Count.ShouldBe(Items);

        // Out is done; in: each item as Exchange gives it.
        await using var db = await rig.DbAsync();
        var ids = await db.ItemIdentities.Join(db.ItemLinks, identity => identity.ItemLinkId, pair => pair.Id, (identity, pair) => new { pair.ItemId, identity.ExchangeId }).ToListAsync();
        ids.Count.ShouldBe(Items);
        var contents = await rig.ContentsAsync();
        var mailbox = rig.For(rig.Target).Open(link.Mailbox);
        var unequal = new List<string>();
        foreach (var batch in ids.Chunk(100))
        {
            var reads = await mailbox.ReadItemsAsync([.. batch.Select(entry => new ItemId(entry.ExchangeId))], CancellationToken.None);
            for (var i = 0; i < batch.Length; i++)
            {
                var (ours, theirs) = (Bytes(contents[batch[i].ItemId]), Bytes(reads[i].Item.ShouldNotBeNull().Content));
                if (!ours.AsSpan().SequenceEqual(theirs))
                    unequal.Add($"{Encoding.UTF8.GetString(ours)}\n{Encoding.UTF8.GetString(theirs)}");
            }
        }
        unequal.ShouldBeEmpty();

        // And out again: every key moves, so every item is read and planned anew. Once the CRM has learned who organizes them, that writes nothing on either side.
        await TouchAllAsync(rig, link);
        var versions = (await rig.ItemsAsync()).ToDictionary(item => item.Id, item => item.Version);
        await TouchAllAsync(rig, link);
        (await rig.ItemsAsync()).ToDictionary(item => item.Id, item => item.Version).ShouldBe(versions, ignoreOrder: true);
        var settled = await rig.ContentsAsync();
        contents.Count(entry => !Bytes(entry.Value).AsSpan().SequenceEqual(Bytes(settled[entry.Key]))).ShouldBe(0);
        await rig.ShouldBeQuietAsync();
    }

    private static async Task TouchAllAsync(RoadRig rig, SyncLink link)
    {
        await rig.Outlook("anna").PostAsync("touch");
        var (read, written) = (rig.Requests("GetItem"), rig.Requests("UpdateItem"));
        await rig.SyncAsync();
        (await rig.StateAsync(link)).LastError.ShouldBeNull();
        (rig.Requests("GetItem") - read).ShouldBeGreaterThanOrEqualTo(Items / 100, "all of them were read");
        rig.Requests("UpdateItem").ShouldBe(written);
    }

    private static byte[] Bytes(ScheduleContent content) => Encoding.UTF8.GetBytes(ScheduleComparison.CanonicalText(content));
}

/// <summary>Items as people and programs write them: every field, every zone family, long and foreign texts, HTML with odd ends.</summary>
public static class GeneratedContent
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC", "America/St_Johns", "W. Europe Standard Time", "Africa/Cairo"];
    private static readonly string[] Words = ["plan", "Größe", "naïve", "日本", "\U0001F600", "a&b", "<b>", "\"quoted\"", "]]>", "ΑΒΓ", "עברית", "tab\tbed", "it's", "100 %", "x=y", "&amp;", "--", "…"];

    public static ScheduleContent Of(Random random, int number) => new()
    {
        Subject = $"{number:0000} {Line(random, 6)}",
        Body = random.Next(3) == 0 ? new ItemBody(BodyFormat.Html, Html(random)) : new ItemBody(BodyFormat.Text, Text(random)),
        Time = Time(random),
        Location = random.Next(4) == 0 ? "" : Line(random, 3),
        Importance = (Importance)random.Next(3),
        ShowAs = (ShowAs)random.Next(5),
        Sensitivity = (Sensitivity)random.Next(4),
        Categories = [.. Enumerable.Range(0, random.Next(4)).Select(i => $"{Words[random.Next(Words.Length)]} {i}".Replace('\t', ' '))],
        ReminderMinutes = random.Next(3) == 0 ? null : random.Next(50_000),
        Attendees = random.Next(4) > 0 ? [] : [.. Enumerable.Range(0, random.Next(1, 6)).Select(i =>
            new Attendee(new MailAddress($"p{i}@x{random.Next(9)}.test", random.Next(2) == 0 ? null : $"Person {i}"), (AttendeeRole)random.Next(3)))],
    };

    private static string Line(Random random, int words) => string.Join(' ', Enumerable.Range(0, random.Next(1, words + 1)).Select(_ => Words[random.Next(Words.Length)]));

    private static string Text(Random random) =>
        string.Join(random.Next(2) == 0 ? "\r\n" : "\n", Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(4) == 0 ? "" : Line(random, 12) + new string(' ', random.Next(3))));

    private static string Html(Random random) =>
        $"<html><head><style>p{{margin:0}}</style></head><body><p>{System.Net.WebUtility.HtmlEncode(Line(random, 10))}</p>\r\n<div>{System.Net.WebUtility.HtmlEncode(Text(random))}<br>"
        + $"<a href=\"https://meet.test/{random.Next(1000)}\">Join</a></div><!-- {random.Next()} --></body></html>";

    private static ScheduleTime Time(Random random)
    {
        var zone = Zones[random.Next(Zones.Length)];
        var day = new LocalDate(2020, 1, 1).PlusDays(random.Next(4000));
        if (random.Next(4) == 0)
            return TimeZones.AllDay(day, day.PlusDays(random.Next(1, 15)), zone);
        var start = Instant.FromUtc(2020, 1, 1, 0, 0) + Duration.FromMinutes(random.Next(6_000_000));
        return TimeZones.Timed(start, start + Duration.FromMinutes(random.Next(0, 3000)), zone, Zones[random.Next(Zones.Length)]);
    }
}
