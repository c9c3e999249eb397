using System.Globalization;
using System.Reflection;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// Habits of tasks, subscriptions and the directory that nobody here has seen on a real server (marked [B] in the protocol page) or that differ between versions. Each stands at the
/// believed value; --habit NAME=VALUE and the control API change it.
/// </summary>
public sealed class ServiceHabits
{
    /// <summary>Completing a recurring task leaves a completed copy and moves the task on (protocol.md 7).</summary>
    public bool CompletedTaskSplitsOff { get; set; } = true;

    /// <summary>Longest window of GetUserAvailability in days: 42 documented, 62 believed of newer servers (protocol.md 11).</summary>
    public int AvailabilityDays { get; set; } = 42;

    /// <summary>Most mailboxes in one GetUserAvailability (protocol.md 11).</summary>
    public int AvailabilityMailboxes { get; set; } = 100;

    /// <summary>A subscription to five folders counts five times against the limit. The documentation says both (protocol.md 10).</summary>
    public bool SubscriptionsCountPerFolder { get; set; }

    /// <summary>Minutes that a streaming subscription lives without a connection (protocol.md 9).</summary>
    public int StreamingIdleMinutes { get; set; } = 30;

    /// <summary>A watermark can be resumed from as long as its event is among the last so many (protocol.md 9: a table of 30 days).</summary>
    public int EventsKept { get; set; } = 10_000;
}

/// <summary>Changes one habit by its name, whichever object keeps it.</summary>
public static class HabitNames
{
    private static readonly PropertyInfo[] OfItems = typeof(ExchangeHabits).GetProperties(BindingFlags.Instance | BindingFlags.Public);
    private static readonly PropertyInfo[] OfServices = typeof(ServiceHabits).GetProperties(BindingFlags.Instance | BindingFlags.Public);

    /// <exception cref="ArgumentException">There is no such habit, or the value does not fit.</exception>
    public static void Set(ExchangeHabits items, ServiceHabits services, string name, string value)
    {
        if (Find(OfServices, name) is { } ofService)
            ofService.SetValue(services, Parse(ofService, value));
        else if (Find(OfItems, name) is { } ofItem)
            ofItem.SetValue(items, Parse(ofItem, value));
        else
            throw new ArgumentException($"There is no habit '{name}'. Known: {string.Join(", ", OfItems.Concat(OfServices).Select(p => p.Name))}.");
    }

    private static PropertyInfo? Find(PropertyInfo[] properties, string name) => Array.Find(properties, p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));

    private static object Parse(PropertyInfo property, string value)
    {
        if (property.PropertyType == typeof(bool) && bool.TryParse(value, out var flag))
            return flag;
        if (property.PropertyType == typeof(int) && int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0)
            return number;
        return property.PropertyType == typeof(string) ? value : throw new ArgumentException($"'{value}' is no value for {property.Name}.");
    }
}
