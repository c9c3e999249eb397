using System.Globalization;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Status, PercentComplete and CompleteDate of a task move together; the last one written wins (protocol.md 7).</summary>
public static class TaskRules
{
    public static void AfterPut(StoredItem task, string element, DateTimeOffset now, TimeZoneInfo zone)
    {
        var values = task.Values;
        switch (element)
        {
            case "Status":
                if (values.Text("Status") == "Completed")
                {
                    Complete(task, now, zone);
                }
                else
                {
                    values.Set("CompleteDate", null);
                    if (values.Text("Status") == "NotStarted" || Percent(task) >= 100)
                        values.Set("PercentComplete", "0");
                }

                break;
            case "PercentComplete":
                var percent = Percent(task);
                if (percent >= 100)
                {
                    Complete(task, now, zone);
                    break;
                }

                values.Set("CompleteDate", null);
                if (percent <= 0)
                    values.Set("Status", "NotStarted");
                else if (values.Text("Status") is null or "Completed" or "NotStarted")
                    values.Set("Status", "InProgress");
                break;
            case "CompleteDate":
                if (!values.Has("CompleteDate"))
                    break;
                var date = task.Time("CompleteDate")!.Value;
                if (date > now.AddDays(1))
                    throw new ExchangeError("ErrorInvalidPropertySet", "The completion date of a task must not be in the future.");
                Complete(task, date, zone);
                break;
        }
    }

    public static void Finish(StoredItem task, bool isNew)
    {
        ItemEditor.SetDefault(task, "Status", "NotStarted");
        ItemEditor.SetDefault(task, "PercentComplete", "0");
        if (isNew)
        {
            ItemEditor.SetDefault(task, "ReminderIsSet", "false");
            task.Values.Set("ChangeCount", "0");
        }

        var count = int.Parse(task.Values.Text("ChangeCount") ?? "0", CultureInfo.InvariantCulture);
        task.Values.Set("ChangeCount", (count + 1).ToString(CultureInfo.InvariantCulture));
    }

    private static double Percent(StoredItem task) =>
        double.TryParse(task.Values.Text("PercentComplete"), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) ? percent : 0;

    private static void Complete(StoredItem task, DateTimeOffset at, TimeZoneInfo zone)
    {
        task.Values.Set("Status", "Completed");
        task.Values.Set("PercentComplete", "100");
        // The time part is cut.
        var day = TimeZoneInfo.ConvertTime(at, zone).Date;
        task.Values.Set("CompleteDate", ExchangeTime.Format(ExchangeTime.FromWallClock(day, zone)));
    }
}
