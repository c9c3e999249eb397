using System.Diagnostics;

namespace CrmSync.Bench.Surroundings;

/// <summary>One of our programs as a process of its own, ended by its id.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>Processor time since its start.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long WorkingSetBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public bool HasExited => _process.HasExited;

    /// <param name="assembly">File name of the program beside ours.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="arguments">Its command line.</param>
    public static ChildProcess Start(string assembly, IReadOnlyDictionary<string, string>? environment, params string[] arguments) => new(StartProcess(assembly, environment, arguments));

    /// <summary>Runs a command to its end and answers what it printed.</summary>
    public static async Task<string> CommandAsync(string assembly, params string[] arguments)
    {
        using var process = StartProcess(assembly, null, arguments);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{assembly} {string.Join(' ', arguments)}: {output}");
    }

    /// <summary>Reads lines until one fits; what comes later is thrown away.</summary>
    public async Task<string> LineAsync(Func<string, bool> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (!fits(line))
                continue;
            Discard();
            return line;
        }
        throw new InvalidOperationException("the process ended at once");
    }

    public void Discard() => _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process StartProcess(string assembly, IReadOnlyDictionary<string, string>? environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = AppContext.BaseDirectory };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{assembly} does not start");
    }
}
