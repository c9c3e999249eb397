using System.Globalization;
using System.Text.Json;
using CrmSync.Bench.Surroundings;

namespace CrmSync.Bench.Figures;

/// <summary>Raw results as JSON under bench/results.</summary>
public static class ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static string Write(string name, object results)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Machine.Root, "bench", "results")).FullName;
        var file = Path.Combine(folder, $"{name}-{DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(results, Json));
        return Path.GetRelativePath(Environment.CurrentDirectory, file);
    }
}
