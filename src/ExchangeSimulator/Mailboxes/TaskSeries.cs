using System.Globalization;
using CrmSync.ExchangeSimulator.Calendars;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// A recurring task is one item that moves from date to date. Completing it leaves a completed copy behind; a regenerating one is born again from
/// the day of its completion (protocol.md 7, believed).
/// </summary>
public static class TaskSeries
{
    /// <summary>Moves a task that has just been completed on to its next date. Returns the completed copy, not yet in a folder; null when this was its last date.</summary>
    public static StoredItem? MoveOn(Organisation organisation, StoredItem task)
    {
        if (Next(organisation, task, task.Time("CompleteDate") ?? organisation.Now) is not { } next)
            return null;
        var done = organisation.NewItem(ItemKind.Task, task.Mailbox);
        done.Values = task.Values.Copy();
        done.Values.Set("Recurrence", null);
        done.Extended = [.. task.Extended];
        Shift(task, next);
        return done;
    }

    /// <summary>Leaves out the current date.</summary>
    /// <exception cref="ExchangeError">ErrorCannotDeleteTaskOccurrence when there is no further one.</exception>
    public static void Skip(Organisation organisation, StoredItem task)
    {
        if (!task.Values.Has("Recurrence") || Next(organisation, task, organisation.Now) is not { } next)
            throw new ExchangeError("ErrorCannotDeleteTaskOccurrence", "The last occurrence of a task cannot be deleted.");
        Shift(task, next);
    }

    private static DateOnly Day(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    private static DateOnly? Current(StoredItem task) => (task.Time("DueDate") ?? task.Time("StartDate")) is { } time ? Day(time) : null;

    private static DateOnly? Next(Organisation organisation, StoredItem task, DateTimeOffset completed)
    {
        var element = task.Values.Element("Recurrence")!;
        var pattern = element.Children[0];
        if (pattern.Name.EndsWith("Regeneration", StringComparison.Ordinal))
        {
            var interval = Math.Clamp(int.Parse(pattern.ChildText("Interval") ?? "1", CultureInfo.InvariantCulture), 1, 999);
            var day = Day(completed);
            return pattern.Name switch
            {
                "DailyRegeneration" => day.AddDays(interval),
                "WeeklyRegeneration" => day.AddDays(7 * interval),
                "MonthlyRegeneration" => day.AddMonths(interval),
                _ => day.AddYears(interval),
            };
        }

        var recurrence = RecurrenceElement.Read(element, organisation.Habits);
        return recurrence.Dates((Current(task) ?? recurrence.Start).AddDays(1)).Cast<DateOnly?>().FirstOrDefault();
    }

    private static void Shift(StoredItem task, DateOnly next)
    {
        var days = Current(task) is { } current ? next.DayNumber - current.DayNumber : 0;
        foreach (var date in new[] { "StartDate", "DueDate", "ReminderDueBy" })
        {
            if (task.Time(date) is { } time)
                task.Values.Set(date, ExchangeTime.Format(time.AddDays(days)));
        }

        task.Values.Set("Status", "NotStarted");
        task.Values.Set("PercentComplete", "0");
        task.Values.Set("CompleteDate", null);
    }
}
