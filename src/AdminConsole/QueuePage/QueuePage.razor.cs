using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Queue;
using CrmSync.Engine.Store.Rows;
using Microsoft.AspNetCore.Components;
using Radzen;

namespace CrmSync.AdminConsole.QueuePage;

/// <summary>What waits, and what is parked for a person.</summary>
public partial class QueuePage : LiveComponent
{
    private const int Rows = 50;
    private const int BeatsPerCount = 5;
    private readonly Stack<Guid?> _before = new();
    private IReadOnlyList<QueueCount> _counts = [];
    private IReadOnlyList<QueueEntry> _rows = [];
    private QueueFilter _filter = new();
    private Guid? _after;
    private bool _hasNext;
    private int _beats;

    [Inject]
    private QueueAdministration Queue { get; set; } = null!;

    [Inject]
    private QueueService Service { get; set; } = null!;

    [Inject]
    private DialogService Dialogs { get; set; } = null!;

    protected override async Task ReadAsync()
    {
        if (!May(Scopes.QueueRead))
            return;
        var rows = await Queue.ListAsync(_filter, _after, Rows + 1, Gone);
        (_hasNext, _rows) = (rows.Count > Rows, [.. rows.Take(Rows)]);
        // Counting reads the whole queue, which may be long just when somebody looks.
        if (_beats++ % BeatsPerCount == 0)
            _counts = await Queue.CountAsync(new QueueFilter(), Gone);
    }

    private static DateTime At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime;

    private static string Name(QueueEntry row) => $"{Words.Of(row.Message.Kind)}, {row.Mailbox}";

    private static T? Parse<T>(ChangeEventArgs change)
        where T : struct, Enum => Enum.TryParse<T>(change.Value as string, out var value) ? value : null;

    private Task FilterAsync(QueueFilter filter)
    {
        _before.Clear();
        (_filter, _after) = (filter, null);
        return ReadNowAsync();
    }

    private Task NextAsync()
    {
        _before.Push(_after);
        _after = _rows[^1].Message.Id;
        return ReadNowAsync();
    }

    private Task PreviousAsync()
    {
        _after = _before.Pop();
        return ReadNowAsync();
    }

    private async Task RetryAsync(QueueEntry row)
    {
        await DoAsync(async viewer => (await Service.RetryAsync(viewer, row.Message.Id, Gone)).Problem);
        await ReadNowAsync();
    }

    private async Task DiscardAsync(QueueEntry row)
    {
        if (!await Dialogs.AskAsync(
            "Discard this message?",
            $"What it wanted ({Words.Of(row.Message.Kind).ToLowerInvariant()} for {row.Mailbox}) is not done, and CRM and Exchange may differ until the item changes again or the next full comparison.",
            "Discard"))
            return;
        await DoAsync(async viewer => (await Service.DiscardAsync(viewer, row.Message.Id, Gone)).Problem);
        await ReadNowAsync();
    }

    private Task ReadNowAsync()
    {
        _beats = 0;
        return ReadSafelyAsync();
    }
}
