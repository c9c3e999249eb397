namespace CrmSync.Engine.Tests.Ews;

/// <summary>Answers as a server writes them.</summary>
internal static class Canned
{
    private const string Names =
        "xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"";

    public static string Envelope(string body) =>
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>"
        + "<h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"2\" MajorBuildNumber=\"2562\" MinorBuildNumber=\"17\" Version=\"V2017_07_11\" xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/>"
        + $"</s:Header><s:Body>{body}</s:Body></s:Envelope>";

    public static string Answer(string operation, params string[] messages) =>
        Envelope($"<m:{operation}Response {Names}><m:ResponseMessages>{string.Concat(messages)}</m:ResponseMessages></m:{operation}Response>");

    public static string Success(string operation, string content = "") =>
        $"<m:{operation}ResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{content}</m:{operation}ResponseMessage>";

    public static string Error(string operation, string code, string content = "") =>
        $"<m:{operation}ResponseMessage ResponseClass=\"Error\"><m:MessageText>Words of {code}.</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
        + $"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{content}</m:{operation}ResponseMessage>";

    public static string Folder(string id = "AAMkFcal=") =>
        Answer("GetFolder", Success("GetFolder", $"<m:Folders><t:CalendarFolder><t:FolderId Id=\"{id}\" ChangeKey=\"AgAA\"/><t:FolderClass>IPF.Appointment</t:FolderClass><t:DisplayName>Calendar</t:DisplayName><t:TotalCount>3</t:TotalCount></t:CalendarFolder></m:Folders>"));

    public static string Written(string operation, string id, string key) =>
        Success(operation, $"<m:Items><t:CalendarItem><t:ItemId Id=\"{id}\" ChangeKey=\"{key}\"/></t:CalendarItem></m:Items>");

    public static string Fault(string code, string messageXml = "") =>
        Envelope($"<s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:{code}</faultcode><faultstring xml:lang=\"en-US\">Words of {code}.</faultstring>"
            + $"<detail><e:ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">{code}</e:ResponseCode>{messageXml}</detail></s:Fault>");

    public static string BackOff(int milliseconds) =>
        $"<t:MessageXml xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><t:Value Name=\"BackOffMilliseconds\">{milliseconds}</t:Value></t:MessageXml>";

    /// <summary>An item with Start and End only, as a fast server would answer GetItem.</summary>
    public static string Item(string id, string inner = "", string start = "2026-03-10T09:00:00Z", string end = "2026-03-10T10:00:00Z") =>
        $"<t:CalendarItem><t:ItemId Id=\"{id}\" ChangeKey=\"CQ{id}\"/><t:Start>{start}</t:Start><t:End>{end}</t:End>{inner}</t:CalendarItem>";

    public static string Items(params string[] items) =>
        Answer("GetItem", [.. items.Select(item => Success("GetItem", $"<m:Items>{item}</m:Items>"))]);

    public static string Stream(string content) => Answer("GetStreamingEvents", Success("GetStreamingEvents", content));

    public const string StreamOk = "<m:ConnectionStatus>OK</m:ConnectionStatus>";
    public const string StreamClosed = "<m:ConnectionStatus>Closed</m:ConnectionStatus>";

    public static string Event(string subscription, string target = "<t:ItemId Id=\"AAMk1=\" ChangeKey=\"DwAAAA==\"/>", string prefix = "m") =>
        $"<m:Notifications><{prefix}:Notification><{prefix}:SubscriptionId>{subscription}</{prefix}:SubscriptionId><t:ModifiedEvent><t:TimeStamp>2026-03-02T09:15:00Z</t:TimeStamp>{target}<t:ParentFolderId Id=\"AAMkFcal=\"/></t:ModifiedEvent></{prefix}:Notification></m:Notifications>";
}
