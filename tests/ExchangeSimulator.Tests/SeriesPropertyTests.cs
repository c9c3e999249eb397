using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Calendars.Mime;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>Random series with random deletions and changes of single occurrences, held against a plain list of what each edit should have done.</summary>
public sealed class SeriesPropertyTests(ITestOutputHelper output)
{
    private static readonly string[] ZoneIds = ["W. Europe Standard Time", "Pacific Standard Time", "UTC", "India Standard Time", "Lord Howe Standard Time", "E. South America Standard Time"];

    private sealed record Seen(DateTimeOffset Start, string Subject, DateOnly? Date);

    [Fact]
    public void A_series_shows_what_its_pattern_and_edits_say_in_views_in_mime_and_after_a_restart()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("CRMSYNC_SEED") ?? Environment.TickCount.ToString(System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        var edits = 0;
        for (var round = 0; round < 300; round++)
        {
            var random = new Random(seed + round);
            var told = $"round {round} of seed {seed}";
            using var exchange = new SimulatedExchange(new SimulatorOptions { Seed = round });
            var world = new World(exchange.Organisation, random);
            world.Create();
            for (var n = random.Next(6); n > 0; n--)
                edits += world.Edit() ? 1 : 0;
            var from = world.Master.Series!.StartOf(world.Master.Series.Recurrence.First!.Value).AddDays(-40);
            var expected = world.Expected(from, from.AddDays(700));
            world.View(from, from.AddDays(700)).ShouldBe(expected, told);
            world.InMonths(from, 700).ShouldBe(expected.OrderBy(s => s.Date), ignoreOrder: true, told);
            world.AfterMime().View(from, from.AddDays(700)).Select(s => (s.Start, s.Subject)).ShouldBe(expected.Select(s => (s.Start, s.Subject)), told);
            world.AfterRestart().View(from, from.AddDays(700)).ShouldBe(expected, told);
        }

        // Else nothing but plain patterns was looked at.
        edits.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void An_occurrence_in_the_daylight_gap_is_an_hour_later_and_only_that_one()
    {
        var zone = ExchangeTime.FindZone("W. Europe Standard Time")!;
        var series = new Series(new Recurrence(new DailyPattern(1), new DateOnly(2026, 3, 28), count: 3), zone, new TimeSpan(2, 30, 0), new TimeSpan(3, 0, 0));
        series.Recurrence.Dates(series.Recurrence.Start).Select(d => TimeZoneInfo.ConvertTime(series.StartOf(d), zone).TimeOfDay)
            .ShouldBe([new TimeSpan(2, 30, 0), new TimeSpan(3, 30, 0), new TimeSpan(2, 30, 0)]);
    }

    private sealed class World(Organisation organisation, Random random)
    {
        private readonly Mailbox _mailbox = organisation.FindMailbox("p@contoso.test") ?? organisation.AddMailbox("p@contoso.test", "P", "x");
        private readonly Dictionary<DateOnly, (DateTimeOffset Start, string Subject)?> _edited = [];

        public StoredItem Master => _mailbox["calendar"].Items.Single();

        public void Create()
        {
            var start = new DateOnly(2024, 1, 1).AddDays(random.Next(900));
            var pattern = RecurrenceTests.Any(random, start).Pattern;
            var recurrence = random.Next(3) switch { 0 => new Recurrence(pattern, start), 1 => new(pattern, start, count: random.Next(2, 60)), _ => new(pattern, start, start.AddDays(random.Next(60, 900))) };
            var wall = start.ToDateTime(TimeOnly.MinValue).AddMinutes(15 * random.Next(96));
            var zone = ZoneIds[random.Next(ZoneIds.Length)];
            var element = Node.Types(
                "CalendarItem",
                "",
                Node.Types("Subject", "S"),
                Node.Types("Start", wall.ToString("s", null)),
                Node.Types("End", wall.AddMinutes(15 * random.Next(1, 8)).ToString("s", null)),
                Node.Types("IsAllDayEvent", random.Next(5) == 0 ? "true" : "false"),
                RecurrenceElement.Write(recurrence),
                new Node("t", "StartTimeZone").With("Id", zone));
            try
            {
                Actions.Create(ItemKind.CalendarItem, element, _mailbox["calendar"], SendTo.None);
            }
            catch (ExchangeError)
            {
                // A range without a date: then another.
                Create();
            }
        }

        /// <summary>Deletes or changes one of the first dates; false when the server refused.</summary>
        public bool Edit()
        {
            var dates = Master.Series!.Recurrence.Dates(Master.Series.Recurrence.Start).Take(30).Where(d => !Master.Series.Deleted.Contains(d)).ToList();
            var date = dates[random.Next(dates.Count)];
            var item = Occurrence.Of(Master, date, organisation.Habits);
            try
            {
                if (random.Next(2) == 0)
                {
                    Actions.Delete(item, DeleteType.HardDelete, SendTo.None);
                    _edited[date] = null;
                    return true;
                }

                var start = item.Time("Start")!.Value.AddMinutes(Master.Values.IsTrue("IsAllDayEvent") ? 0 : 15 * random.Next(-8, 8));
                var subject = "E" + random.Next(100);
                Actions.Update(item, SendTo.None, (editor, target) =>
                {
                    editor.Put(target, Node.Types("Subject", subject));
                    if (start == target.Time("Start"))
                        return;
                    editor.Put(target, Node.Types("Start", ExchangeTime.Format(start)));
                    editor.Put(target, Node.Types("End", ExchangeTime.Format(start.AddMinutes(15))));
                });
                _edited[date] = (start, subject);
                return true;
            }
            catch (ExchangeError)
            {
                return false;
            }
        }

        public List<Seen> Expected(DateTimeOffset from, DateTimeOffset to)
        {
            var series = Master.Series!;
            var all = series.Recurrence.Dates(series.Recurrence.Start).TakeWhile(d => series.StartOf(d) < to.AddDays(2)).Select(d => _edited.TryGetValue(d, out var edit)
                ? edit is { } e ? new Seen(e.Start, e.Subject, d) : null
                : new Seen(series.StartOf(d), "S", d));
            return [.. all.OfType<Seen>().Where(s => s.Start < to).OrderBy(s => s.Start)];
        }

        public List<Seen> View(DateTimeOffset from, DateTimeOffset to) => CalendarView.Of(_mailbox["calendar"], from, to).ConvertAll(e => new Seen(e.Start, e.Open().Subject, e.Date));

        public List<Seen> InMonths(DateTimeOffset from, int days)
        {
            var seen = new HashSet<Seen>();
            for (var day = 0; day < days; day += 28)
                seen.UnionWith(View(from.AddDays(day), from.AddDays(Math.Min(day + 28, days))));
            return [.. seen];
        }

        public World AfterMime()
        {
            var text = EventWriter.Write(Master);
            var other = new Organisation(organisation.Time, 1);
            var world = new World(other, random);
            var content = Node.Types("MimeContent", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text)));
            world.Actions.Create(ItemKind.CalendarItem, Node.Types("CalendarItem", "", content), world._mailbox["calendar"], SendTo.None);
            return world;
        }

        public World AfterRestart()
        {
            var file = Path.Combine(Path.GetTempPath(), $"series-{Guid.NewGuid():N}.json");
            try
            {
                OrganisationFile.Save(organisation, file);
                var other = new Organisation(organisation.Time, 1);
                OrganisationFile.Load(other, file);
                return new World(other, random);
            }
            finally
            {
                File.Delete(file);
            }
        }

        private ItemActions Actions => new(organisation, new EditContext(new Caller(organisation.FindAccount(_mailbox.Address)!, _mailbox, false), null), "test");
    }
}
