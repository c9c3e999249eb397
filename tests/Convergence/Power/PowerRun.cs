using System.Diagnostics;

namespace CrmSync.Convergence.Power;

/// <summary>Builds the engine once with every planted fault in it, each behind a switch, and looks after how many seeds each is found. A check that finds nothing proves nothing.</summary>
public static class PowerRun
{
    public const int MaxSeeds = 1000;

    private const string SwitchSource = """
        namespace CrmSync.Engine;

        public static class PlantedFault
        {
            public static string? Active { get; set; }

            public static bool Is(string name) => Active == name;
        }
        """;

    public static string Root { get; } = FindRoot();

    /// <returns>0 when every fault was found.</returns>
    public static async Task<int> RunAsync(string? only, int threads)
    {
        var folder = Directory.CreateTempSubdirectory("crmsync-power-").FullName;
        try
        {
            var program = Build(folder);
            var missed = 0;
            var planted = PlantedFaults.All.Where(fault => only is null || fault.Name == only).ToList();
            foreach (var fault in planted)
            {
                var watch = Stopwatch.StartNew();
                var (code, text) = await RunAsync("dotnet", [program, "--seeds", $"{MaxSeeds}", "--until-first", "--no-shrink", "--threads", $"{threads}", "--fault", fault.Name, .. fault.OnSqlite ? new[] { "--sqlite" } : []]);
                var line = text.Split('\n').FirstOrDefault(line => line.StartsWith("seed ", StringComparison.Ordinal)) ?? "";
                missed += code == 1 && line.Length > 0 ? 0 : 1;
                Console.WriteLine($"{(code == 1 && line.Length > 0 ? "found" : "MISSED")} {fault.Name} ({fault.File}): {(line.Length > 150 ? line[..150] : line)} [{watch.Elapsed.TotalSeconds:0} s]");
            }
            Console.WriteLine($"{planted.Count - missed} of {planted.Count} planted faults found within {MaxSeeds} seeds");
            return missed == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The source of one file with all its faults.</summary>
    /// <exception cref="InvalidOperationException">An original does not occur exactly once any more.</exception>
    public static string Plant(string file, string source)
    {
        foreach (var fault in PlantedFaults.All.Where(fault => fault.File == file))
        {
            if (source.Split(fault.Original).Length != 2)
                throw new InvalidOperationException($"Planted fault '{fault.Name}': its original does not occur exactly once in {file}. The source has changed: adapt the fault to it.");
            source = source.Replace(fault.Original, fault.Code, StringComparison.Ordinal);
        }
        return source;
    }

    private static string Build(string folder)
    {
        var engine = Path.Combine(Root, "src", "Engine");
        var planted = Path.Combine(folder, "Engine");
        foreach (var path in Directory.EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories))
        {
            var file = Path.GetRelativePath(engine, path).Replace('\\', '/');
            if (file.StartsWith("bin/", StringComparison.Ordinal) || file.StartsWith("obj/", StringComparison.Ordinal))
                continue;
            var target = Path.Combine(planted, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, Plant(file, File.ReadAllText(path)));
        }
        File.WriteAllText(Path.Combine(planted, "PlantedFault.cs"), SwitchSource);
        var output = Path.Combine(folder, "out");
        var (code, text) = RunAsync("dotnet", ["build", Path.Combine(Root, "tests", "Convergence"), "-c", "Release", "-o", output, $"-p:EngineSources={planted}", "-nodeReuse:false", "-v", "q", "--nologo"]).GetAwaiter().GetResult();
        return code == 0 ? Path.Combine(output, "CrmSync.Convergence.dll") : throw new InvalidOperationException($"The engine with its planted faults does not build:\n{text}");
    }

    private static async Task<(int Code, string Text)> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CrmSync.sln")))
                return folder.FullName;
        }
        return Directory.GetCurrentDirectory();
    }
}
