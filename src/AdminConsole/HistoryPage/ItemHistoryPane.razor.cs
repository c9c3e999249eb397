using System.Globalization;
using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.HistoryPage;

/// <summary>What changed one item, and the way back: first what an undo would do, then the undo.</summary>
public partial class ItemHistoryPane : LiveComponent
{
    private const int Rows = 20;
    private readonly Stack<long?> _before = new();
    private ScheduleItemView? _item;
    private Page<HistoryEntry>? _page;
    private Problem? _problem;
    private UndoPreview? _preview;
    private long? _beforeVersion;
    private long? _asked;
    private bool _overwrites;
    private bool _couldOverwrite;
    private string? _said;
    private bool _hadFocus;
    private ElementReference _title;

    [Parameter, EditorRequired]
    public Guid ItemId { get; set; }

    [Inject]
    private HistoryService History { get; set; } = null!;

    [Inject]
    private UndoService Undo { get; set; } = null!;

    [Inject]
    private ScheduleItemService Items { get; set; } = null!;

    protected override int BeatsPerRead => 3;

    private bool MayUndo => May(Scopes.LinksOperate) || May(Scopes.ItemsWrite);

    protected override async Task ReadAsync()
    {
        var viewer = await User.ViewerAsync();
        var item = await Items.GetAsync(viewer, ItemId, null, Gone);
        var page = await History.ChangesAsync(viewer, ItemId, _beforeVersion, Rows, Gone);
        (_item, _page, _problem) = (item.Value, page.Value, item.Problem ?? page.Problem);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_hadFocus || _item is null || _problem is not null)
            return;
        _hadFocus = true;
        await _title.FocusAsync();
    }

    private static string Title(HistoryEntry change) => change switch
    {
        { IsMasked: true } => "Changed",
        { Deleted: true } => "Deleted",
        { Restored: true } => "Restored",
        { After: null } => "Changed, to what is not kept",
        { Fields: ScheduleFields.None } => "Kept as it was",
        _ => string.Join(", ", change.Fields.Each().Select(FieldTexts.Label)),
    };

    private Task AskAsync(long version, bool overwrites)
    {
        (_asked, _overwrites, _couldOverwrite, _preview, _said) = (version, overwrites, false, null, null);
        return DoAsync(async viewer =>
        {
            var preview = await Undo.PreviewAsync(viewer, ItemId, version, overwrites, Gone);
            _preview = preview.Value;
            // Not everything that stands against an undo is overcome by overwriting: only what helps is offered.
            _couldOverwrite = !overwrites && preview.Problem?.Kind == ProblemKind.Conflict
                && (await Undo.PreviewAsync(viewer, ItemId, version, overwrite: true, Gone)).Problem is null;
            return preview.Problem;
        });
    }

    private async Task UndoAsync()
    {
        if (!await DoAsync(viewer => Undo.UndoAsync(viewer, ItemId, _asked!.Value, _overwrites, null, Gone)))
        {
            _preview = null;
            return;
        }
        (_asked, _preview, _said) = (null, null, "Undone. It travels now.");
        await ReadSafelyAsync();
    }

    private Task NextAsync()
    {
        _before.Push(_beforeVersion);
        _beforeVersion = long.Parse(_page!.Next!, CultureInfo.InvariantCulture);
        return ReadSafelyAsync();
    }

    private Task PreviousAsync()
    {
        _beforeVersion = _before.Pop();
        return ReadSafelyAsync();
    }
}
