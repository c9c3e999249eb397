namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Schema versions in the order of their age (protocol.md 1).</summary>
public static class ServerVersion
{
    private static readonly string[] Known =
    [
        "Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2012", "Exchange2013",
        "Exchange2013_SP1", "Exchange2015", "Exchange2015_SP1", "Exchange2016", "V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13",
        "V2016_10_10", "V2017_01_07", "V2017_04_14", "V2017_07_11",
    ];

    public static readonly int Exchange2010 = Order("Exchange2010");
    public static readonly int Exchange2010Sp1 = Order("Exchange2010_SP1");
    public static readonly int Exchange2013 = Order("Exchange2013");
    public static readonly int Exchange2013Sp1 = Order("Exchange2013_SP1");
    public static readonly int Exchange2016 = Order("Exchange2016");

    /// <summary>Requests without the header count as this.</summary>
    public static readonly int Default = Exchange2013Sp1;

    /// <summary>-1 for a value that no server of this line knows.</summary>
    public static int Order(string version) => Array.IndexOf(Known, version);

    /// <summary>The version that brought a property of an item; 0 for the old ones.</summary>
    public static int Of(string element) => element switch
    {
        "StartTimeZone" or "EndTimeZone" or "UniqueBody" or "StoreEntryId" or "IsAssociated" or "WebClientReadFormQueryString" or "WebClientEditFormQueryString"
            or "ConversationId" => Exchange2010,
        "StartWallClock" or "EndWallClock" or "StartTimeZoneId" or "EndTimeZoneId" or "IsOrganizer" or "EnhancedLocation" or "NormalizedBody" or "TextBody"
            or "Preview" or "InboxReminders" or "Flag" or "InstanceKey" or "JoinOnlineMeetingUrl" or "OnlineMeetingSettings" or "IntendedFreeBusyStatus" or "EntityExtractionResult"
            or "PolicyTag" or "ArchiveTag" or "RetentionDate" or "RightsManagementLicenseData" or "NextPredictedAction" or "GroupingAction" => Exchange2013,
        "ProposedStart" or "ProposedEnd" => Exchange2013,
        "DoNotForwardMeeting" or "CalendarActivityData" => Exchange2016,
        _ => 0,
    };
}
