using System.Text;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Bench.SimulatorLoad;

/// <summary>The simulator's core alone in this process: no network, no compression. What is left of the figure over HTTP is theirs.</summary>
public static class CoreLoad
{
    private const string Properties =
        """
        <t:FieldURI FieldURI="item:Subject"/><t:FieldURI FieldURI="item:Sensitivity"/><t:FieldURI FieldURI="item:Body"/><t:FieldURI FieldURI="item:Categories"/><t:FieldURI FieldURI="item:Importance"/><t:FieldURI FieldURI="item:ReminderIsSet"/><t:FieldURI FieldURI="item:ReminderMinutesBeforeStart"/><t:FieldURI FieldURI="item:LastModifiedTime"/><t:FieldURI FieldURI="calendar:Start"/><t:FieldURI FieldURI="calendar:End"/><t:FieldURI FieldURI="calendar:IsAllDayEvent"/><t:FieldURI FieldURI="calendar:LegacyFreeBusyStatus"/><t:FieldURI FieldURI="calendar:Location"/><t:FieldURI FieldURI="calendar:IsMeeting"/><t:FieldURI FieldURI="calendar:IsCancelled"/><t:FieldURI FieldURI="calendar:CalendarItemType"/><t:FieldURI FieldURI="calendar:MyResponseType"/><t:FieldURI FieldURI="calendar:Organizer"/><t:FieldURI FieldURI="calendar:RequiredAttendees"/><t:FieldURI FieldURI="calendar:AppointmentState"/><t:FieldURI FieldURI="calendar:StartTimeZone"/><t:FieldURI FieldURI="calendar:EndTimeZone"/><t:ExtendedFieldURI DistinguishedPropertySetId="Meeting" PropertyId="35" PropertyType="Binary"/>
        """;

    /// <summary>Microseconds of processor time an item, GetItem in batches of 100.</summary>
    public static async Task<double> MeasureAsync(int items, int bodyLength, int seed, CancellationToken stop)
    {
        using var exchange = new SimulatedExchange(new SimulatorOptions { Seed = seed });
        SeedData.Fill(exchange.Organisation, 1, items, bodyLength);
        var mailbox = exchange.Organisation.FindMailbox("user1@contoso.test")!;
        var account = exchange.Organisation.FindAccount(mailbox.Address)!;
        var requests = mailbox["calendar"].Items.Chunk(100).Select(Request).ToList();
        var best = double.MaxValue;
        for (var round = 0; round < 4; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            foreach (var request in requests)
                await exchange.Ews.HandleAsync(new EwsRequest(request, account, false), stop);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / items);
        }

        return best;
    }

    private static byte[] Request(StoredItem[] items) => Encoding.UTF8.GetBytes(
        $"""
        <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/></s:Header><s:Body><m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Best</t:BodyType><t:AdditionalProperties>{Properties}</t:AdditionalProperties></m:ItemShape><m:ItemIds>{string.Concat(items.Select(i => $"<t:ItemId Id=\"{i.Id}\"/>"))}</m:ItemIds></m:GetItem></s:Body></s:Envelope>
        """);
}
