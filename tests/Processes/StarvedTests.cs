using System.Diagnostics;
using System.Text;

namespace CrmSync.Processes.Tests;

/// <summary>A server that can open no more files for a while.</summary>
public sealed class StarvedTests
{
    [Fact]
    public async Task A_server_that_lacked_files_for_a_moment_is_whole_again_when_it_has_them()
    {
        await using var rig = await ProcessRig.StartAsync();
        var server = rig.Start();
        await server.ReadyAsync();
        await rig.MakeTokenAsync();
        using var api = rig.Api(server);
        // The connection is there before the famine.
        (await ProcessRig.AnswerAsync(api, HttpMethod.Get, "/health/live")).Status.ShouldBe(200);

        await LimitFilesAsync(server.Id, new DirectoryInfo($"/proc/{server.Id}/fd").GetFileSystemInfos().Length);
        // A mistake of the caller is the first thing to need the code that answers mistakes. What it is answered with now is not promised.
        await ProcessRig.AnswerAsync(api, HttpMethod.Post, "/api/v1/schedule-items", Broken());
        await LimitFilesAsync(server.Id, 4096);

        var (status, type, text) = await ProcessRig.AnswerAsync(api, HttpMethod.Post, "/api/v1/schedule-items", Broken());
        (status, type).ShouldBe((400, "application/problem+json"), $"{text}\n{server.Output}");
    }

    private static StringContent Broken() => new("{ \"owner\": ", Encoding.UTF8, "application/json");

    // The soft limit alone: it can be raised again.
    private static async Task LimitFilesAsync(int process, int files)
    {
        using var limit = Process.Start("prlimit", [$"--pid={process}", $"--nofile={files}:"]);
        await limit.WaitForExitAsync();
        limit.ExitCode.ShouldBe(0);
    }
}
