using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;
using Radzen;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>One target: its settings to read or to edit, and the test of its connection.</summary>
public partial class TargetPane : ConsoleComponent
{
    private bool _isEditing;
    private bool _isTesting;

    [Parameter, EditorRequired]
    public TargetView View { get; set; } = null!;

    [Parameter]
    public EventCallback OnChanged { get; set; }

    [Parameter]
    public EventCallback OnDeleted { get; set; }

    [Inject]
    private TargetService Targets { get; set; } = null!;

    [Inject]
    private DialogService Dialogs { get; set; } = null!;

    private Task OnSavedAsync()
    {
        _isEditing = false;
        return OnChanged.InvokeAsync();
    }

    private async Task DeleteAsync()
    {
        var isSure = await Dialogs.AskAsync(
            $"Delete target {View.Target.Name}?",
            "Its settings and its secret are removed for good. A target with links is not deleted. Nothing changes in Exchange.", "Delete");
        if (isSure && await DoAsync(async viewer => (await Targets.DeleteAsync(viewer, View.Target.Id, Gone)).Problem))
            await OnDeleted.InvokeAsync();
    }
}
