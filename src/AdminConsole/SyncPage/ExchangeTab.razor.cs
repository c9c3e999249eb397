using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>Four panes: targets and the chosen one, its links and the chosen one. What is chosen stands in the address, so it can be sent to a colleague.</summary>
public partial class ExchangeTab : LiveComponent
{
    private IReadOnlyList<TargetView>? _targets;
    private bool _isNewTarget;
    private bool _isNewLink;
    private bool _wasChosen;

    [Parameter]
    public Guid? TargetId { get; set; }

    [Parameter]
    public Guid? LinkId { get; set; }

    [Inject]
    private TargetService Targets { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private TargetView? Selected => _targets?.FirstOrDefault(view => view.Target.Id == TargetId);

    protected override async Task ReadAsync()
    {
        _targets = await Targets.ListAsync(Gone);
        // With one organisation, which most have, there is nothing to choose.
        if (TargetId is null && _targets.Count == 1 && !_isNewTarget)
            TargetId = _targets[0].Target.Id;
    }

    private void Choose(Guid target)
    {
        (_isNewTarget, _isNewLink) = (false, false);
        Go(target, null);
    }

    private void ChooseLink(Guid? link)
    {
        (_isNewLink, _wasChosen) = (false, link is not null);
        Go(TargetId, link);
    }

    private void OnTargetMade(TargetView view) => Choose(view.Target.Id);

    private async Task OnTargetDeletedAsync()
    {
        TargetId = null;
        Go(null, null);
        await ReadSafelyAsync();
    }

    private void OnLinkMade(LinkView view) => ChooseLink(view.Link.Id);

    private void Go(Guid? target, Guid? link) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["target"] = target, ["link"] = link }));
}
