using System.Diagnostics;
using System.Runtime.InteropServices;
using CrmSync.Processes.Tests;

namespace CrmSync.Chaos.Machines;

/// <summary>One of the servers: always the same address and folder, one process after the other.</summary>
public sealed class ServerNode(int number, string folder, Func<ServerProcess> start)
{
    private readonly string _log = Path.Combine(folder, $"server-{number}.log");
    private readonly SemaphoreSlim _turn = new(1);
    private ServerProcess? _process;
    private volatile bool _isAbandoned;
    private volatile bool _isUp;
    private volatile bool _isStarved;

    public int Number => number;

    public string Url { get; private set; } = "";

    public int ProcessId => _process?.Id ?? 0;

    /// <summary>It lives, and no fault of the rig holds it up just now.</summary>
    public bool CanWork => _isUp && !_isStarved && !Database.IsBroken;

    public TcpProxy Database { get; init; } = null!;

    public int Starts { get; private set; }

    /// <summary>How its processes ended that nobody had killed.</summary>
    public List<string> Deaths { get; } = [];

    /// <summary>Processes that lived and did not become ready in time; each was killed and followed by another.</summary>
    public List<string> NeverReady { get; } = [];

    /// <summary>Starts it again whenever it ended by itself, as the machine's service manager does.</summary>
    public async Task SuperviseAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(200, CancellationToken.None);
            await _turn.WaitAsync(CancellationToken.None);
            try
            {
                if (_process is not { HasExited: true })
                    continue;
                _isUp = false;
                KeepLog();
                Deaths.Add($"server {number}, process {ProcessId}, exit code {_process.ExitCode}, {DateTime.Now:HH:mm:ss}");
                await StartAsync();
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>No process of it is started any more.</summary>
    public void Abandon() => _isAbandoned = true;

    public async Task StartAsync()
    {
        while (!_isAbandoned)
        {
            Starts++;
            _process = start();
            Url = _process.Url;
            try
            {
                await _process.ReadyAsync();
                _isUp = true;
                return;
            }
            catch (InvalidOperationException) when (_process.HasExited)
            {
                // Ended while it started, because the database was away or by the rig's end: whoever supervises it starts it again.
                return;
            }
            catch (InvalidOperationException)
            {
                NeverReady.Add($"server {number}, process {ProcessId}, {DateTime.Now:HH:mm:ss}");
                await EndAsync();
            }
        }
    }

    /// <summary>kill -9, and up again at once.</summary>
    /// <param name="killed">Told as soon as the process is dead.</param>
    public async Task KillAsync(Action<int> killed)
    {
        await _turn.WaitAsync();
        try
        {
            var process = ProcessId;
            await EndAsync();
            killed(process);
            await StartAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>kill -9, for good.</summary>
    public async Task EndAsync()
    {
        _isUp = false;
        if (_process is null)
            return;
        await _process.KillAsync();
        KeepLog();
    }

    public async Task PauseAsync(TimeSpan time)
    {
        _isUp = false;
        Signal(Stop);
        await Task.Delay(time);
        Signal(Continue);
        _isUp = true;
    }

    /// <summary>Gets a twentieth of a processor.</summary>
    public async Task StarveAsync(TimeSpan time)
    {
        _isStarved = true;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time;)
        {
            Signal(Stop);
            await Task.Delay(190);
            Signal(Continue);
            await Task.Delay(10);
        }
        _isStarved = false;
    }

    /// <summary>Can open no more files and sockets than it has.</summary>
    public async Task StarveOfFilesAsync(TimeSpan time)
    {
        try
        {
            await LimitFilesAsync(new DirectoryInfo($"/proc/{ProcessId}/fd").GetFileSystemInfos().Length);
        }
        catch (DirectoryNotFoundException)
        {
            // It has just ended by itself.
            return;
        }
        _isStarved = true;
        await Task.Delay(time);
        await LimitFilesAsync(4096);
        _isStarved = false;
    }

    private void KeepLog()
    {
        if (_process is not null)
            File.AppendAllText(_log, $"=== process {_process.Id}, start {Starts}, ended {DateTime.Now:HH:mm:ss.fff}\n{_process.Output}");
    }

    private const int Stop = 19;
    private const int Continue = 18;

    private void Signal(int signal)
    {
        if (_process is { HasExited: false })
            Send(_process.Id, signal);
    }

    // The soft limit alone: it can be raised again.
    private async Task LimitFilesAsync(int files)
    {
        using var limit = Process.Start(new ProcessStartInfo("prlimit", [$"--pid={ProcessId}", $"--nofile={files}:"]) { RedirectStandardError = true })!;
        await limit.WaitForExitAsync();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int process, int signal);
}
