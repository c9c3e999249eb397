using System.Reflection;
using System.Text.RegularExpressions;

namespace CrmSync.Engine.Tests;

/// <summary>The walls between the rooms of design.md section 2, read from the source: who may name whom.</summary>
public sealed class RoomTests
{
    private static readonly string Root = FindRoot();

    private static readonly (string Room, string[] Banned)[] Walls =
    [
        ("Items", ["Targets", "Planning", "Queue", "Notifications", "Inbound", "Outbound", "Exchange", "Crm", "Store", "Access", "Jobs", "Sessions"]),
        ("Targets", ["Planning", "Queue", "Notifications", "Inbound", "Outbound", "Exchange", "Crm", "Store", "Access", "Jobs", "Sessions"]),
        ("Planning", ["Queue", "Notifications", "Inbound", "Outbound", "Crm", "Access", "Jobs", "Sessions"]),
        ("Notifications", ["Outbound", "Crm", "Planning"]),
        ("Exchange", ["Queue", "Notifications", "Inbound", "Outbound", "Crm", "Store", "Access", "Jobs", "Sessions", "Planning"]),
        ("Store", ["Inbound", "Outbound", "Notifications", "Jobs", "Sessions", "Planning"]),
    ];

    [Fact]
    public void No_room_names_a_room_that_it_must_not_know()
    {
        var breaches =
            from wall in Walls
            from file in Sources($"src/Engine/{wall.Room}")
            from banned in wall.Banned
            where Regex.IsMatch(File.ReadAllText(file), $@"^using CrmSync\.Engine\.{banned}\b", RegexOptions.Multiline)
            where !IsAllowed(wall.Room, banned, file)
            select $"{Path.GetRelativePath(Root, file)} uses {banned}";
        breaches.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("System.Xml", "src/Engine", "src/Engine/Exchange/Ews", "src/Engine/Crm/ScheduleValidation.cs")]
    [InlineData("Quartz", "src/Engine", "src/Engine/Jobs")]
    [InlineData("Microsoft.EntityFrameworkCore", "src/Engine", "src/Engine/Store", "src/Engine/Crm", "src/Engine/Queue", "src/Engine/Access/AuditLogWriter.cs", "src/Engine/Access/IdempotencyService.cs")]
    [InlineData("Microsoft.EntityFrameworkCore", "src/AdminConsole")]
    public void Only_its_own_room_knows_a_technology(string technology, string where, params string[] allowed)
    {
        var breaches = Sources(where)
            .Where(file => !allowed.Any(room => Path.GetRelativePath(Root, file).Replace('\\', '/').StartsWith(room, StringComparison.Ordinal)))
            .Where(file => Regex.IsMatch(File.ReadAllText(file), $@"^\s*(@?using {Regex.Escape(technology)}\b)", RegexOptions.Multiline))
            .Select(file => Path.GetRelativePath(Root, file));
        breaches.ShouldBeEmpty();
    }

    [Fact]
    public void The_simulator_references_nothing_of_ours()
    {
        File.ReadAllText(Path.Combine(Root, "src/ExchangeSimulator/ExchangeSimulator.csproj")).ShouldNotContain("ProjectReference");
        Sources("src/ExchangeSimulator").Where(file => File.ReadAllText(file).Contains("CrmSync.Engine", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Planning_and_items_are_pure_they_await_nothing()
    {
        Sources("src/Engine/Planning").Concat(Sources("src/Engine/Items"))
            .Where(file => Regex.IsMatch(File.ReadAllText(file), @"\bawait\b|\bTask<|TimeProvider|HttpClient|File\.")).ShouldBeEmpty();
    }

    [Fact]
    public void The_engine_has_no_class_called_manager_helper_or_util() =>
        Assembly.Load("CrmSync.Engine").GetTypes().Where(type => Regex.IsMatch(type.Name, "(Manager|Helper|Util|Utils|Utility)$")).ShouldBeEmpty();

    // The planner knows Exchange's border types and the states of pairs: values, no doing. Inbound priorities are constants that hints carry.
    private static bool IsAllowed(string room, string banned, string file) => (room, banned) switch
    {
        ("Notifications", "Inbound") => true,
        _ => false,
    };

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "CrmSync.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
