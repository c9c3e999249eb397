using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;
using Radzen;

namespace CrmSync.AdminConsole.AccessPage;

/// <summary>API tokens: list, make (shown once), revoke.</summary>
public partial class AccessPage : ConsoleComponent
{
    private readonly HashSet<string> _scopes = [Scopes.ItemsRead];
    private IReadOnlyList<ApiToken> _tokens = [];
    private string? _name;
    private string? _person;
    private int? _days = 365;
    private string? _fresh;
    private bool _isNew;

    [Inject]
    private ApiTokens Tokens { get; set; } = null!;

    [Inject]
    private PeopleService People { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private DialogService Dialogs { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        if (May(Scopes.TokensWrite))
            await DoAsync(async _ => await ReadAsync());
    }

    private async Task<Problem?> ReadAsync()
    {
        _tokens = await Tokens.ListAsync(await User.CallerAsync(), Gone);
        return null;
    }

    private void Toggle(string scope, bool isOn)
    {
        if (isOn)
            _scopes.Add(scope);
        else
            _scopes.Remove(scope);
    }

    private async Task CreateAsync()
    {
        var isDone = await DoAsync(async _ =>
        {
            var person = string.IsNullOrWhiteSpace(_person) ? null : await People.FindAsync(_person, Gone);
            if (Problem.Of(Check(person)) is { } invalid)
                return invalid;
            DateTime? end = _days is { } days ? Time.GetUtcNow().UtcDateTime.AddDays(days) : null;
            _fresh = (await Tokens.CreateAsync(await User.CallerAsync(), _name!, _scopes, person?.Id, end, Gone)).Token;
            return await ReadAsync();
        });
        if (isDone)
            (_isNew, _name, _person) = (false, null, null);
    }

    private List<FieldProblem> Check(CrmUser? person)
    {
        var problems = new List<FieldProblem>();
        if (string.IsNullOrWhiteSpace(_name))
            problems.Add(new FieldProblem("name", "A token needs a name.", "Name the program that will use it."));
        if (!string.IsNullOrWhiteSpace(_person) && person is null)
            problems.Add(new FieldProblem("person", $"There is nobody called '{_person}'.", "Give the short name or address of a person, or nothing."));
        if (_days is < 1 or > 3650)
            problems.Add(new FieldProblem("days", "It must be between 1 and 3650 days.", "Give a number of days, or nothing for no end."));
        return problems;
    }

    private async Task RevokeAsync(ApiToken token)
    {
        if (await Dialogs.AskAsync($"Revoke token {token.Name}?", "Programs that use it are refused at once. It cannot be made valid again.", "Revoke"))
            await DoAsync(async _ =>
            {
                await Tokens.RevokeAsync(await User.CallerAsync(), token.Id, Gone);
                return await ReadAsync();
            });
    }
}
