using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Targets;
using CrmSync.Server.Composition;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace CrmSync.Server.Api;

/// <summary>A target's settings. The secret is never given, only whether there is one.</summary>
public sealed record TargetJson(
    Guid Id, long Version, string Name, TargetKind Kind, bool IsEnabled, string? Url, string ServerVersion, AuthenticationKind Authentication, string UserName, bool HasSecret,
    string? OAuthAuthority, string? OAuthScope, AccessType Access, TlsMode Tls, string? TrustedCertificatePem, bool IsOnPremises, NotificationMode Notifications, string? PublicUrl,
    int PollIntervalSeconds, int CheckUpIntervalMinutes, int RenewalMarginSeconds, SyncDirection ScheduleDirection, SyncDirection TaskDirection, SyncDirection ContactDirection,
    ConflictPolicy ConflictPolicy, IReadOnlyDictionary<string, ConflictPolicy>? FieldPolicies, DeleteConflictPolicy DeletePolicy, MailPolicy MailPolicy, int MaxConnections, int MaxRequestsPerMailbox, int RequestTimeoutSeconds, int DeleteGuardPercent, int DeleteGuardMinimum,
    int DeleteGuardCount, int ChangeGuardPercent, int ChangeGuardMinimum, int ChangeGuardCount, int AllChangedMinimum, int RewritesPerHour, int MailsPerHour,
    int Links, IReadOnlyList<TargetTrouble> Troubles, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static TargetJson Of(TargetView view)
    {
        var t = view.Target;
        return new(
            t.Id, t.Version, t.Name, t.Kind, t.IsEnabled, t.Url, t.ServerVersion, t.Authentication, t.UserName, view.HasSecret, t.OAuthAuthority, t.OAuthScope, t.Access, t.Tls,
            t.TrustedCertificatePem, t.IsOnPremises, t.Notifications, t.PublicUrl, t.PollIntervalSeconds, t.CheckUpIntervalMinutes, t.RenewalMarginSeconds, t.ScheduleDirection,
            t.TaskDirection, t.ContactDirection, t.ConflictPolicy, t.FieldPolicies, t.DeletePolicy, t.MailPolicy, t.MaxConnections, t.MaxRequestsPerMailbox, t.RequestTimeoutSeconds, t.DeleteGuardPercent,
            t.DeleteGuardMinimum, t.DeleteGuardCount, t.ChangeGuardPercent, t.ChangeGuardMinimum, t.ChangeGuardCount, t.AllChangedMinimum, t.RewritesPerHour, t.MailsPerHour, view.Links, view.Troubles, t.CreatedAt, t.UpdatedAt);
    }
}

/// <summary>/api/v1/targets.</summary>
public static class TargetEndpoints
{
    private static readonly string[] ReadOnly = ["id", "version", "sealedSecret", "createdAt", "updatedAt"];

    public static void Map(RouteGroupBuilder api)
    {
        var targets = api.MapGroup("/targets").WithTags("Targets");
        targets.MapGet("", async (TargetService service, CancellationToken cancellation) =>
                new PageJson<TargetJson>([.. (await service.ListAsync(cancellation)).Select(TargetJson.Of)], null))
            .Needs(Scopes.TargetsRead).WithSummary("All targets");
        targets.MapGet("/{id:guid}", async (HttpContext http, TargetService service, Guid id, CancellationToken cancellation) =>
                await service.FindAsync(id, cancellation) is { } view ? Answer(http, view) : NoTarget(id))
            .Needs(Scopes.TargetsRead).Produces<TargetJson>().WithSummary("One target");
        targets.MapPost("", SaveNewAsync).Needs(Scopes.TargetsWrite).Idempotent().Accepts<TargetJson>("application/json").Produces<TargetJson>(201)
            .WithSummary("Make a target; 'secret' is its password or client secret and is never given back");
        targets.MapPatch("/{id:guid}", SaveAsync).Needs(Scopes.TargetsWrite).Accepts<TargetJson>("application/json").Produces<TargetJson>().WithSummary("Change the settings that are sent");
        targets.MapDelete("/{id:guid}", async (HttpContext http, TargetService service, Guid id, CancellationToken cancellation) =>
                (await service.DeleteAsync(http.Viewer(), id, cancellation)).Problem is { } problem ? problem.ToResult() : Results.NoContent())
            .Needs(Scopes.TargetsWrite).WithSummary("Remove a target without links");
        targets.MapPost("/{id:guid}/test", TestAsync).Needs(Scopes.LinksOperate).Produces<IReadOnlyList<ConnectionStep>>()
            .WithSummary("Test the connection step by step for one mailbox, each step with its cure");
        targets.MapGet("/{id:guid}/folders", FoldersAsync).Needs(Scopes.LinksRead).WithSummary("Folder tree of a mailbox, read from the server now");
    }

    private static Task<IResult> SaveNewAsync(
        HttpContext http, TargetService service, JsonElement body, IOptions<JsonOptions> json, ServerSettings settings, CancellationToken cancellation)
    {
        var (secret, rest) = TakeSecret(body);
        var start = new SyncTarget { Name = "", PublicUrl = settings.PublicUrl };
        var target = MergePatch.Apply(start, rest, json.Value.SerializerOptions, ReadOnly);
        return AnswerAsync(http, service.CreateAsync(http.Viewer(), target, secret, cancellation), isNew: true);
    }

    private static async Task<IResult> SaveAsync(
        HttpContext http, TargetService service, Guid id, JsonElement body, IOptions<JsonOptions> json, CancellationToken cancellation)
    {
        if (!ETags.TryRead(http.Request, out var version))
            return ETags.BadIfMatch();
        if (await service.FindAsync(id, cancellation) is not { } current)
            return NoTarget(id);
        var (secret, rest) = TakeSecret(body);
        var target = MergePatch.Apply(current.Target, rest, json.Value.SerializerOptions, ReadOnly);
        return await AnswerAsync(http, service.UpdateAsync(http.Viewer(), id, version ?? current.Target.Version, target, secret, cancellation), isNew: false);
    }

    private static async Task<IResult> TestAsync(Connectors connectors, TargetService targets, Guid id, string mailbox, CancellationToken cancellation)
    {
        if (await targets.FindSealedAsync(id, cancellation) is not { } target)
            return NoTarget(id);
        await using var connector = connectors.Make(target);
        var steps = new List<ConnectionStep>();
        await foreach (var step in connector.TestAsync(mailbox, cancellation))
            steps.Add(step);
        return Results.Ok(steps);
    }

    private static async Task<IResult> FoldersAsync(Connectors connectors, TargetService targets, Guid id, string mailbox, CancellationToken cancellation)
    {
        if (await targets.FindSealedAsync(id, cancellation) is not { } target)
            return NoTarget(id);
        try
        {
            var folders = await connectors.For(target).Open(mailbox).ListFoldersAsync(cancellation);
            return Results.Ok(new PageJson<object>([.. folders.Select(folder => (object)new { id = folder.Id.Value, parent = folder.Parent?.Value, folder.Name, folder.Kind, folder.ItemCount })], null));
        }
        catch (ExchangeException failure)
        {
            return Results.Problem(statusCode: 502, title: "Exchange did not give the folders", detail: failure.Message);
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, Task<Outcome<TargetView>> saving, bool isNew)
    {
        var saved = await saving;
        if (saved.Problem is { } problem)
            return problem.ToResult();
        http.Response.Headers.ETag = ETags.Of(saved.Value!.Target.Version);
        return isNew ? Results.Created($"/api/v1/targets/{saved.Value.Target.Id}", TargetJson.Of(saved.Value)) : Results.Ok(TargetJson.Of(saved.Value));
    }

    private static IResult Answer(HttpContext http, TargetView view)
    {
        http.Response.Headers.ETag = ETags.Of(view.Target.Version);
        return Results.Ok(TargetJson.Of(view));
    }

    // The secret travels beside the settings, never inside them.
    private static (string? Secret, JsonElement Settings) TakeSecret(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("secret", out var secret))
            return (null, body);
        var rest = System.Text.Json.Nodes.JsonNode.Parse(body.GetRawText())!.AsObject();
        rest.Remove("secret");
        return (secret.ValueKind == JsonValueKind.Null ? null : secret.GetString(), JsonSerializer.SerializeToElement(rest));
    }

    private static IResult NoTarget(Guid id) => new Problem(ProblemKind.NotFound, $"There is no target {id}.").ToResult();
}
