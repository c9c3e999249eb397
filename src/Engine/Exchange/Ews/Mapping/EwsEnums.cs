using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>The enumerations of the schema and ours. Values that a newer server invents read as the harmless middle.</summary>
internal static class EwsEnums
{
    /// <summary>NoData counts as busy: a slot of which nothing is known is not offered to anybody.</summary>
    public static ShowAs ReadShowAs(string text) => text switch
    {
        "Free" => ShowAs.Free,
        "Tentative" => ShowAs.Tentative,
        "OOF" => ShowAs.OutOfOffice,
        "WorkingElsewhere" => ShowAs.WorkingElsewhere,
        _ => ShowAs.Busy,
    };

    /// <param name="knowsElsewhere">WorkingElsewhere exists from Exchange 2013 on; before, it is written as busy.</param>
    public static string Write(ShowAs value, bool knowsElsewhere) => value switch
    {
        ShowAs.Free => "Free",
        ShowAs.Tentative => "Tentative",
        ShowAs.OutOfOffice => "OOF",
        ShowAs.WorkingElsewhere when knowsElsewhere => "WorkingElsewhere",
        _ => "Busy",
    };

    /// <summary>An unknown sensitivity counts as private: too much secrecy can be mended, too little cannot.</summary>
    public static Sensitivity ReadSensitivity(string text) => text switch
    {
        "Normal" => Sensitivity.Normal,
        "Personal" => Sensitivity.Personal,
        "Confidential" => Sensitivity.Confidential,
        _ => Sensitivity.Private,
    };

    public static string Write(Sensitivity value) => value switch
    {
        Sensitivity.Personal => "Personal",
        Sensitivity.Private => "Private",
        Sensitivity.Confidential => "Confidential",
        _ => "Normal",
    };

    public static Importance ReadImportance(string text) => text switch
    {
        "Low" => Importance.Low,
        "High" => Importance.High,
        _ => Importance.Normal,
    };

    public static string Write(Importance value) => value switch
    {
        Importance.Low => "Low",
        Importance.High => "High",
        _ => "Normal",
    };

    public static AttendeeResponse ReadResponse(string text) => text switch
    {
        "Organizer" => AttendeeResponse.Organizer,
        "Tentative" => AttendeeResponse.Tentative,
        "Accept" => AttendeeResponse.Accepted,
        "Decline" => AttendeeResponse.Declined,
        "NoResponseReceived" => AttendeeResponse.NotResponded,
        _ => AttendeeResponse.Unknown,
    };

    public static SeriesRole ReadRole(string text) => text switch
    {
        "RecurringMaster" => SeriesRole.Master,
        "Occurrence" => SeriesRole.Occurrence,
        "Exception" => SeriesRole.Exception,
        _ => SeriesRole.Single,
    };
}
