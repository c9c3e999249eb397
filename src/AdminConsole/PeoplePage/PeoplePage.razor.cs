using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.PeoplePage;

/// <summary>The CRM's people and resources: whose items are synchronized.</summary>
public partial class PeoplePage : ConsoleComponent
{
    private const int Rows = 50;
    private static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(250);
    private readonly Stack<string?> _before = new();
    private Page<CrmUser>? _page;
    private string? _after;
    private string? _text;
    private string? _said;
    private CrmUser? _edited;
    private bool _isEditing;

    [Inject]
    private PeopleService People { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    protected override Task OnInitializedAsync() => ReadAsync();

    private async Task ReadAsync()
    {
        if (May(Scopes.PeopleRead))
            await DoAsync(async _ =>
            {
                _page = await People.ListAsync(_text, _after, Rows, Gone);
                return null;
            });
    }

    private async Task OnTextAsync()
    {
        var typed = _text;
        await Task.Delay(TypingPause, Time, Gone);
        if (typed != _text)
            return;
        _before.Clear();
        _after = null;
        await ReadAsync();
    }

    private Task NextAsync()
    {
        _before.Push(_after);
        _after = _page?.Next;
        return ReadAsync();
    }

    private Task PreviousAsync()
    {
        _after = _before.Pop();
        return ReadAsync();
    }

    private void Edit(CrmUser? person) => (_edited, _isEditing, _said) = (person, true, null);

    private async Task OnSavedAsync(CrmUser person)
    {
        (_isEditing, _said) = (false, $"{person.DisplayName} is saved.");
        await ReadAsync();
    }
}
