namespace CrmSync.Engine.Exchange.Ews.Discovery;

/// <summary>To which addresses Autodiscover may lead (quality.md T4).</summary>
/// <param name="domain">The mailbox's domain.</param>
/// <param name="allowed">Further hosts that an administrator has approved.</param>
internal sealed class HopRules(string domain, IReadOnlyList<string> allowed)
{
    public string Domain { get; } = domain;

    /// <exception cref="ExchangeTransportException">The address is not approved; nothing was sent to it.</exception>
    public void Check(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttps)
            throw new ExchangeTransportException($"Autodiscover leads to {url.Host} without https; it was not followed.") { CanPass = false };
        if (!IsUnder(url.Host, Domain) && !allowed.Any(host => url.Host.Equals(host, StringComparison.OrdinalIgnoreCase)))
            throw new ExchangeTransportException($"Autodiscover leads to {url.Host}, outside {Domain}; it was not followed. Allow this host, "
                + "or enter the address of EWS, if it is yours.") { CanPass = false };
    }

    private static bool IsUnder(string host, string domain) =>
        host.Equals(domain, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);
}
