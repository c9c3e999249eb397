using System.Globalization;
using System.Net;
using System.Security.Claims;
using CrmSync.Engine.Access;
using CrmSync.Engine.Store;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CrmSync.Server.Security;

/// <summary>The console's session: a cookie, its revalidation, and the posts that make and end it.</summary>
public static class ConsoleSignIn
{
    public const string SchemeName = "console";

    /// <summary>Seconds since 1970 at which the person signed in.</summary>
    public const string BeganClaim = "crmsync:began";

    public static void Configure(CookieAuthenticationOptions options, bool isLoopbackHttp)
    {
        // On loopback HTTP browsers refuse Secure cookies; anywhere else HTTPS is required (design.md section 7).
        options.Cookie.Name = isLoopbackHttp ? "crmsync" : "__Host-crmsync";
        options.Cookie.SecurePolicy = isLoopbackHttp ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.Path = "/";
        options.ExpireTimeSpan = TimeSpan.FromMinutes(30);
        options.SlidingExpiration = true;
        options.LoginPath = "/sign-in";
        options.ReturnUrlParameter = "to";
        options.Events.OnValidatePrincipal = RevalidateAsync;
        options.Events.OnRedirectToLogin = context =>
        {
            if (context.Request.Path.StartsWithSegments("/api"))
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            else
                context.Response.Redirect(context.RedirectUri);
            return Task.CompletedTask;
        };
    }

    /// <summary>A session ends when its account was disabled or its password or role changed, and after 12 hours in any case.</summary>
    private static async Task RevalidateAsync(CookieValidatePrincipalContext context)
    {
        var store = context.HttpContext.RequestServices.GetRequiredService<IAccessStore>();
        var time = context.HttpContext.RequestServices.GetRequiredService<TimeProvider>();
        var account = await store.FindAccountAsync(context.Principal?.Identity?.Name ?? "", context.HttpContext.RequestAborted);
        var isTooOld = IsTooOld(context.Principal?.FindFirstValue(BeganClaim), time);
        if (account is null or { IsDisabled: true } || account.SecurityStamp != context.Principal?.FindFirstValue("crmsync:stamp") || isTooOld)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(SchemeName);
        }
    }

    /// <summary>12 hours are the longest that a sign-in lasts.</summary>
    public static bool IsTooOld(string? began, TimeProvider time) =>
        !long.TryParse(began, CultureInfo.InvariantCulture, out var seconds) || time.GetUtcNow().ToUnixTimeSeconds() - seconds > 12 * 3600;

    public static void Map(WebApplication app)
    {
        // Before the pages of the same addresses, which also answer to POST.
        app.MapPost("/sign-in", SignInAsync).DisableAntiforgery().AllowAnonymous().WithOrder(-1).ExcludeFromDescription();
        app.MapPost("/setup", SetUpAsync).DisableAntiforgery().AllowAnonymous().WithOrder(-1).ExcludeFromDescription();
        app.MapPost("/sign-out", async (HttpContext http, IAntiforgery antiforgery) =>
        {
            if (await antiforgery.IsRequestValidAsync(http))
                await http.SignOutAsync(SchemeName);
            return Results.Redirect("/sign-in");
        }).DisableAntiforgery().AllowAnonymous().WithOrder(-1).ExcludeFromDescription();
    }

    private static async Task<IResult> SignInAsync(HttpContext http, IAntiforgery antiforgery, SignInService service, TimeProvider time, CancellationToken cancellation)
    {
        if (!http.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(http))
            return Results.Redirect("/sign-in?problem=" + WebUtility.UrlEncode("The form was too old. Try again."));
        var form = await http.Request.ReadFormAsync(cancellation);
        var to = LocalPath(form["to"]);
        var result = await service.SignInAsync(form["user"].ToString(), form["password"].ToString(), cancellation);
        if (result.Account is null)
            return Results.Redirect($"/sign-in?problem={WebUtility.UrlEncode(result.Message)}&to={WebUtility.UrlEncode(to)}");
        await BeginAsync(http, result.Account, time);
        return Results.LocalRedirect(to);
    }

    private static async Task<IResult> SetUpAsync(
        HttpContext http, IAntiforgery antiforgery, SetupLinks links, SignInService service, TimeProvider time, CancellationToken cancellation)
    {
        if (!http.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(http))
            return Results.Redirect("/sign-in?problem=" + WebUtility.UrlEncode("The form was too old. Open the setup link again."));
        var form = await http.Request.ReadFormAsync(cancellation);
        var token = form["token"].ToString();
        var again = $"/setup?token={WebUtility.UrlEncode(token)}&problem=";
        if (form["password"] != form["repeated"])
            return Results.Redirect(again + WebUtility.UrlEncode("The two passwords differ."));
        if (!await links.IsValidAsync(token, cancellation))
            return Results.Redirect("/sign-in?problem=" + WebUtility.UrlEncode("The setup link is used up or expired. Make another with: crmsync setup-link"));
        try
        {
            var account = await service.CreateAsync(form["user"].ToString(), form["password"].ToString(), ConsoleRole.Administrator, null, cancellation);
            if (!await links.UseAsync(token, cancellation))
                return Results.Redirect("/sign-in?problem=" + WebUtility.UrlEncode("The setup link was used by somebody else just now."));
            await BeginAsync(http, account, time);
            return Results.LocalRedirect("/");
        }
        catch (ArgumentException problem)
        {
            return Results.Redirect(again + WebUtility.UrlEncode(problem.Message.Split(" (Parameter")[0]));
        }
    }

    private static Task BeginAsync(HttpContext http, ConsoleAccount account, TimeProvider time)
    {
        var principal = SignInService.PrincipalOf(account, SchemeName);
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(BeganClaim, time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return http.SignInAsync(SchemeName, principal, new AuthenticationProperties());
    }

    // Only paths of our own: a redirect must not lead elsewhere.
    private static string LocalPath(string? to) =>
        to is ['/', ..] && !to.StartsWith("//", StringComparison.Ordinal) && !to.StartsWith("/\\", StringComparison.Ordinal) && !to.Any(char.IsControl) ? to : "/";
}
