using Xunit.Sdk;

namespace CrmSync.Conformance.Foreign;

public sealed class ForeignProcessTests
{
    [Fact]
    public void A_missing_client_fails_where_the_truth_is_demanded_and_is_skipped_elsewhere()
    {
        Should.Throw<FailException>(() => ForeignProcess.Require(false, "a client", "its-package", isDemanded: true)).Message.ShouldContain("its-package");
        Should.Throw<SkipException>(() => ForeignProcess.Require(false, "a client", "its-package", isDemanded: false)).Message.ShouldContain("its-package");
        Should.NotThrow(() => ForeignProcess.Require(true, "a client", "its-package", isDemanded: true));
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_ended_with_all_that_it_started()
    {
        await using var process = ForeignProcess.Start("/bin/sh", ["-c", "sleep 61 & echo $!; wait"]);
        await Should.ThrowAsync<FailException>(() => process.WaitAsync(TimeSpan.FromSeconds(1)));
        SpinWait.SpinUntil(() => process.HasExited, TimeSpan.FromSeconds(5)).ShouldBeTrue();
        var child = process.Output.Trim();
        SpinWait.SpinUntil(() => !File.Exists($"/proc/{child}/status") || File.ReadAllText($"/proc/{child}/status").Contains("State:\tZ", StringComparison.Ordinal), TimeSpan.FromSeconds(5)).ShouldBeTrue();
    }
}
