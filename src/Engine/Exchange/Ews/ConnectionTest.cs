using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using CrmSync.Engine.Exchange.Ews.Operations;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Exchange.Ews.Transport;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange.Ews;

/// <summary>Tries what a link needs, one step after the other, each with its cure; the first failure skips the rest.</summary>
internal sealed class ConnectionTest(EwsConnector connector, string mailbox)
{
    private static readonly string[] Steps = ["DNS", "TLS", "Authentication", "Version", "Mailbox", "Folder", "Subscription"];

    private readonly SyncTarget _target = connector.Target;
    private Uri? _url;
    private FolderInfo? _folder;
    private ExchangeResponseException? _refusal;

    public async IAsyncEnumerable<ConnectionStep> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var hasFailed = false;
        foreach (var name in Steps)
        {
            if (hasFailed)
            {
                yield return new(name, StepState.Skipped, "Not tried, because an earlier step failed.", null, 0);
                continue;
            }
            var started = connector.Time.GetTimestamp();
            var verdict = await TryAsync(name, cancellation);
            hasFailed = verdict.State == StepState.Failed;
            yield return new(name, verdict.State, verdict.Detail, verdict.Cure, (long)connector.Time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private async Task<Verdict> TryAsync(string name, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_target.RequestTimeoutSeconds, connector.Time, cancellation);
        try
        {
            return name switch
            {
                "DNS" => await DnsAsync(deadline.Token),
                "TLS" => await TlsAsync(deadline.Token),
                "Authentication" => await AuthenticationAsync(deadline.Token),
                "Version" => Version(),
                "Mailbox" => Mailbox(),
                "Folder" => Folder(),
                _ => await SubscriptionAsync(deadline.Token),
            };
        }
        catch (ExchangeException fault)
        {
            return Failed(fault.Message, CureOf(fault));
        }
        catch (OperationCanceledException) when (deadline.HasPassed && !cancellation.IsCancellationRequested)
        {
            return Failed($"No answer within {_target.RequestTimeoutSeconds} s.", "Check the network and firewalls between this machine and "
                + "the server.");
        }
    }

    private async Task<Verdict> DnsAsync(CancellationToken cancellation)
    {
        if (connector.IsInProcess && connector.Url is not null)
        {
            _url = connector.Url;
            return new(StepState.Skipped, "The server runs inside this process.");
        }
        _url = await connector.UrlOfAsync(mailbox, cancellation);
        try
        {
            var addresses = await AddressGuard.ResolveAsync(_url.Host, _target.IsOnPremises, cancellation);
            return Passed($"{_url.Host} is {string.Join(", ", addresses.Select(address => address.ToString()))}.");
        }
        catch (SocketException fault)
        {
            return Failed(
                Explain.Of(fault.SocketErrorCode, _url) ?? $"{_url.Host} could not be looked up.",
                "Correct the address of the target, or the DNS that this machine asks.");
        }
        catch (AddressRefusedException fault)
        {
            return Failed(fault.Message, "Mark the target as on-premises if the server is in your own network.");
        }
    }

    private async Task<Verdict> TlsAsync(CancellationToken cancellation)
    {
        if (connector.IsInProcess)
            return new(StepState.Skipped, "The server runs inside this process.");
        if (_url!.Scheme != Uri.UriSchemeHttps)
            return new(StepState.Warning, $"{_url.Host} is used without encryption: passwords and contents can be read on the "
                + "way.", "Use https, except for a server on this machine.");
        try
        {
            await using var stream = await AddressGuard.ConnectAsync(new DnsEndPoint(_url.Host, _url.Port), _target.IsOnPremises, cancellation);
            await using var tls = new SslStream(stream);
            var options = HandlerFactory.Tls(new(_target.Tls, _target.TrustedCertificatePem, connector.Time));
            options.TargetHost = _url.Host;
            await tls.AuthenticateAsClientAsync(options, cancellation);
            var expiry = tls.RemoteCertificate?.GetExpirationDateString();
            return _target.Tls == TlsMode.Off
                ? new(StepState.Warning, $"{tls.SslProtocol}; the certificate is not checked: anybody on the way can pretend to be "
                    + $"{_url.Host}.", "Pin the server's certificate or its CA instead.")
                : Passed($"{tls.SslProtocol}; the certificate is good until {expiry}.");
        }
        catch (CertificateRefusedException fault)
        {
            return Failed(fault.Message, fault.Problem switch
            {
                CertificateProblem.Expired => "Renew the certificate on the Exchange server.",
                CertificateProblem.WrongHost => "Use the name that is on the certificate as the address of the target.",
                _ => "Enter the certificate of the CA that issued it, or the server's own, as trusted for this target.",
            });
        }
        catch (SocketException fault)
        {
            return Failed(Explain.Of(fault.SocketErrorCode, _url) ?? $"No connection to {_url.Host}:{_url.Port}.", "Check the address and "
                + "port, and that the server runs and no firewall is between.");
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException)
        {
            return Failed($"{_url.Host}:{_url.Port} does not speak TLS 1.2 or 1.3.", "Check the port, and the TLS versions that the server allows.");
        }
    }

    // One request tells about sign-in, version, mailbox and folder: which of them failed is in the kind of its failure.
    private async Task<Verdict> AuthenticationAsync(CancellationToken cancellation)
    {
        try
        {
            _folder = await connector.Open(mailbox).FindDefaultFolderAsync(ItemKind.Schedule, cancellation);
        }
        catch (ExchangeResponseException refusal)
        {
            _refusal = refusal; // understood, so the sign-in was good
        }
        catch (ExchangeTransportException fault) when (fault.HttpStatus is 401 or 403)
        {
            return Failed(fault.Message, fault.HttpStatus == 401
                ? "Correct user name, password or the kind of sign-in of the target."
                : "Allow EWS for the organisation, the mailbox and this application in Exchange.");
        }
        return Passed($"{_target.UserName} is signed in with {_target.Authentication}.");
    }

    private Verdict Version()
    {
        var build = connector.Channel.Build;
        if (_refusal is { Code: "ErrorInvalidServerVersion" or "ErrorSchemaValidation" or "ErrorIncorrectSchemaVersion" } refusal)
            return Failed(refusal.Message, "Choose a lower version for the target.");
        if (build is null)
            return new(StepState.Warning, "The server does not tell its version.", "None needed if all else passes.");
        return build.Major < 14
            ? new(StepState.Warning, $"{build} has no streaming notifications and no time zones of items.", "Choose version Exchange2007_SP1 "
                + "and notifications by push or polling.")
            : Passed($"{build}; requests use {connector.Channel.Version}.");
    }

    private Verdict Mailbox() => _refusal switch
    {
        null => Passed($"{mailbox} opens{(_target.Access == AccessType.Impersonation ? $" for {_target.UserName} by impersonation" : "")}."),
        { Code: ResponseCodes.ErrorImpersonateUserDenied or ResponseCodes.ErrorImpersonationDenied } refusal =>
            Failed(refusal.Message, $"In Exchange, assign the role ApplicationImpersonation to {_target.UserName} with a scope that contains "
                + $"{mailbox}; or use delegate access."),
        { Code: ResponseCodes.ErrorNonExistentMailbox } refusal => Failed(refusal.Message, "Correct the mail address."),
        // Delegate access: a missing right on the folder comes in the next step.
        { Code: ResponseCodes.ErrorFolderNotFound or ResponseCodes.ErrorItemNotFound or ResponseCodes.ErrorAccessDenied } => Passed($"{mailbox} exists."),
        var refusal => Failed(refusal.Message, CureOf(refusal)),
    };

    private Verdict Folder() => _folder is { } folder
        ? Passed($"{folder.Name} with {folder.ItemCount} items.")
        : Failed(_refusal!.Message, $"Share the calendar of {mailbox} with {_target.UserName}, or use impersonation.");

    private async Task<Verdict> SubscriptionAsync(CancellationToken cancellation)
    {
        switch (_target.Notifications)
        {
            case NotificationMode.Push when string.IsNullOrWhiteSpace(_target.PublicUrl):
                return Failed("Push needs the address under which Exchange reaches this server.", "Enter the public address of the target.");
            case NotificationMode.Push:
                return new(StepState.Skipped, $"Exchange will post to {_target.PublicUrl}; whether it can is seen at the first subscription.");
            case NotificationMode.Streaming when !connector.Channel.Version.Is2010Sp1:
                return Failed($"Streaming does not exist in {connector.Channel.Version}.", "Choose Exchange2010_SP1 or later, or "
                    + "notifications by push or polling.");
            case NotificationMode.Streaming:
                var mailboxClient = (EwsMailbox)connector.Open(mailbox);
                var subscription = await mailboxClient.SubscribeStreamingAsync(FolderRef.Of(_folder!.Id), group: null, cancellation);
                await mailboxClient.UnsubscribeAsync(subscription.SubscriptionId, subscription.Group, cancellation);
                return Passed("The server accepts streaming subscriptions.");
            default:
                return new(StepState.Skipped, $"No notifications are wanted; changes are found by polling every {_target.PollIntervalSeconds} s.");
        }
    }

    private static Verdict Passed(string detail) => new(StepState.Passed, detail);

    private static Verdict Failed(string detail, string cure) => new(StepState.Failed, detail, cure);

    private static string CureOf(ExchangeException fault) => fault switch
    {
        { BackOff: { } wait } => $"Try again in {Math.Ceiling(wait.TotalSeconds)} s.",
        ExchangeResponseException { Code: "ErrorExceededSubscriptionCount" } =>
            "Let unused subscriptions run out (half an hour), or raise EwsMaxSubscriptions in the throttling policy of the account.",
        ExchangeResponseException { Code: "ErrorExceededConnectionCount" } => "Raise EwsMaxConcurrency in the throttling policy of the account.",
        ExchangeResponseException { Code: "ErrorSubscriptionDelegateAccessNotSupported" } => "Use impersonation, or notifications by polling.",
        ExchangeResponseException { IsTransient: false } refusal => $"Look up {refusal.Code} in the documentation of Exchange Web Services.",
        { IsTransient: true } and not ExchangeProtocolException => "Try again; if it stays, look at the Exchange server.",
        _ => "Check the address and the settings of the target.",
    };

    private sealed record Verdict(StepState State, string Detail, string? Cure = null);
}
