namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>One request or item refused, with the response code that Exchange gives. It becomes a response message, never a SOAP fault.</summary>
public sealed class ExchangeError(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    /// <summary>Name and value pairs of MessageXml, such as BackOffMilliseconds.</summary>
    public Dictionary<string, string> Values { get; } = [];

    public static ExchangeError ItemNotFound() => new("ErrorItemNotFound", "The specified object was not found in the store.");

    public static ExchangeError FolderNotFound() => new("ErrorFolderNotFound", "The specified folder could not be found in the store.");

    public static ExchangeError AccessDenied() => new("ErrorAccessDenied", "Access is denied. Check credentials and try again.");

    public static ExchangeError InvalidPropertySet(string path) => new("ErrorInvalidPropertySet", $"Set action is invalid for property {path}.");

    /// <summary>The words are fixed: clients in the wild match them (protocol.md 3).</summary>
    public static ExchangeError Conflict() => new(
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.");
}

/// <summary>The whole request refused: HTTP 500 with a SOAP fault (protocol.md 1).</summary>
public sealed class SoapFault(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    public Dictionary<string, string> Values { get; } = [];
}
