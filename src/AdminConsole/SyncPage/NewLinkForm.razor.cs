using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>A new link: person, mailbox, folder read from the server, settings.</summary>
public partial class NewLinkForm : ConsoleComponent
{
    private static readonly ItemKind[] Kinds = [ItemKind.Schedule];
    private readonly SyncLink _draft = new() { Mailbox = "" };
    private CrmUser? _person;
    private bool _isPicking;

    [Parameter, EditorRequired]
    public SyncTarget Target { get; set; } = null!;

    [Parameter]
    public EventCallback<LinkView> OnSaved { get; set; }

    [Parameter]
    public EventCallback OnCancelled { get; set; }

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private LinkService Links { get; set; } = null!;

    protected override void OnInitialized() => (_draft.TargetId, _draft.Direction, _draft.StartDate) = (Target.Id, Target.ScheduleDirection, DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime));

    private void OnPersonChosen(CrmUser person)
    {
        _person = person;
        (_draft.UserId, _draft.DefaultZone) = (person.Id, person.TimeZone);
        OnMailboxChanged(person.Mail);
    }

    private void OnMailboxChanged(string? mailbox)
    {
        if (mailbox == _draft.Mailbox)
            return;
        // A folder belongs to its mailbox.
        (_draft.Mailbox, _draft.FolderId, _draft.FolderName, _isPicking) = (mailbox ?? "", null, "Calendar", false);
    }

    private void OnFolderChosen(FolderInfo? folder)
    {
        (_draft.FolderId, _draft.FolderName, _isPicking) = (folder?.Id.Value, folder?.Name ?? "Calendar", false);
    }

    private async Task SaveAsync()
    {
        if (_person is null)
        {
            Problem = Problem.Of([new FieldProblem("userId", "No person is chosen.", "Type a part of the name and choose one.")]);
            return;
        }
        LinkView? made = null;
        var isDone = await DoAsync(async viewer =>
        {
            var outcome = await Links.CreateAsync(viewer, _draft, Gone);
            made = outcome.Value;
            return outcome.Problem;
        });
        if (isDone && made is not null)
            await OnSaved.InvokeAsync(made);
    }
}
