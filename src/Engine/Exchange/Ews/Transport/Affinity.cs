using System.Net.Http.Headers;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Keeps the requests of one subscription group on one server (ews/protocol.md section 9, affinity).</summary>
internal sealed class Affinity(string anchorMailbox, string? cookie)
{
    private const string CookieName = "X-BackEndOverrideCookie";

    public string AnchorMailbox { get; } = anchorMailbox;

    /// <summary>The cookie's value, opaque; the newest one that the server gave.</summary>
    public string? Cookie { get; private set; } = cookie;

    public SubscriptionGroup ToGroup() => new(AnchorMailbox, Cookie);

    public void Apply(HttpRequestHeaders headers)
    {
        headers.Add("X-PreferServerAffinity", "true");
        if (Cookie is not null)
            headers.Add("Cookie", $"{CookieName}={Cookie}");
    }

    public void Learn(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var cookies))
            return;
        foreach (var cookie in cookies)
        {
            var end = cookie.IndexOf(';');
            var pair = end < 0 ? cookie : cookie[..end];
            var equals = pair.IndexOf('=');
            if (equals > 0 && pair[..equals].Trim() == CookieName)
                Cookie = pair[(equals + 1)..].Trim();
        }
    }
}
