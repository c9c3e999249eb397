using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Crm;

/// <summary>What a target's settings must be. Pure.</summary>
public static class TargetValidation
{
    public static IReadOnlyList<FieldProblem> Check(SyncTarget target)
    {
        var problems = new List<FieldProblem>();
        void Add(string field, string cause, string cure) => problems.Add(new FieldProblem(field, cause, cure));
        void Range(string field, int value, int low, int high)
        {
            if (value < low || value > high)
                Add(field, $"{value} is not between {low} and {high}.", $"Give a number between {low} and {high}.");
        }

        if (string.IsNullOrWhiteSpace(target.Name) || target.Name.Length > 200)
            Add("name", "It is needed, at most 200 characters.", "Give a name that tells this organisation from others.");
        if (!IsUrl(target.Url))
            Add("url", $"'{target.Url}' is no address of a web service.", "Give https://HOST/EWS/Exchange.asmx, or nothing for Autodiscover.");
        if (!IsUrl(target.PublicUrl))
            Add("publicUrl", $"'{target.PublicUrl}' is no web address.", "Give the address under which Exchange reaches this server, for example https://crm.contoso.test.");
        if (target.Notifications == NotificationMode.Push && string.IsNullOrWhiteSpace(target.PublicUrl))
            Add("publicUrl", "Push needs the address under which Exchange reaches this server.", "Give it, or choose streaming.");
        if (target.Kind == TargetKind.Ews && target.Notifications == NotificationMode.Webhook)
            Add("notifications", "Webhooks belong to Graph.", "Choose streaming, push or poll.");
        if (target.Authentication == AuthenticationKind.OAuthClientCredentials && !IsUrl(target.OAuthAuthority ?? "-"))
            Add("oAuthAuthority", "OAuth needs the address of the token service.", "Give for example https://login.microsoftonline.com/TENANT.");
        if (string.IsNullOrWhiteSpace(target.UserName))
            Add("userName", "An account is needed.", "Give the service account, or the client id with OAuth.");
        if (target.Tls == TlsMode.Pinned && string.IsNullOrWhiteSpace(target.TrustedCertificatePem))
            Add("trustedCertificatePem", "Pinned trust needs a certificate.", "Paste the CA or the server certificate as PEM.");
        PolicyValidation.Check(target, Add);
        Range("pollIntervalSeconds", target.PollIntervalSeconds, 1, 86_400);
        Range("checkUpIntervalMinutes", target.CheckUpIntervalMinutes, 5, 60 * 24 * 31);
        Range("renewalMarginSeconds", target.RenewalMarginSeconds, 5, 3600);
        Range("maxConnections", target.MaxConnections, 1, 1000);
        Range("maxRequestsPerMailbox", target.MaxRequestsPerMailbox, 1, 27);
        Range("requestTimeoutSeconds", target.RequestTimeoutSeconds, 1, 600);
        Range("deleteGuardPercent", target.DeleteGuardPercent, 0, 100);
        Range("deleteGuardMinimum", target.DeleteGuardMinimum, 0, 100_000);
        Range("deleteGuardCount", target.DeleteGuardCount, 0, 1_000_000);
        Range("changeGuardPercent", target.ChangeGuardPercent, 0, 100);
        Range("changeGuardMinimum", target.ChangeGuardMinimum, 0, 100_000);
        Range("changeGuardCount", target.ChangeGuardCount, 0, 1_000_000);
        Range("allChangedMinimum", target.AllChangedMinimum, 0, 100_000);
        Range("rewritesPerHour", target.RewritesPerHour, 0, 1000);
        Range("mailsPerHour", target.MailsPerHour, 0, 1_000_000);
        return problems;
    }

    private static bool IsUrl(string? url) =>
        string.IsNullOrWhiteSpace(url) || (Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "https" or "http");
}
