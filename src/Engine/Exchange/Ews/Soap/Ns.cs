namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>The XML namespaces of the protocol.</summary>
internal static class Ns
{
    public const string Soap = "http://schemas.xmlsoap.org/soap/envelope/";
    public const string Types = "http://schemas.microsoft.com/exchange/services/2006/types";
    public const string Messages = "http://schemas.microsoft.com/exchange/services/2006/messages";
    public const string Autodiscover = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
    public const string Addressing = "http://www.w3.org/2005/08/addressing";
    public const string PoxRequest = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
    public const string PoxResponse = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
}
