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
        var began = context.Properties.GetString("began");
        var isTooOld = began is null || time.GetUtcNow().ToUnixTimeSeconds() - long.Parse(began, System.Globalization.CultureInfo.InvariantCulture) > 12 * 3600;
        if (account is null or { IsDisabled: true } || account.SecurityStamp != context.Principal?.FindFirstValue("crmsync:stamp") || isTooOld)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(SchemeName);
        }
    }

    public static void Map(WebApplication app)
    {
        app.MapPost("/sign-in", SignInAsync).DisableAntiforgery().AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/setup", SetUpAsync).DisableAntiforgery().AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/sign-out", async (HttpContext http, IAntiforgery antiforgery) =>
        {
            if (await antiforgery.IsRequestValidAsync(http))
                await http.SignOutAsync(SchemeName);
            return Results.Redirect("/sign-in");
        }).DisableAntiforgery().AllowAnonymous().ExcludeFromDescription();
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
        var properties = new AuthenticationProperties();
        properties.SetString("began", time.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        return http.SignInAsync(SchemeName, SignInService.PrincipalOf(account, SchemeName), properties);
    }

    // Only paths of our own: a redirect must not lead elsewhere.
    private static string LocalPath(string? to) =>
        to is ['/', ..] && !to.StartsWith("//", StringComparison.Ordinal) && !to.StartsWith("/\\", StringComparison.Ordinal) && !to.Any(char.IsControl) ? to : "/";
}
