using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>All settings of a target. It works on a copy: what others save meanwhile is noticed when this is saved, by the version.</summary>
public partial class TargetForm : ConsoleComponent
{
    private static readonly string[] ServerVersions = ["Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1"];
    private static readonly NotificationMode[] EwsModes = [NotificationMode.Streaming, NotificationMode.Push, NotificationMode.Poll];
    private SyncTarget _draft = new() { Name = "" };
    private string? _secret;
    private long? _version;
    private bool _isFilled;

    /// <summary>Null makes a new target.</summary>
    [Parameter]
    public TargetView? View { get; set; }

    [Parameter]
    public EventCallback<TargetView> OnSaved { get; set; }

    [Parameter]
    public EventCallback OnCancelled { get; set; }

    [Inject]
    private TargetService Targets { get; set; } = null!;

    private bool IsOAuth => _draft.Authentication == AuthenticationKind.OAuthClientCredentials;

    private string FormName => View is null ? "new-target" : "target";

    protected override void OnParametersSet()
    {
        // Later parameters are fresh rows from the live view: they must not overwrite what is being typed.
        if (_isFilled || View is null)
            return;
        Fill(View);
    }

    private void Fill(TargetView view)
    {
        (_draft, _version, _isFilled) = (view.Target.Copy(), view.Target.Version, true);
        _secret = null;
    }

    private async Task SaveAsync()
    {
        TargetView? saved = null;
        (_draft.Url, _draft.OAuthScope, _draft.OAuthAuthority) = (Blank(_draft.Url), Blank(_draft.OAuthScope), Blank(_draft.OAuthAuthority));
        var secret = string.IsNullOrEmpty(_secret) ? null : _secret;
        var isDone = await DoAsync(async viewer =>
        {
            var outcome = View is null
                ? await Targets.CreateAsync(viewer, _draft, secret, Gone)
                : await Targets.UpdateAsync(viewer, View.Target.Id, _version, _draft, secret, Gone);
            saved = outcome.Value;
            return outcome.Problem;
        });
        if (isDone && saved is not null)
            await OnSaved.InvokeAsync(saved);
    }

    private static readonly (string Field, string Label)[] PolicyFields =
        [.. (ScheduleFields.All & ~ScheduleFields.ReadOnlyInExchange).Each().Select(field => (FieldNames.NameOf(field), FieldTexts.Label(field)))];

    private FieldProblem? PolicyProblem(string field) => Problem?.Fields.FirstOrDefault(problem => problem.Field == $"fieldPolicies.{field}");

    private void SetPolicy(string field, ChangeEventArgs change)
    {
        var policies = new Dictionary<string, ConflictPolicy>(_draft.FieldPolicies ?? []);
        if (Enum.TryParse<ConflictPolicy>(change.Value as string, out var policy))
            policies[field] = policy;
        else
            policies.Remove(field);
        _draft.FieldPolicies = policies.Count == 0 ? null : policies;
    }

    private async Task TakeTheirsAsync()
    {
        if (await Targets.FindAsync(View!.Target.Id, Gone) is { } now)
            Fill(now);
        Problem = null;
    }

    private async Task SaveOverAsync()
    {
        _version = (await Targets.FindAsync(View!.Target.Id, Gone))?.Target.Version;
        await SaveAsync();
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
