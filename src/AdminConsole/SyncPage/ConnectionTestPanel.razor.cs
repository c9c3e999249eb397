using CrmSync.AdminConsole.Parts;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>Tests a target's connection and shows each step as it ends.</summary>
public partial class ConnectionTestPanel : ConsoleComponent
{
    private static readonly string[] Names = ["DNS", "TLS", "Authentication", "Version", "Mailbox", "Folder", "Subscription"];
    private readonly List<ConnectionStep> _steps = [];
    private CancellationTokenSource? _run;
    private string? _mailbox;
    private string? _said;
    private bool _isRunning;
    private bool _isGood;

    [Parameter, EditorRequired]
    public Guid TargetId { get; set; }

    [Inject]
    private ConnectionService Connections { get; set; } = null!;

    private static string Sign(StepState state) => state switch
    {
        StepState.Passed => "✓",
        StepState.Warning => "!",
        StepState.Failed => "✗",
        _ => "–",
    };

    private async Task RunAsync()
    {
        _steps.Clear();
        (_said, _isGood) = (null, false);
        if (string.IsNullOrWhiteSpace(_mailbox))
        {
            _said = "Give the address of a mailbox first.";
            return;
        }
        _isRunning = true;
        using var run = _run = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        try
        {
            await foreach (var step in Connections.TestAsync(await User.ViewerAsync(), TargetId, _mailbox, run.Token))
            {
                _steps.Add(step);
                StateHasChanged();
            }
            _isGood = _steps.All(step => step.State != StepState.Failed);
            _said = _isGood
                ? _steps.Any(step => step.State == StepState.Warning) ? "The connection works, with a warning." : "The connection works."
                : $"The connection does not work: {_steps.First(step => step.State == StepState.Failed).Name} failed.";
        }
        catch (OperationCanceledException)
        {
            _said = "The test was cancelled.";
        }
        catch (Exception fault) when (!Gone.IsCancellationRequested)
        {
            _said = Say(fault);
        }
        finally
        {
            _isRunning = false;
            _run = null;
        }
    }
}
