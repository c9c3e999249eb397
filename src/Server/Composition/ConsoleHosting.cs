using System.Reflection;
using CrmSync.AdminConsole.Layout;
using CrmSync.AdminConsole.Parts;
using CrmSync.Server.Security;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Net.Http.Headers;
using Radzen;

namespace CrmSync.Server.Composition;

/// <summary>Mounts the console (AdminConsole) into this host.</summary>
public static class ConsoleHosting
{
    private const string ScriptName = "blazor.web.js";

    public static void Add(IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DetailedErrors = false;
            circuits.DisconnectedCircuitMaxRetained = 50;
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(2);
        }).AddHubOptions(hub => hub.MaximumReceiveMessageSize = 32 * 1024);
        services.AddRadzenComponents();
        services.AddScoped<ConsoleUser>();
        services.AddScoped<Pulse>();
        services.AddScoped<CircuitSession>();
        services.AddScoped<CircuitHandler>(provider => provider.GetRequiredService<CircuitSession>());
        services.AddScoped<AuthenticationStateProvider, CircuitAuthentication>();
    }

    /// <summary>What stands before sign-in.</summary>
    public static void Use(WebApplication app)
    {
        app.Use(RefuseForeignSocketsAsync);
        app.UseStatusCodePagesWithReExecute("/not-found");
        app.Use(KeepPlainForProgramsAsync);
    }

    public static void Map(WebApplication app)
    {
        app.MapStaticAssets();
        MapScript(app);
        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null); // SecurityHeaders says it
    }

    // Browsers let any page open a socket to us and send our cookie along; only our own pages may (quality.md T11).
    private static Task RefuseForeignSocketsAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments("/_blazor") && http.Request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == http.Request.Host.Value))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }
        return next(http);
    }

    // A page says "not found" to a person; a program gets the bare status.
    private static Task KeepPlainForProgramsAsync(HttpContext http, RequestDelegate next)
    {
        var isForPerson = HttpMethods.IsGet(http.Request.Method) && !http.Request.Path.StartsWithSegments("/api")
            && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
        if (!isForPerson && http.Features.Get<IStatusCodePagesFeature>() is { } pages)
            pages.Enabled = false;
        return next(http);
    }

    // Only with a sparse package feed (eng/sparse-feed/BlazorScript.targets); otherwise it is one of the static assets.
    private static void MapScript(WebApplication app)
    {
        using var resource = typeof(ConsoleHosting).Assembly.GetManifestResourceStream(ScriptName);
        if (resource is null)
            return;
        var script = new byte[resource.Length];
        resource.ReadExactly(script);
        var version = typeof(ConsoleHosting).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var tag = new EntityTagHeaderValue($"\"{version}-{script.Length}\"");
        app.MapGet($"/_framework/{ScriptName}", () => Results.Bytes(script, "text/javascript", entityTag: tag)).AllowAnonymous().ExcludeFromDescription();
    }
}
