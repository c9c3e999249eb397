using CrmSync.Convergence.Power;

namespace CrmSync.Convergence;

/// <summary>The list of planted faults fits the engine as it is; how fast each is found is measured by <c>--power</c>.</summary>
public sealed class PowerTests
{
    public static TheoryData<string> Files => [.. PlantedFaults.All.Select(fault => fault.File).Distinct()];

    [Theory, MemberData(nameof(Files))]
    public void Each_planted_fault_still_finds_the_place_it_changes(string file)
    {
        var source = File.ReadAllText(Path.Combine(PowerRun.Root, "src", "Engine", file));

        var planted = PowerRun.Plant(file, source);

        foreach (var fault in PlantedFaults.All.Where(fault => fault.File == file))
            planted.ShouldContain(fault.Code);
    }

    [Fact]
    public void No_fault_is_planted_twice_and_there_are_thirty_at_least()
    {
        PlantedFaults.All.Select(fault => fault.Name).Distinct().Count().ShouldBe(PlantedFaults.All.Length);
        PlantedFaults.All.Length.ShouldBeGreaterThanOrEqualTo(30);
    }
}
