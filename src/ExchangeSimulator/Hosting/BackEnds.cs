using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>
/// The mailbox servers behind the front end. A subscription lives in the memory of one of them, so a request without the cookie and without the anchor
/// may land on another, which does not know it (protocol.md 9, affinity). With one server there is nothing to miss.
/// </summary>
public sealed class BackEnds(int count, Random random)
{
    private const string Prefix = "sim-backend-";

    public int Count { get; } = Math.Max(1, count);

    /// <summary>Where a request goes: the cookie beats the anchor, and without both it is a matter of luck. Called under the organisation's gate.</summary>
    public int Route(Organisation organisation, EwsRequest request)
    {
        if (Count == 1)
            return 0;
        if (Parse(request.AffinityCookie) is { } known)
            return known;
        return request.Anchor is { } anchor && organisation.FindMailbox(anchor) is { } mailbox ? Home(mailbox) : random.Next(Count);
    }

    /// <summary>GroupingInformation of Autodiscover: subscriptions of mailboxes with the same one may share a connection.</summary>
    public string Group(Mailbox mailbox) => "SIM" + (Count == 1 ? 1 : Home(mailbox) + 1).ToString("D2", CultureInfo.InvariantCulture);

    public string Cookie(int backend) => Prefix + backend.ToString(CultureInfo.InvariantCulture) + "~1942062522";

    private int Home(Mailbox mailbox) => (int)(((uint)mailbox.Key.GetHashCode() + (uint)mailbox.Moves) % (uint)Count);

    private int? Parse(string? cookie) =>
        cookie != null && cookie.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(cookie.AsSpan(Prefix.Length, Math.Max(0, cookie.IndexOf('~', StringComparison.Ordinal) - Prefix.Length)), CultureInfo.InvariantCulture, out var number)
        && number >= 0 && number < Count ? number : null;
}
