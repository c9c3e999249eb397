using System.Data.Common;
using CrmSync.Engine.Access;
using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace CrmSync.AdminConsole.Parts;

/// <summary>What all parts of a page share: who is here, when it is over, and how a fault is said instead of ending the circuit.</summary>
public abstract class ConsoleComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();

    [Inject]
    protected ConsoleUser User { get; set; } = null!;

    [Inject]
    private ILoggerFactory Loggers { get; set; } = null!;

    [CascadingParameter]
    protected Caller? Caller { get; set; }

    /// <summary>Why the last thing asked for was not done; shown by <see cref="ProblemBox"/>.</summary>
    protected Problem? Problem { get; set; }

    /// <summary>Something is being done: buttons wait.</summary>
    protected bool IsBusy { get; private set; }

    // Taken once: the source is gone before a late read may ask for it.
    protected CancellationToken Gone { get; }

    protected ConsoleComponent() => Gone = _gone.Token;

    protected bool May(string scope) => Caller?.May(scope) == true;

    /// <summary>Does what a person asked for; problems and faults end up in <see cref="Problem"/>. True when it was done.</summary>
    protected async Task<bool> DoAsync(Func<Viewer, Task<Problem?>> work)
    {
        if (IsBusy)
            return false;
        IsBusy = true;
        try
        {
            Problem = await work(await User.ViewerAsync());
        }
        catch (OperationCanceledException) when (Gone.IsCancellationRequested)
        {
        }
        catch (AccessDeniedException denied)
        {
            Problem = new Problem(ProblemKind.Forbidden, denied.Message);
        }
        catch (Exception fault)
        {
            Problem = new Problem(ProblemKind.Conflict, Say(fault));
        }
        finally
        {
            IsBusy = false;
        }
        return Problem is null;
    }

    /// <summary>The fault in words; its details go to the log.</summary>
    protected string Say(Exception fault)
    {
        Loggers.CreateLogger(GetType()).LogWarning(fault, "The console could not do or show something: {Reason}", fault.Message);
        return fault is DbException || fault.InnerException is DbException
            ? "The database could not be used just now. Nothing was changed; try again."
            : "A fault in CrmSync; the server's log has the details. Try again.";
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _gone.Cancel();
        _gone.Dispose();
    }
}
