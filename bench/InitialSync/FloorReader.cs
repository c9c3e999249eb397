using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.InitialSync;

/// <summary>The least that reading a folder can cost: prepared texts, raw HTTP, XmlReader. The requests are the engine's, so the answers are too.</summary>
public sealed class FloorReader : IDisposable
{
    private const int Batch = 100;
    private const int InFlight = 4;

    private const string Properties =
        """
        <t:FieldURI FieldURI="item:Subject"/><t:FieldURI FieldURI="item:Sensitivity"/><t:FieldURI FieldURI="item:Body"/><t:FieldURI FieldURI="item:Categories"/><t:FieldURI FieldURI="item:Importance"/><t:FieldURI FieldURI="item:ReminderIsSet"/><t:FieldURI FieldURI="item:ReminderMinutesBeforeStart"/><t:FieldURI FieldURI="item:LastModifiedTime"/><t:FieldURI FieldURI="calendar:Start"/><t:FieldURI FieldURI="calendar:End"/><t:FieldURI FieldURI="calendar:IsAllDayEvent"/><t:FieldURI FieldURI="calendar:LegacyFreeBusyStatus"/><t:FieldURI FieldURI="calendar:Location"/><t:FieldURI FieldURI="calendar:IsMeeting"/><t:FieldURI FieldURI="calendar:IsCancelled"/><t:FieldURI FieldURI="calendar:MeetingRequestWasSent"/><t:FieldURI FieldURI="calendar:CalendarItemType"/><t:FieldURI FieldURI="calendar:MyResponseType"/><t:FieldURI FieldURI="calendar:Organizer"/><t:FieldURI FieldURI="calendar:RequiredAttendees"/><t:FieldURI FieldURI="calendar:OptionalAttendees"/><t:FieldURI FieldURI="calendar:Resources"/><t:FieldURI FieldURI="calendar:AppointmentState"/><t:FieldURI FieldURI="calendar:NetShowUrl"/><t:FieldURI FieldURI="calendar:StartTimeZone"/><t:FieldURI FieldURI="calendar:EndTimeZone"/><t:FieldURI FieldURI="calendar:JoinOnlineMeetingUrl"/><t:ExtendedFieldURI DistinguishedPropertySetId="Meeting" PropertyId="35" PropertyType="Binary"/>
        """;

    private readonly HttpClient _http;
    private readonly string _url;
    private readonly string _before;
    private long _bytes;

    public FloorReader(string url, string mailbox)
    {
        _url = url;
        _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip, UseCookies = false });
        _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Simulator.ServiceAccount}:{Simulator.Password}")));
        _before =
            $"""
            <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>{mailbox}</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header><s:Body>
            """;
    }

    /// <summary>One page of changes with all its items.</summary>
    public async Task<FloorPage> ReadAsync(string? syncState)
    {
        var state = syncState is null ? "" : $"<m:SyncState>{syncState}</m:SyncState>";
        var changes = await PostAsync(
            $"""
            <m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id="calendar"/></m:SyncFolderId>{state}<m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems>
            """);
        var (ids, next, isLast) = ReadChanges(changes);
        var batches = ids.Chunk(Batch).ToList();
        using var gate = new SemaphoreSlim(InFlight);
        var read = await Task.WhenAll(batches.Select(async batch =>
        {
            await gate.WaitAsync();
            try
            {
                return await ReadItemsAsync(batch);
            }
            finally
            {
                gate.Release();
            }
        }));
        return new(read.SelectMany(items => items).ToList(), next, isLast, Interlocked.Exchange(ref _bytes, 0), batches.Count + 1);
    }

    public void Dispose() => _http.Dispose();

    private async Task<List<FloorItem>> ReadItemsAsync(IReadOnlyList<string> ids)
    {
        var text = new StringBuilder(ids.Count * 220);
        text.Append("<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Best</t:BodyType><t:AdditionalProperties>").Append(Properties).Append("</t:AdditionalProperties></m:ItemShape><m:ItemIds>");
        foreach (var id in ids)
            text.Append("<t:ItemId Id=\"").Append(id).Append("\"/>");
        text.Append("</m:ItemIds></m:GetItem>");
        return FloorXml.ReadItems(await PostAsync(text.ToString()), ids.Count);
    }

    private static (List<string> Ids, string SyncState, bool IsLast) ReadChanges(byte[] answer)
    {
        var ids = new List<string>(512);
        var (state, isLast) = ("", false);
        using var xml = XmlReader.Create(new MemoryStream(answer));
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (xml.LocalName == "ItemId")
                ids.Add(xml.GetAttribute("Id")!);
            else if (xml.LocalName == "SyncState")
                state = FloorXml.Text(xml);
            else if (xml.LocalName == "IncludesLastItemInRange")
                isLast = FloorXml.Text(xml) == "true";
        }
        return (ids, state, isLast);
    }

    private async Task<byte[]> PostAsync(string body)
    {
        using var content = new StringContent(_before + body + "</s:Body></s:Envelope>", Encoding.UTF8, new MediaTypeHeaderValue("text/xml"));
        using var response = await _http.PostAsync(_url, content);
        response.EnsureSuccessStatusCode();
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Interlocked.Add(ref _bytes, bytes.Length);
        return bytes;
    }
}
