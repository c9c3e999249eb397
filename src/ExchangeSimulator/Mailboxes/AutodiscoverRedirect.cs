namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Autodiscover's answer for an address whose mailbox is elsewhere: ask again with another address, or at another URL.</summary>
public sealed record AutodiscoverRedirect(string? RedirectAddress, string? RedirectUrl);
