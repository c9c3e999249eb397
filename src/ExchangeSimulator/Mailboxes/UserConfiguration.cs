using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Settings that an application keeps in a hidden item of a folder: a dictionary, XML or bytes (protocol.md 11).</summary>
public sealed class UserConfiguration(string itemId)
{
    public string ItemId { get; } = itemId;
    public long Version { get; set; }

    /// <summary>The Dictionary element as it came.</summary>
    public Node? Dictionary { get; set; }

    /// <summary>Base64.</summary>
    public string? XmlData { get; set; }

    /// <summary>Base64.</summary>
    public string? BinaryData { get; set; }
}
