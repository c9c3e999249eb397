using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.Parts;

/// <summary>A part that reads its data again with each beat. What a person is typing is kept apart from what is read, so nothing of it is lost.</summary>
public abstract class LiveComponent : ConsoleComponent
{
    private bool _isReading;
    private bool _isOver;
    private int _beats;

    [Inject]
    private Pulse Pulse { get; set; } = null!;

    /// <summary>Why the data shown is not fresh; null while it is.</summary>
    protected string? Trouble { get; private set; }

    /// <summary>How many seconds what is shown may be old.</summary>
    protected virtual int BeatsPerRead => 1;

    /// <summary>Reads what is shown.</summary>
    protected abstract Task ReadAsync();

    protected override void OnInitialized() => Pulse.Subscribe(OnBeat);

    protected override Task OnParametersSetAsync() => ReadSafelyAsync();

    protected async Task ReadSafelyAsync()
    {
        _isReading = true;
        try
        {
            await ReadAsync();
            Trouble = null;
        }
        catch (Exception) when (_isOver)
        {
            // The page was left in the middle of a read.
        }
        catch (Exception fault)
        {
            Trouble = Say(fault);
        }
        finally
        {
            _isReading = false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _isOver = true;
        if (disposing)
            Pulse.Unsubscribe(OnBeat);
        base.Dispose(disposing);
    }

    private void OnBeat() => _ = InvokeAsync(async () =>
    {
        if (_isReading || _isOver || IsBusy || ++_beats % BeatsPerRead != 0)
            return;
        await ReadSafelyAsync();
        if (!_isOver)
            StateHasChanged();
    });
}
