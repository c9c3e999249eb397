using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.AspNetCore.Components;
using Radzen;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>How one link is doing, live, and what can be done about it.</summary>
public partial class LinkPane : LiveComponent
{
    private LinkView? _view;
    private bool _isGone;
    private bool _isEditing;
    private bool _isPreviewing;
    private string? _said;
    private bool _hadFocus;
    private ElementReference _title;

    [Parameter, EditorRequired]
    public Guid LinkId { get; set; }

    /// <summary>The link was just chosen: keyboard and screen reader go on here, and a phone scrolls here.</summary>
    [Parameter]
    public bool TakesFocus { get; set; }

    [Parameter]
    public EventCallback OnRemoved { get; set; }

    [Inject]
    private LinkService Links { get; set; } = null!;

    [Inject]
    private DialogService Dialogs { get; set; } = null!;

    private string Name => $"{_view!.UserDisplayName} · {_view.Link.FolderName}";

    protected override async Task ReadAsync()
    {
        _view = await Links.FindAsync(LinkId, Gone);
        _isGone = _view is null;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!TakesFocus || _hadFocus || _view is null)
            return;
        _hadFocus = true;
        await _title.FocusAsync();
    }

    private static string Rules(SyncLink link)
    {
        var window = (link.WindowDaysBack, link.WindowDaysAhead) switch
        {
            (null, null) => "all dates",
            ({ } back, null) => $"from {back} days back",
            (null, { } ahead) => $"up to {ahead} days ahead",
            ({ } back, { } ahead) => $"{back} days back to {ahead} days ahead",
        };
        var showAs = link.AcceptedShowAs is null ? "any show-as" : string.Join(", ", link.AcceptedShowAs.Select(value => Words.Of(value)));
        var sensitivity = link.AcceptedSensitivities is null ? "any sensitivity" : string.Join(", ", link.AcceptedSensitivities.Select(value => Words.Of(value)));
        return $"{window}; {showAs}; {sensitivity}";
    }

    private Task SyncNowAsync() => OperateAsync((viewer, id) => Links.SyncNowAsync(viewer, id, Gone), "Queued: the folder is looked at now.");

    private Task ResumeAsync() => OperateAsync((viewer, id) => Links.ResumeAsync(viewer, id, Gone), "Resumed.");

    private async Task PauseAsync()
    {
        if (await Dialogs.AskForTextAsync(
            $"Pause {Name}?", "Nothing travels in either direction until somebody resumes it. What changes meanwhile is caught up then.", "Reason (others will read it)", "Pause")
            is { } reason)
            await OperateAsync((viewer, id) => Links.PauseAsync(viewer, id, reason, Gone), "Paused.");
    }

    private async Task ResyncAsync()
    {
        if (await Dialogs.AskAsync($"Read all of {Name} again?", "The whole folder is read and compared. Pairs are kept, nothing is doubled. With many items this takes a while.", "Read again"))
            await OperateAsync((viewer, id) => Links.ResyncAsync(viewer, id, Gone), "Queued: the whole folder is read again.");
    }

    private void OnApproved(LinkView view) => (_view, _said) = (view, "Approved; it is carried out now.");

    private async Task RemoveAsync()
    {
        var isSure = await Dialogs.AskAsync(
            $"Remove the link {Name}?",
            $"All items stay on both sides: the CRM keeps its own, {_view!.Link.Mailbox} keeps its own. What is forgotten is which belong together, and what waits in the queue. "
            + "A new link to the same folder matches them again.", "Remove link");
        if (isSure && await DoAsync(async viewer => (await Links.RemoveAsync(viewer, LinkId, Gone)).Problem))
            await OnRemoved.InvokeAsync();
    }

    private async Task OnSavedAsync()
    {
        (_isEditing, _said) = (false, "Saved.");
        await ReadSafelyAsync();
    }

    private async Task OperateAsync(Func<Viewer, Guid, Task<Outcome<LinkView>>> operate, string said)
    {
        _said = null;
        var isDone = await DoAsync(async viewer =>
        {
            var outcome = await operate(viewer, LinkId);
            _view = outcome.Value ?? _view;
            return outcome.Problem;
        });
        if (isDone)
            _said = said;
    }
}
