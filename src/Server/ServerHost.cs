using System.Net;
using System.Text.Json.Serialization;
using CrmSync.Engine.Queue;
using CrmSync.Server.Api;
using CrmSync.Server.Composition;
using CrmSync.Server.Hosting;
using CrmSync.Server.Observability;
using CrmSync.Server.Push;
using CrmSync.Server.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.Json;
using Serilog;

namespace CrmSync.Server;

/// <summary>The host: endpoints, sign-in, console, health, metrics, and the engine's workers.</summary>
public static class ServerHost
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(args);

    /// <summary>Reads the settings: appsettings.json, then CRMSYNC_* of the environment, then the command line.</summary>
    public static ServerSettings ReadSettings(IConfiguration configuration)
    {
        var settings = new ServerSettings();
        configuration.Bind(settings);
        return settings;
    }

    /// <summary>A server ready to run.</summary>
    /// <param name="settings">How it is set up.</param>
    /// <param name="configure">Further services, after all others.</param>
    public static WebApplication Build(ServerSettings settings, Action<IServiceCollection>? configure = null)
    {
        settings.Check();
        LoadedAssemblies.Ensure();
        Directory.CreateDirectory(settings.Data);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(ServerHost).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(settings.Urls).UseStaticWebAssets().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
        });
        builder.Logging.ClearProviders().AddSerilog(Logging.Create(settings, builder.Configuration), dispose: true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.Services.AddSingleton(settings);
        builder.Services.AddEngine(settings);
        builder.Services.AddSingleton<MetricsCollector>();
        builder.Services.AddSingleton<StoreGauges>();
        builder.Services.Configure<JsonOptions>(json => ApiJson.Configure(json.SerializerOptions));
        builder.Services.AddProblemDetails(ApiProblems.Configure);
        builder.Services.AddExceptionHandler<ApiExceptionHandler>();
        // So that an unreadable body is answered with its reason, by the same handler as every other mistake.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        AddSignIn(builder.Services, settings);
        ApiDocuments.Add(builder.Services);
        builder.Services.AddHealthChecks().AddCheck<ReadyCheck>("ready", tags: ["ready"]);
        ConsoleHosting.Add(builder.Services);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.Services.GetRequiredService<MetricsCollector>();
        Tracing.Start(settings, app.Lifetime);
        app.UseExceptionHandler();
        app.UseStatusCodePages(ApiProblems.WriteStatusAsync);
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<RequestLog>();
        ConsoleHosting.Use(app);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        PushEndpoint.Map(app);
        HealthEndpoints.Map(app);
        MetricsEndpoint.Map(app, settings);
        ConsoleSignIn.Map(app);
        ApiEndpoints.Map(app);
        ApiDocuments.Map(app);
        ConsoleHosting.Map(app);
        return app;
    }

    private static void AddSignIn(IServiceCollection services, ServerSettings settings)
    {
        services.AddAuthentication(options =>
            {
                options.DefaultScheme = "either";
                options.DefaultChallengeScheme = "either";
            })
            .AddPolicyScheme("either", null, options => options.ForwardDefaultSelector = http =>
                http.Request.Headers.ContainsKey("Authorization") || http.Request.Path.StartsWithSegments("/api") && !http.Request.Headers.ContainsKey("Cookie")
                    ? TokenAuthentication.SchemeName
                    : ConsoleSignIn.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null)
            .AddCookie(ConsoleSignIn.SchemeName, options => ConsoleSignIn.Configure(options, IsLoopbackHttp(settings)));
        services.AddAuthorization();
        services.AddCascadingAuthenticationState();
        services.AddHttpContextAccessor();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = IsLoopbackHttp(settings) ? "crmsync-form" : "__Host-crmsync-form";
            options.Cookie.SecurePolicy = IsLoopbackHttp(settings) ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Strict;
        });
    }

    private static bool IsLoopbackHttp(ServerSettings settings) => settings.Urls.Split(';').All(url =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == "http"
        && (uri.IsLoopback || IPAddress.TryParse(uri.Host, out var address) && IPAddress.IsLoopback(address)));
}
