using System.Net;
using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;

namespace CrmSync.Engine.Exchange.Ews.Discovery;

/// <summary>Where a mailbox's EWS is, asked of its domain: SOAP first, then POX (ews/protocol.md section 11).</summary>
/// <remarks>
/// No redirect is followed blindly (quality.md T4): each hop must be https to a host under the mailbox's domain or on the allow list, at an address
/// that the target may have, and only then are credentials sent there. At most ten hops. The active directory's SCP, plain http and DNS SRV are not
/// asked: what they say cannot be trusted without a person, who can as well enter the URL.
/// </remarks>
internal sealed class Autodiscover(TargetConnection connection, TimeProvider time, EwsOptions options)
{
    private const int MaxHops = 10;
    private const int MaxAnswerBytes = 1024 * 1024;
    private const int MaxSecondsPerHop = 20;

    /// <exception cref="ExchangeTransportException">No server of the domain gave an answer that may be used.</exception>
    public async Task<DiscoveredMailbox> FindAsync(string mailbox, CancellationToken cancellation)
    {
        // Its own connections: what was learnt about a host that Autodiscover names must not serve requests to Exchange, nor the other way round.
        var certificates = new CertificateCheck(connection.Target.Tls, connection.Target.TrustedCertificatePem, time);
        using var handler = HandlerFactory.Create(connection.Target, connection.Secret, certificates);
        return await FindAsync(mailbox, handler, cancellation);
    }

    /// <summary>The same with a handler of the caller's.</summary>
    public async Task<DiscoveredMailbox> FindAsync(string mailbox, HttpMessageHandler handler, CancellationToken cancellation)
    {
        var signIn = new SignIn(connection, () => handler);
        using var http = new HttpMessageInvoker(handler, disposeHandler: false);
        var rules = new HopRules(DomainOf(mailbox), options.AutodiscoverHosts);
        var troubles = new List<string>();
        foreach (var start in Starts(rules.Domain))
        {
            var walk = new Walk(http, signIn, connection.Target.UserName, rules, Math.Min(connection.Target.RequestTimeoutSeconds, MaxSecondsPerHop), time);
            try
            {
                return await walk.FollowAsync(start, mailbox, cancellation);
            }
            catch (ExchangeException trouble) when (trouble is not ExchangeTransportException { HttpStatus: 401 })
            {
                // A refused password is not tried on the next host: four tries can lock an account.
                troubles.Add(trouble.Message);
            }
        }
        throw new ExchangeTransportException(
            $"Autodiscover found no Exchange for {mailbox}. {string.Join(" ", troubles.Distinct())} Enter the address of EWS for the "
                + "target.") { CanPass = false };
    }

    private static IEnumerable<Hop> Starts(string domain)
    {
        foreach (var host in (string[])[$"autodiscover.{domain}", domain])
        {
            yield return new(new($"https://{host}/autodiscover/autodiscover.svc"), IsSoap: true);
            yield return new(new($"https://{host}/autodiscover/autodiscover.xml"), IsSoap: false);
        }
    }

    private static string DomainOf(string mailbox) => mailbox[(mailbox.LastIndexOf('@') + 1)..].ToLowerInvariant();

    /// <summary>One chain of hops.</summary>
    private sealed class Walk(HttpMessageInvoker http, SignIn signIn, string account, HopRules rules, int timeoutSeconds, TimeProvider time)
    {
        public async Task<DiscoveredMailbox> FollowAsync(Hop hop, string mailbox, CancellationToken cancellation)
        {
            for (var hops = 0; hops < MaxHops; hops++)
            {
                rules.Check(hop.Url);
                var answer = await AskAsync(hop, mailbox, cancellation);
                if (answer.EwsUrl is { } ews)
                {
                    rules.Check(ews);
                    return new(ews, answer.Grouping);
                }
                if (answer.RedirectUrl is { } url)
                    hop = hop with { Url = url };
                else if (answer.RedirectMailbox is { } other)
                    (mailbox, hop) = (other, hop with { Url = new UriBuilder(hop.Url) { Host = $"autodiscover.{DomainOf(other)}" }.Uri });
                else
                    throw new ExchangeTransportException($"{hop.Url.Host} says: {answer.Error}.") { CanPass = false };
            }
            throw new ExchangeTransportException($"Autodiscover for {mailbox} redirects more than {MaxHops} times.") { CanPass = false };
        }

        private async Task<DiscoveryAnswer> AskAsync(Hop hop, string mailbox, CancellationToken cancellation)
        {
            using var deadline = new Deadline(timeoutSeconds, time, cancellation);
            var context = new RequestContext(hop.Url, mailbox, account, signIn.Scheme, default, new("Exchange2013"));
            using var request = new HttpRequestMessage(HttpMethod.Post, hop.Url);
            request.Content = new SoapContent(hop.IsSoap ? GetUserSettings.Request(hop.Url, mailbox) : PoxAutodiscover.Request(mailbox));
            try
            {
                request.Headers.Authorization = await signIn.HeaderAsync(hop.Url.Host, renew: false, deadline.Token);
                using var response = await http.SendAsync(request, deadline.Token);
                if (response.StatusCode is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest && response.Headers.Location is { } location)
                    return new() { RedirectUrl = new(hop.Url, location) };
                if (response.StatusCode == HttpStatusCode.Unauthorized)
                    throw Explain.Status(response, context, isWrite: false, retryAfter: null);
                if (response.StatusCode != HttpStatusCode.OK)
                    throw new ExchangeTransportException($"{hop.Url.Host} answers HTTP "
                        + $"{(int)response.StatusCode}.") { HttpStatus = (int)response.StatusCode };
                await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(deadline.Token), MaxAnswerBytes, deadline.Token);
                using var reader = await SoapReader.OpenAsync(body);
                return hop.IsSoap ? await GetUserSettings.ReadAsync(reader) : await PoxAutodiscover.ReadAsync(reader);
            }
            catch (OperationCanceledException) when (deadline.HasPassed && !cancellation.IsCancellationRequested)
            {
                throw Explain.TooLate(context, timeoutSeconds, inDoubt: false);
            }
            catch (Exception fault) when (fault is XmlException or AnswerTooLargeException or UriFormatException)
            {
                throw Explain.Malformed(fault, context, inDoubt: false, excerpt: "");
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                throw Explain.Broken(fault, context, inDoubt: false);
            }
        }
    }

    private sealed record Hop(Uri Url, bool IsSoap);
}

/// <summary>Where a mailbox is served.</summary>
/// <param name="Grouping">GroupingInformation: mailboxes with equal URL and grouping may share a streaming connection.</param>
internal sealed record DiscoveredMailbox(Uri EwsUrl, string? Grouping);

/// <summary>One server's answer: a URL, a redirect, or an error.</summary>
internal sealed record DiscoveryAnswer
{
    public Uri? EwsUrl { get; init; }

    public string? Grouping { get; init; }

    public Uri? RedirectUrl { get; init; }

    public string? RedirectMailbox { get; init; }

    public string Error { get; init; } = "no answer";
}
