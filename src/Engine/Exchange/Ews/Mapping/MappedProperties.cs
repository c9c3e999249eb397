using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Exactly the properties that the mapping reads: asked for by GetItem, nothing else.</summary>
internal static class MappedProperties
{
    private static readonly string[] Always =
    [
        "item:Subject", "item:Sensitivity", "item:Body", "item:Categories", "item:Importance", "item:ReminderIsSet", "item:ReminderMinutesBeforeStart",
        "item:LastModifiedTime", "calendar:Start", "calendar:End", "calendar:IsAllDayEvent", "calendar:LegacyFreeBusyStatus", "calendar:Location",
        "calendar:IsMeeting", "calendar:IsCancelled", "calendar:MeetingRequestWasSent", "calendar:CalendarItemType", "calendar:MyResponseType",
        "calendar:Organizer", "calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources", "calendar:AppointmentState",
        "calendar:NetShowUrl",
    ];

    /// <summary>The ItemShape of a whole item.</summary>
    public static void WriteShape(RequestWriter w) => w.Message("ItemShape", () =>
    {
        w.Type("BaseShape", "IdOnly");
        // Best: the body in the form in which it is stored, so that a text body does not come back dressed as HTML.
        w.Type("BodyType", "Best");
        w.Type("AdditionalProperties", () =>
        {
            foreach (var uri in Always)
                w.Field(uri);
            if (w.Version.HasItemZones)
            {
                w.Field("calendar:StartTimeZone");
                w.Field("calendar:EndTimeZone");
            }
            else
            {
                w.Field("calendar:MeetingTimeZone");
            }
            if (w.Version.Is2013)
                w.Field("calendar:JoinOnlineMeetingUrl");
            ExtendedField.CleanGlobalObjectId.Write(w);
            StampProperties.Install.Write(w);
            StampProperties.Intent.Write(w);
            StampProperties.Attempt.Write(w);
        });
    });

    /// <summary>The ItemShape of identities only: one remote call per batch instead of one per item.</summary>
    public static void WriteIdShape(RequestWriter w) => w.Message("ItemShape", () => w.Type("BaseShape", "IdOnly"));
}
