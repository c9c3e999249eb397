namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>A distribution group or a room list of the organisation's directory.</summary>
public sealed record DistributionGroup(string Address, string Name, IReadOnlyList<string> Members, bool IsRoomList);
