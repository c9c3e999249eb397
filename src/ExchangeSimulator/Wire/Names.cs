namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>The XML namespaces of Exchange Web Services and their short forms in this program.</summary>
public static class Names
{
    public const string Types = "http://schemas.microsoft.com/exchange/services/2006/types";
    public const string Messages = "http://schemas.microsoft.com/exchange/services/2006/messages";
    public const string Errors = "http://schemas.microsoft.com/exchange/services/2006/errors";
    public const string Soap = "http://schemas.xmlsoap.org/soap/envelope/";
    public const string Xml = "http://www.w3.org/XML/1998/namespace";

    public static string Shorten(string ns) => ns switch { Types => "t", Messages => "m", Soap => "s", _ => ns };

    public static string Lengthen(string shortName) => shortName switch { "t" => Types, "m" => Messages, "s" => Soap, _ => shortName };
}
