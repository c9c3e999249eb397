namespace CrmSync.Server.Security;

/// <summary>Headers that every page carries: no framing, no sniffing, scripts and styles from here only (quality.md T11).</summary>
public sealed class SecurityHeaders(RequestDelegate next)
{
    // Radzen positions pop-ups by style attributes, hence 'unsafe-inline' for styles alone; scripts get none.
    private const string Policy =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'";

    public Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = Policy;
        return next(http);
    }
}
