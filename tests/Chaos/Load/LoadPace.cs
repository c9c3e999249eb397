using System.Globalization;

namespace CrmSync.Chaos.Load;

/// <summary>How much people do.</summary>
/// <param name="MaxItems">In one calendar; few items meet one another more often.</param>
/// <param name="MeanRestMs">Between two things that one person does.</param>
public sealed record LoadPace(int MaxItems = 12, int MeanRestMs = 600)
{
    public async Task RestAsync(Random random, CancellationToken stop)
    {
        try
        {
            await Task.Delay(random.Next(MeanRestMs / 5, MeanRestMs * 2), stop);
        }
        catch (OperationCanceledException)
        {
            // The day is over.
        }
    }

    /// <summary>Another minute for each number, so that no two edits set the same time.</summary>
    public static DateTime StartOf(int number) => DateTime.UtcNow.Date.AddDays(10).AddMinutes(number * 7);

    public static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public static string Iso(string time) => Iso(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).UtcDateTime);

    public static List<string> Guests(Random random, IReadOnlyList<string> people, string host) =>
        random.Next(3) != 0 ? [] : [.. people.Where(person => person != host).OrderBy(_ => random.Next()).Take(random.Next(1, 4))];
}
