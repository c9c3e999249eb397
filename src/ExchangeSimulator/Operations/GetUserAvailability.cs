using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Free and busy times in their own shape. Times go out in the zone of the request, without offset (protocol.md 11).</summary>
public static class GetUserAvailability
{
    private static readonly string[] Digits = ["Free", "Tentative", "Busy", "OOF"];

    private sealed record Query(TimeZoneInfo Zone, DateTimeOffset From, DateTimeOffset To, int Interval, string View)
    {
        public bool WantsMerged => View.Contains("Merged", StringComparison.Ordinal);
        public bool WantsEvents => View != "MergedOnly";
        public bool WantsDetails => View.StartsWith("Detailed", StringComparison.Ordinal);
    }

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var mailboxes = context.Request.Child("MailboxDataArray")!.Children;
        Query? query = null;
        ExchangeError? refusal = null;
        try
        {
            query = Read(context, mailboxes.Count);
        }
        catch (ExchangeError error)
        {
            refusal = error;
        }

        writer.StartResponse("GetUserAvailability");
        writer.StartM("FreeBusyResponseArray");
        foreach (var data in mailboxes)
            One(context, writer, query, refusal, data.Child("Email")?.ChildText("Address")?.Trim() ?? "");
        writer.End();
        writer.End();
    }

    private static Query Read(OperationContext context, int mailboxes)
    {
        var options = context.Request.Child("FreeBusyViewOptions") ?? throw new ExchangeError("ErrorInvalidFreeBusyViewType", "Free/busy view options are needed.");
        if (mailboxes == 0)
            throw new ExchangeError("ErrorMailboxDataArrayEmpty", "No mailbox was named.");
        if (mailboxes > context.Organisation.Services.AvailabilityMailboxes)
            throw new ExchangeError("ErrorMailboxDataArrayTooBig", "Too many mailboxes were named.");
        var zone = context.Request.Child("TimeZone") is { } given ? BiasZone.Read(given) : context.ContextZone ?? TimeZoneInfo.Utc;
        var window = options.Child("TimeWindow")!;
        var (from, to) = (ExchangeTime.Parse(window.ChildText("StartTime")!, zone), ExchangeTime.Parse(window.ChildText("EndTime")!, zone));
        if (to <= from)
            throw new ExchangeError("ErrorInvalidTimeInterval", "The end of the time window is not after its start.");
        if (to - from > TimeSpan.FromDays(context.Organisation.Services.AvailabilityDays))
            throw new ExchangeError("ErrorTimeIntervalTooBig", "The time window is too long.");
        var interval = int.Parse(options.ChildText("MergedFreeBusyIntervalInMinutes") ?? "30", CultureInfo.InvariantCulture);
        if (interval is < 5 or > 1440)
            throw new ExchangeError("ErrorInvalidMergedFreeBusyInterval", "The interval must be between 5 and 1440 minutes.");
        var view = options.ChildText("RequestedView")?.Trim() ?? "FreeBusy";
        return view is "None" or "" || view.Contains(' ', StringComparison.Ordinal)
            ? throw new ExchangeError("ErrorInvalidFreeBusyViewType", "The requested view is not valid.")
            : new(zone, from, to, interval, view);
    }

    private static void One(OperationContext context, ResponseWriter writer, Query? query, ExchangeError? refusal, string address)
    {
        var mailbox = context.Organisation.FindMailbox(address);
        refusal ??= writer.Interference?.Invoke();
        if (refusal == null && mailbox == null)
            refusal = new("ErrorMailRecipientNotFound", $"The mailbox {address} was not found.");
        writer.StartM("FreeBusyResponse");
        writer.OutcomePart("ResponseMessage", refusal);
        writer.StartM("FreeBusyView");
        if (refusal != null)
            writer.T("FreeBusyViewType", "None");
        else
            View(context, writer, query!, mailbox!);
        writer.End();
        writer.End();
    }

    private static void View(OperationContext context, ResponseWriter writer, Query query, Mailbox mailbox)
    {
        // Details are for those who may read the calendar; the others get the times only.
        var rights = context.Caller.On(mailbox["calendar"]);
        var details = query.WantsDetails && rights.Level >= FolderLevel.Reviewer;
        var busy = BusyTimes.Of(mailbox["calendar"], query.From, query.To);
        writer.T("FreeBusyViewType", query.WantsDetails && !details ? query.View.Replace("Detailed", "FreeBusy", StringComparison.Ordinal) : query.View);
        if (query.WantsMerged)
            writer.T("MergedFreeBusy", Merged(query, busy));
        if (query.WantsEvents && busy.Count > 0)
        {
            writer.StartT("CalendarEventArray");
            foreach (var time in busy)
                Event(writer, query, time, details, rights.ViewPrivateItems);
            writer.End();
        }

        if (!query.WantsEvents)
            return;
        var zone = ExchangeTime.FindZone(mailbox.TimeZoneId) ?? TimeZoneInfo.Utc;
        writer.StartT("WorkingHours");
        writer.Write(BiasZone.Write("TimeZone", zone, query.From.Year));
        writer.StartT("WorkingPeriodArray");
        writer.StartT("WorkingPeriod");
        writer.T("DayOfWeek", "Monday Tuesday Wednesday Thursday Friday");
        writer.T("StartTimeInMinutes", "480");
        writer.T("EndTimeInMinutes", "1020");
        writer.End();
        writer.End();
        writer.End();
    }

    private static void Event(ResponseWriter writer, Query query, BusyTime time, bool details, bool seesPrivate)
    {
        writer.StartT("CalendarEvent");
        writer.T("StartTime", Local(time.Start, query.Zone));
        writer.T("EndTime", Local(time.End, query.Zone));
        writer.T("BusyType", time.Status);
        if (details)
        {
            var values = time.Item.Values;
            var isPrivate = values.Text("Sensitivity") is "Private" or "Confidential";
            writer.StartT("CalendarEventDetails");
            writer.T("ID", Convert.ToHexString(Convert.FromBase64String(time.Item.Id)));
            if (!isPrivate || seesPrivate)
            {
                writer.T("Subject", time.Item.Subject);
                writer.T("Location", values.Text("Location") ?? "");
            }

            writer.T("IsMeeting", values.IsTrue("IsMeeting") ? "true" : "false");
            writer.T("IsRecurring", time.Item.Occurrence != null ? "true" : "false");
            writer.T("IsException", time.Item.Occurrence is { IsException: true } ? "true" : "false");
            writer.T("IsReminderSet", values.IsTrue("ReminderIsSet") ? "true" : "false");
            writer.T("IsPrivate", isPrivate ? "true" : "false");
            writer.End();
        }

        writer.End();
    }

    /// <summary>One digit for each interval, the busiest status in it: 0 free, 1 tentative, 2 busy, 3 away, 4 working elsewhere or no data.</summary>
    private static string Merged(Query query, List<BusyTime> busy)
    {
        var count = (int)Math.Ceiling((query.To - query.From).TotalMinutes / query.Interval);
        var digits = new char[count];
        Array.Fill(digits, '0');
        foreach (var time in busy)
        {
            var digit = Array.IndexOf(Digits, time.Status) is var known and >= 0 ? known : 4;
            var first = Math.Max(0, (int)Math.Floor((time.Start - query.From).TotalMinutes / query.Interval));
            var last = Math.Min(count - 1, (int)Math.Ceiling((time.End - query.From).TotalMinutes / query.Interval) - 1);
            for (var i = first; i <= last; i++)
            {
                // Working elsewhere is weaker than anything that blocks time.
                var (old, strength) = (digits[i] - '0', digit == 4 ? 0.5 : digit);
                if (strength > (old == 4 ? 0.5 : old))
                    digits[i] = (char)('0' + digit);
            }
        }

        return new string(digits);
    }

    private static string Local(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
