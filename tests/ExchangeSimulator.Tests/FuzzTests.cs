using System.Globalization;
using System.Text;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Tests.Support;

namespace CrmSync.ExchangeSimulator.Tests;

/// <summary>Any bytes give a fault or an HTTP error: never a crash, never an error of our own making. CRMSYNC_FUZZ_ROUNDS and CRMSYNC_FUZZ_SEED widen it.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Own =
    [
        "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>",
        "<m:CreateItem SendMeetingInvitations=\"SendToAllAndSaveCopy\"><m:Items><t:CalendarItem><t:Subject>A</t:Subject><t:Body BodyType=\"HTML\">x</t:Body><t:Start>2026-03-10T09:00:00Z</t:Start><t:End>2026-03-10T10:00:00Z</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees></t:CalendarItem></m:Items></m:CreateItem>",
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId><m:SyncState>UzF8</m:SyncState><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>",
        "<m:CreateItem SendMeetingInvitations=\"SendToAllAndSaveCopy\"><m:Items><t:CalendarItem><t:Subject>S</t:Subject><t:Start>2026-03-10T09:00:00</t:Start><t:End>2026-03-10T10:00:00</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>ben@contoso.test</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees><t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Tuesday Friday</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:NoEndRecurrence><t:StartDate>2026-03-10</t:StartDate></t:NoEndRecurrence></t:Recurrence><t:StartTimeZone Id=\"W. Europe Standard Time\"/></t:CalendarItem></m:Items></m:CreateItem>",
        $"<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:Items><t:CalendarItem><t:MimeContent>{Convert.ToBase64String(Encoding.UTF8.GetBytes("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260310T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=9\r\nEXDATE:20260311T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))}</t:MimeContent></t:CalendarItem></m:Items></m:CreateItem>",
        "<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\" SendMeetingInvitationsOrCancellations=\"SendToAllAndSaveCopy\"><m:ItemChanges><t:ItemChange><t:OccurrenceItemId RecurringMasterId=\"x\" InstanceIndex=\"3\"/><t:Updates><t:SetItemField><t:FieldURI FieldURI=\"calendar:Start\"/><t:CalendarItem><t:Start>2026-03-25T09:00:00Z</t:Start></t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>",
        "<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToAllAndSaveCopy\"><m:ItemIds><t:OccurrenceItemId RecurringMasterId=\"x\" InstanceIndex=\"2\"/></m:ItemIds></m:DeleteItem>",
        "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:CalendarView StartDate=\"2026-03-01T00:00:00Z\" EndDate=\"2027-03-01T00:00:00Z\"/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>",
        "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape><m:ItemIds><t:RecurringMasterItemIdRanges Id=\"x\"><t:Ranges><t:Range Start=\"2026-03-20T00:00:00Z\" Count=\"5\"/></t:Ranges></t:RecurringMasterItemIdRanges><t:OccurrenceItemId RecurringMasterId=\"x\" InstanceIndex=\"4\"/></m:ItemIds></m:GetItem>",
    ];

    [Fact]
    public async Task Mutated_requests_never_end_in_an_internal_error()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CRMSYNC_FUZZ_ROUNDS") ?? "4000", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("CRMSYNC_FUZZ_SEED") ?? "7", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}, {rounds} rounds");
        var random = new Random(seed);
        using var exchange = new SimulatedExchange(new SimulatorOptions { PushHandler = () => new PushReceiver() });
        DemoData.Seed(exchange.Organisation);
        var account = exchange.Organisation.FindAccount("sync@contoso.test")!;
        var samples = Samples();
        var executed = 0;
        for (var i = 0; i < rounds; i++)
        {
            var text = Mutate(samples[random.Next(samples.Count)], samples, exchange, random);
            var reply = await exchange.Ews.HandleAsync(new EwsRequest(Encoding.UTF8.GetBytes(text), account, false), CancellationToken.None);
            reply.Status.ShouldBeOneOf(200, 400, 500);
            executed += reply.Status == 200 ? 1 : 0;
            if (reply.Status == 500)
                Encoding.UTF8.GetString(reply.Body.Span).ShouldNotContain("ErrorInternalServerError", Case.Sensitive, $"round {i} of seed {seed}:\n{text}");
        }

        // Else the mutations never got past the schema and the test would show nothing.
        executed.ShouldBeGreaterThan(rounds / 10);
    }

    private static List<string> Samples()
    {
        var samples = Own.Select(o => TestExchange.Envelope(o)).ToList();
        if (Truth.IsPresent)
        {
            samples.AddRange(Operations.OperationTable.Names.Append("GetStreamingEvents").Select(n => Path.Combine(Truth.Folder, "samples", n)).Where(Directory.Exists)
                .SelectMany(f => Directory.EnumerateFiles(f, "*-req.xml")).Order(StringComparer.Ordinal).Select(File.ReadAllText));
        }

        return samples;
    }

    private static string Mutate(string text, List<string> samples, SimulatedExchange exchange, Random random)
    {
        // Ids that exist let a mutation get past the door.
        var items = exchange.Organisation.FindMailbox("sync@contoso.test")!.Folders.SelectMany(f => f.Items).Take(50).ToList();
        if (items.Count > 0)
        {
            var item = items[random.Next(items.Count)];
            var master = items.Find(i => i.Series != null) ?? item;
            text = System.Text.RegularExpressions.Regex.Replace(text, "((?:RecurringMasterId|ItemIdRanges Id)=\")[^\"]*", m => m.Groups[1].Value + master.Id);
            if (item.Attachments is { Count: > 0 } attachments)
                text = System.Text.RegularExpressions.Regex.Replace(text, "(AttachmentId Id=\")[^\"]*", m => m.Groups[1].Value + attachments[0].Id);
            text = System.Text.RegularExpressions.Regex.Replace(text, "(ItemId Id=\")[^\"]*(\"( ChangeKey=\")[^\"]*)?", m => m.Groups[1].Value + item.Id + (m.Groups[2].Success ? "\" ChangeKey=\"" + item.ChangeKey : ""));
        }

        var builder = new StringBuilder(text);
        for (var n = random.Next(0, 4); n > 0 && builder.Length > 10; n--)
        {
            var at = random.Next(builder.Length);
            switch (random.Next(6))
            {
                case 0:
                    builder[at] = (char)random.Next(1, 256);
                    break;
                case 1:
                    builder.Remove(at, Math.Min(random.Next(1, 30), builder.Length - at));
                    break;
                case 2:
                    builder.Insert(at, text.Substring(random.Next(text.Length / 2), Math.Min(30, text.Length / 2)));
                    break;
                case 3:
                    Swap(builder, samples[random.Next(samples.Count)], random);
                    break;
                case 4:
                    ReplaceValue(builder, random);
                    break;
                default:
                    builder.Length = at;
                    break;
            }
        }

        return builder.ToString();
    }

    /// <summary>Puts an element of another sample in the place of one of this.</summary>
    private static void Swap(StringBuilder builder, string other, Random random)
    {
        var from = other.IndexOf("<t:", random.Next(other.Length), StringComparison.Ordinal);
        var to = from < 0 ? -1 : other.IndexOf("/>", from, StringComparison.Ordinal);
        var here = builder.ToString().IndexOf("<t:", random.Next(builder.Length), StringComparison.Ordinal);
        if (from >= 0 && to > from && here >= 0)
            builder.Insert(here, other.AsSpan(from, to + 2 - from));
    }

    private static void ReplaceValue(StringBuilder builder, Random random)
    {
        string[] values = ["", "true", "-1", "99999999999999999999", "2026-02-30T25:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "AAAA", "item:Body", "CalendarItem"];
        var text = builder.ToString();
        var at = text.IndexOf('>', random.Next(text.Length));
        var end = at < 0 ? -1 : text.IndexOf('<', at);
        if (end > at)
            builder.Remove(at + 1, end - at - 1).Insert(at + 1, values[random.Next(values.Length)]);
    }
}
