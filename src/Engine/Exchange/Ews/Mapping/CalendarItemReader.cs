using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;
using NodaTime;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Reads one CalendarItem element into an <see cref="ExchangeItem"/>: the hot path of every inbound run.</summary>
/// <remarks>
/// Which join link is the meeting's: JoinOnlineMeetingUrl (2013 and later), else NetShowUrl, the older property that conferencing add-ins fill
/// [believed]. Neither is ever written.
/// </remarks>
internal sealed class CalendarItemReader
{
    // Bits of AppointmentState (ews/protocol.md section 6).
    private const int MeetingState = 1;
    private const int ReceivedState = 2;
    private const int CancelledState = 4;

    private readonly List<Attendee> _attendees = [];
    private readonly List<string> _categories = [];
    private ItemId _id;
    private ChangeKey _key;
    private string _subject = "";
    private ItemBody _body = ItemBody.Empty;
    private string _location = "";
    private Importance _importance = Importance.Normal;
    private Sensitivity _sensitivity = Sensitivity.Normal;
    private ShowAs _showAs = ShowAs.Busy;
    private MailAddress? _organizer;
    private AttendeeResponse _ownResponse = AttendeeResponse.Unknown;
    private SeriesRole _role = SeriesRole.Single;
    private Instant? _start;
    private Instant? _end;
    private Instant _lastModified = NodaConstants.UnixEpoch;
    private string? _startZone;
    private string? _endZone;
    private string? _meetingZone;
    private bool _isAllDay;
    private bool _isMeeting;
    private bool _isCancelled;
    private bool _requestWasSent;
    private bool _reminderIsSet;
    private int _reminderMinutes;
    private int? _state;
    private string? _joinUrl;
    private string? _netShowUrl;
    private string? _globalObjectId;
    private string? _install;
    private string? _intent;
    private string? _attempt;

    /// <summary>Reads the item on whose element the reader stands; null when it is no calendar item with a time.</summary>
    public static async ValueTask<(ItemId Id, ChangeKey Key, ExchangeItem? Item)> ReadAsync(SoapReader reader)
    {
        var item = new CalendarItemReader();
        var isCalendarItem = reader.Name == "CalendarItem";
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
            await item.ReadPropertyAsync(reader);
        return (item._id, item._key, isCalendarItem ? item.ToItem() : null);
    }

    private async ValueTask ReadPropertyAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "ItemId":
                _id = new(reader.Required("Id"));
                _key = new(reader.Attribute("ChangeKey") ?? "");
                break;
            case "Subject":
                _subject = await reader.TextAsync();
                break;
            case "Body":
                var format = reader.Attribute("BodyType") == "HTML" ? BodyFormat.Html : BodyFormat.Text;
                var text = await reader.TextAsync();
                _body = text.Length == 0 ? ItemBody.Empty : new(format, text);
                break;
            case "Location":
                _location = await reader.TextAsync();
                break;
            case "Sensitivity":
                _sensitivity = EwsEnums.ReadSensitivity(await reader.TextAsync());
                break;
            case "Importance":
                _importance = EwsEnums.ReadImportance(await reader.TextAsync());
                break;
            case "LegacyFreeBusyStatus":
                _showAs = EwsEnums.ReadShowAs(await reader.TextAsync());
                break;
            case "CalendarItemType":
                _role = EwsEnums.ReadRole(await reader.TextAsync());
                break;
            case "MyResponseType":
                _ownResponse = EwsEnums.ReadResponse(await reader.TextAsync());
                break;
            case "Start":
                _start = TimeMapping.ReadInstant(await reader.TextAsync());
                break;
            case "End":
                _end = TimeMapping.ReadInstant(await reader.TextAsync());
                break;
            case "LastModifiedTime":
                _lastModified = TimeMapping.ReadInstant(await reader.TextAsync()) ?? _lastModified;
                break;
            case "IsAllDayEvent":
                _isAllDay = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "IsMeeting":
                _isMeeting = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "IsCancelled":
                _isCancelled = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "MeetingRequestWasSent":
                _requestWasSent = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "ReminderIsSet":
                _reminderIsSet = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "ReminderMinutesBeforeStart":
                _reminderMinutes = WireText.ReadInteger(await reader.TextAsync()) ?? 0;
                break;
            case "AppointmentState":
                _state = WireText.ReadInteger(await reader.TextAsync());
                break;
            default:
                await ReadCompoundAsync(reader);
                break;
        }
    }

    private async ValueTask ReadCompoundAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "StartTimeZone":
                _startZone = reader.Attribute("Id");
                break;
            case "EndTimeZone":
                _endZone = reader.Attribute("Id");
                break;
            case "MeetingTimeZone":
                _meetingZone = reader.Attribute("TimeZoneName");
                break;
            case "Organizer":
                _organizer = (await MailboxReader.ReadChildAsync(reader)).Address;
                break;
            case "RequiredAttendees":
                await MailboxReader.ReadAttendeesAsync(reader, AttendeeRole.Required, _attendees);
                break;
            case "OptionalAttendees":
                await MailboxReader.ReadAttendeesAsync(reader, AttendeeRole.Optional, _attendees);
                break;
            case "Resources":
                await MailboxReader.ReadAttendeesAsync(reader, AttendeeRole.Resource, _attendees);
                break;
            case "Categories":
                var depth = reader.Depth;
                while (await reader.NextChildAsync(depth))
                    _categories.Add(await reader.TextAsync());
                break;
            case "JoinOnlineMeetingUrl":
                _joinUrl = await reader.TextAsync();
                break;
            case "NetShowUrl":
                _netShowUrl = await reader.TextAsync();
                break;
            case "ExtendedProperty":
                await ReadExtendedAsync(reader);
                break;
        }
    }

    private async ValueTask ReadExtendedAsync(SoapReader reader)
    {
        string? name = null;
        var isGlobalId = false;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "ExtendedFieldURI")
            {
                name = reader.Attribute("PropertyName");
                isGlobalId = name is null && reader.Attribute("PropertyId") is "35" or "0x23";
                continue;
            }
            if (reader.Name != "Value")
                continue;
            var value = await reader.TextAsync();
            if (isGlobalId)
                _globalObjectId = value;
            else if (name == StampProperties.Install.Name)
                _install = value;
            else if (name == StampProperties.Intent.Name)
                _intent = value;
            else if (name == StampProperties.Attempt.Name)
                _attempt = value;
        }
    }

    private ExchangeItem? ToItem()
    {
        if (_start is not { } start || _end is not { } end)
            return null;
        var isMeeting = _isMeeting || _attendees.Count > 0 || ((_state ?? 0) & (MeetingState | ReceivedState)) != 0;
        var isOrganizer = !isMeeting || (_state is { } state ? (state & ReceivedState) == 0 : _ownResponse == AttendeeResponse.Organizer);
        var content = new ScheduleContent
        {
            Subject = _subject,
            Body = _body,
            Time = TimeMapping.Read(start, end, _isAllDay, _startZone ?? _meetingZone, _endZone ?? _meetingZone),
            Location = _location,
            Importance = _importance,
            Organizer = _organizer,
            Attendees = _attendees,
            IsCancelled = _isCancelled || ((_state ?? 0) & CancelledState) != 0,
            OnlineMeetingUrl = string.IsNullOrEmpty(_joinUrl) ? (string.IsNullOrEmpty(_netShowUrl) ? null : _netShowUrl) : _joinUrl,
            ShowAs = _showAs,
            Sensitivity = _sensitivity,
            Categories = _categories,
            ReminderMinutes = _reminderIsSet ? _reminderMinutes : null,
            // Servers answer Organizer or Unknown for an item without attendees; it has nobody to answer to.
            OwnResponse = !isMeeting ? AttendeeResponse.Unknown : isOrganizer ? AttendeeResponse.Organizer : _ownResponse,
        };
        return new(
            _id, _key, _role, string.IsNullOrEmpty(_globalObjectId) ? null : new GlobalObjectId(_globalObjectId), isMeeting, isOrganizer,
            _requestWasSent, _lastModified, StampProperties.Read(_install, _intent, _attempt), content);
    }
}
