using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace CrmSync.Bench.Surroundings;

/// <summary>Where and on what was measured: printed with every run and kept with its figures.</summary>
public sealed record Machine(int Processors, string Runtime, string System, string Database, string Commit, string StartedAt)
{
    public static async Task<Machine> DescribeAsync(string? connection) => new(
        Environment.ProcessorCount, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription,
        connection is null ? "SQLite" : await DatabaseAsync(connection), Commit1(), DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture));

    /// <summary>Load average of the last minute: others on the machine make noise.</summary>
    public static double Load => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : double.NaN;

    /// <summary>The repository's root.</summary>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CrmSync.sln")))
                folder = folder.Parent;
            return folder?.FullName ?? Environment.CurrentDirectory;
        }
    }

    public override string ToString() => $"{Processors} processors, {Runtime}, {System}, {Database}, commit {Commit}, {StartedAt}";

    private static string Commit1() => Output("git", "-C", Root, "describe", "--always", "--dirty", "--abbrev=7").Trim();

    private static async Task<string> DatabaseAsync(string connection)
    {
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await using var command = new NpgsqlCommand("SHOW server_version", database);
        return $"PostgreSQL {await command.ExecuteScalarAsync()}";
    }

    public static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
