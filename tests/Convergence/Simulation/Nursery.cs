using System.Diagnostics;

namespace CrmSync.Convergence.Simulation;

/// <summary>Gives long runs a large nursery: worlds live for moments, and with it most of their garbage is never copied. The runtime takes its size only from the environment.</summary>
public static class Nursery
{
    private const string Variable = "DOTNET_GCgen0size";

    /// <summary>Starts this program anew with the nursery and waits for its end; null when it runs with one already.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int?> RunAsync(string[] args)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null)
            return null;
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Nursery).Assembly.Location);
        foreach (var argument in args)
            start.ArgumentList.Add(argument);
        start.Environment[Variable] = $"{512 * 1024 * 1024:X}";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
