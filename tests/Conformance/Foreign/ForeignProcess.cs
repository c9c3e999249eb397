using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace CrmSync.Conformance.Foreign;

/// <summary>A program that we did not write, with a time bound: started by us, ended by us with all that it started.</summary>
public sealed class ForeignProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private ForeignProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => Text(_output);

    /// <summary>What it complained of: shown when an assertion fails.</summary>
    public string Error => Text(_error);

    public bool HasExited => _process.HasExited;

    public static ForeignProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new ForeignProcess(Process.Start(start)!);
    }

    /// <summary>Waits for its end. Past the bound it is ended, and the test fails with what it said.</summary>
    public async Task<int> WaitAsync(TimeSpan bound)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(bound);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            Assert.Fail($"not done within {bound.TotalSeconds} s:\n{Output}\n{Error}");
        }

        return _process.ExitCode;
    }

    /// <summary>The steps that a script printed, one JSON object a line, by name.</summary>
    public Dictionary<string, JsonElement> Steps() => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).ToDictionary(s => s.GetProperty("step").GetString()!);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    /// <summary>Skips the running test when a client is missing, or fails it where the truth is demanded.</summary>
    public static void Require(bool isThere, string client, string packages, bool? isDemanded = null)
    {
        if (isThere)
            return;
        var reason = $"{client} is not installed (Debian: {packages})";
        if (isDemanded ?? Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }

    /// <summary>The folder of the scripts beside this file.</summary>
    public static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private void Kill()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }

    private static void Keep(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line != null && text.Length < 4_000_000)
                text.Append(line).Append('\n');
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
