using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.ConflictPage;

/// <summary>One conflict, side by side: choose per field, or write a value.</summary>
public partial class ConflictPane : ConsoleComponent
{
    private readonly Dictionary<ScheduleFields, ConflictSide> _choices = [];
    private readonly Dictionary<ScheduleFields, string> _own = [];
    private ConflictView? _view;
    private string? _said;
    private bool _hadFocus;
    private ElementReference _title;

    [Parameter, EditorRequired]
    public Guid ConflictId { get; set; }

    [Parameter]
    public EventCallback OnDecided { get; set; }

    [Inject]
    private ConflictService Conflicts { get; set; } = null!;

    [Inject]
    private ConflictDecisions Decisions { get; set; } = null!;

    private bool IsOpen => _view?.Row.State == ConflictState.Open;

    private bool CanDecide => May(Scopes.QueueWrite);

    protected override Task OnInitializedAsync() => ReadAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_hadFocus || _view is null)
            return;
        _hadFocus = true;
        await _title.FocusAsync();
    }

    private async Task ReadAsync()
    {
        _view = await Conflicts.FindAsync(await User.ViewerAsync(), ConflictId, Gone);
        Problem = null;
        foreach (var field in _view?.Fields.Each().Where(FieldTexts.CanBeTyped) ?? [])
            _own.TryAdd(field, _view!.Crm is { } crm ? field switch { ScheduleFields.Subject => crm.Subject, ScheduleFields.Location => crm.Location, _ => BodyText.Canonical(crm.Body) } : "");
    }

    private static string Story(ConflictView view) => view.Row switch
    {
        { Kind: ConflictKind.DeletedInCrm, State: ConflictState.Open } => $"Deleted in the CRM, but {view.Mailbox} had changed it.",
        { Kind: ConflictKind.DeletedInExchange, State: ConflictState.Open } => $"Deleted in {view.Mailbox}, but the CRM had changed it.",
        { State: ConflictState.Open } => $"Changed in the CRM and in {view.Mailbox}. The item's other fields go on travelling.",
        var row => $"{row.Decision}, by {row.DecidedBy}.",
    };

    private bool IsChosen(ScheduleFields field, ConflictSide side) => _choices.TryGetValue(field, out var chosen) && chosen == side;

    private RenderFragment Side(ScheduleFields field, ConflictSide side, ScheduleContent? content) => builder =>
    {
        var text = FieldTexts.Value(content, field);
        if (!IsOpen || !CanDecide || _view!.Row.Kind != ConflictKind.Edits)
        {
            builder.AddContent(0, text);
            return;
        }
        builder.OpenElement(1, "label");
        builder.OpenElement(2, "input");
        builder.AddAttribute(3, "type", "radio");
        builder.AddAttribute(4, "name", field.ToString());
        builder.AddAttribute(5, "checked", IsChosen(field, side));
        builder.AddAttribute(6, "onchange", EventCallback.Factory.Create(this, () => _choices[field] = side));
        builder.CloseElement();
        builder.AddContent(7, " " + text);
        builder.CloseElement();
    };

    private void ChooseAll(ConflictSide side)
    {
        foreach (var field in _view!.Fields.Each())
            _choices[field] = side;
    }

    private Task DecideAsync() => CarryOutAsync(viewer => Decisions.ResolveAsync(viewer, ConflictId, _view!.Tag, new ConflictDecision(_choices, Own), null, Gone), "Decided. It travels now.");

    private Task DecideDeletionAsync(bool keep) => CarryOutAsync(
        viewer => Decisions.ResolveAsync(viewer, ConflictId, _view!.Tag, new ConflictDecision(new Dictionary<ScheduleFields, ConflictSide>(), Keep: keep), null, Gone),
        keep ? "Decided: the edited item is kept." : "Decided: the item is deleted.");

    private Task RestoreAsync(bool overwrite) => CarryOutAsync(viewer => Decisions.RestoreAsync(viewer, ConflictId, null, overwrite, null, Gone), "Brought back. It travels now.");

    private async Task CarryOutAsync(Func<Viewer, Task<Outcome<ConflictView>>> decide, string said)
    {
        _said = null;
        var isDone = await DoAsync(async viewer =>
        {
            var outcome = await decide(viewer);
            _view = outcome.Value ?? _view;
            return outcome.Problem;
        });
        if (!isDone)
            return;
        _said = said;
        await OnDecided.InvokeAsync();
    }

    private Outcome<(ScheduleContent Content, ScheduleFields Fields)> Own(ScheduleContent current)
    {
        var fields = _choices.Where(choice => choice.Value == ConflictSide.Value).Aggregate(ScheduleFields.None, (all, choice) => all | choice.Key);
        return (current with
        {
            Subject = _own.GetValueOrDefault(ScheduleFields.Subject, current.Subject),
            Location = _own.GetValueOrDefault(ScheduleFields.Location, current.Location),
            Body = _own.TryGetValue(ScheduleFields.Body, out var text) ? new ItemBody(BodyFormat.Text, text) : current.Body,
        }, fields);
    }
}
