using System.Globalization;
using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>One page of a target's links. The server filters and pages: a hundred thousand links cost no more than fifty.</summary>
public partial class LinkList : LiveComponent
{
    private const int Rows = 50;
    private static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(250);
    private static readonly (string Name, LinkFilter Filter)[] States =
    [
        ("All", new()), ("Healthy", new(Health: LinkHealth.Healthy)), ("Degraded", new(Health: LinkHealth.Degraded)), ("Failing", new(Health: LinkHealth.Failing)),
        ("Waits for you", new(Health: LinkHealth.Held)), ("Not run yet", new(Health: LinkHealth.Unknown)), ("Paused", new(IsPaused: true)), ("Switched off", new(IsEnabled: false)),
    ];

    private readonly Stack<string?> _before = new();
    private string? _after;
    private Page<LinkView>? _page;
    private int? _count;
    private string? _text;
    private int _state;

    [Parameter, EditorRequired]
    public TargetView Target { get; set; } = null!;

    [Parameter]
    public Guid? LinkId { get; set; }

    [Parameter]
    public EventCallback<Guid?> OnChosen { get; set; }

    [Parameter]
    public EventCallback OnNew { get; set; }

    [Inject]
    private LinkService Links { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    private bool IsFiltered => _state != 0 || !string.IsNullOrWhiteSpace(_text);

    private LinkFilter Filter => States[_state].Filter with { TargetId = Target.Target.Id, Text = _text };

    protected override async Task ReadAsync()
    {
        _page = await Links.ListAsync(Filter, _after, Rows, Gone);
        // Counting a filter reads every link that matches: done once per filter, not with each beat. Without one the target knows.
        if (!IsFiltered)
            _count = Target.Links;
        else
            _count ??= await Links.CountAsync(Filter, Gone);
    }

    // Waits for the end of a word: a part of a name is sought in every link of the target.
    private async Task OnTextAsync()
    {
        var typed = _text;
        await Task.Delay(TypingPause, Time, Gone);
        if (typed == _text)
            await StartAgainAsync();
    }

    private Task OnStateAsync(ChangeEventArgs change)
    {
        _state = int.Parse((string)change.Value!, CultureInfo.InvariantCulture);
        return StartAgainAsync();
    }

    private Task StartAgainAsync()
    {
        _before.Clear();
        (_after, _count) = (null, null);
        return ReadSafelyAsync();
    }

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
