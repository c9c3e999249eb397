using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.HistoryPage;

/// <summary>Finds items by what they are called and whose they are; shows what changed them, and takes it back.</summary>
public partial class HistoryPage : LiveComponent
{
    private const int Rows = 30;
    private static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(250);
    private readonly Stack<string?> _before = new();
    private Page<ChangedItem>? _page;
    private string? _subject;
    private string? _person;
    private string? _after;

    [SupplyParameterFromQuery(Name = "item")]
    public Guid? Item { get; set; }

    /// <summary>A run to look at instead of an item.</summary>
    [SupplyParameterFromQuery(Name = "run")]
    public Guid? Run { get; set; }

    [Inject]
    private HistoryService History { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    // A part of a subject is sought in every item: not with each beat.
    protected override int BeatsPerRead => 15;

    private bool IsFiltered => !string.IsNullOrWhiteSpace(_subject) || !string.IsNullOrWhiteSpace(_person);

    protected override async Task ReadAsync()
    {
        if (May(Scopes.ItemsRead))
            _page = await History.ListAsync(await User.ViewerAsync(), new HistoryFilter(_subject, _person), _after, Rows, Gone);
    }

    private async Task OnTextAsync()
    {
        var typed = (_subject, _person);
        await Task.Delay(TypingPause, Time, Gone);
        if (typed != (_subject, _person))
            return;
        _before.Clear();
        _after = null;
        await ReadSafelyAsync();
    }

    private void Choose(Guid item) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["item"] = item, ["run"] = null }));

    private Task NextAsync()
    {
        _before.Push(_after);
        _after = _page?.Next;
        return ReadSafelyAsync();
    }

    private Task PreviousAsync()
    {
        _after = _before.Pop();
        return ReadSafelyAsync();
    }
}
