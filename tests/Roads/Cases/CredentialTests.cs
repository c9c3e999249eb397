using System.Net.Http.Json;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Roads.Tests;

/// <summary>Case E32: a secret that dies.</summary>
public sealed class CredentialTests
{
    [Fact]
    public async Task A_secret_that_expires_in_the_middle_of_a_run_costs_no_message_and_no_item_and_all_goes_on_alone_when_it_is_good_again()
    {
        await using var rig = await RoadRig.OnSqliteAsync();
        var people = Enumerable.Range(0, 8).Select(number => $"p{number}").ToList();
        foreach (var person in people)
            await rig.LinkAsync(person);
        await rig.SyncAsync();
        foreach (var person in people)
        {
            await rig.CreateManyInCrmAsync(person, Enumerable.Range(0, 10).Select(i => RoadRig.Meeting($"{i} of {person}")));
            rig.Person(person).Create(new() { Subject = $"Outlook's of {person}", Start = "2027-02-01T09:00:00Z", End = "2027-02-01T10:00:00Z" });
        }
        var requests = 0;
        var wire = new Wiretap();
        // The seventh request is answered; from then on the password is another one.
        wire.Answer = (_, text) =>
        {
            if (Interlocked.Increment(ref requests) == 7)
                SetPassword(rig, "another");
            return text;
        };
        await using var interrupted = new EwsConnector(new TargetConnection(rig.Target, "demo"), TimeProvider.System, wire);
        await rig.Queue.EnqueueAsync([.. (await LinksAsync(rig)).Select(link => new Engine.Store.QueueRequest(MessageKind.Inbound, link, Guid.Empty))], CancellationToken.None);
        var worker = rig.WorkerOn(rig.Store, rig.Queue, new OneConnector(interrupted));
        while (await rig.Queue.ClaimAsync("one", TimeSpan.FromSeconds(30), CancellationToken.None) is { } lease)
            await worker.WorkAsync(lease, CancellationToken.None);

        requests.ShouldBeGreaterThan(7);
        await using (var db = await rig.DbAsync())
        {
            var failing = await db.LinkStates.Where(state => state.Health == LinkHealth.Failing).ToListAsync();
            failing.Count.ShouldBeGreaterThan(0);
            failing.ShouldAllBe(state => state.LastError!.Contains("sync@contoso.test") && state.LastError.Contains("Basic"));
            // One alert of the target, not one for each mailbox.
            var trouble = (await rig.Get<TargetService>().ListAsync(CancellationToken.None)).Single().Troubles.ShouldHaveSingleItem();
            (trouble.Links, trouble.Text.Contains("sync@contoso.test", StringComparison.Ordinal), trouble.At).ShouldBe((failing.Count, true, failing.Max(state => state.LastErrorAt)));
            var waiting = await db.Queue.ToListAsync();
            waiting.Count(message => message.Kind == MessageKind.Outbound).ShouldBeGreaterThan(50, "the queue is kept");
            waiting.ShouldAllBe(message => message.Attempts == 0 && message.State == MessageState.Waiting, "no message has done anything wrong");
        }
        (await rig.ItemsAsync()).Count.ShouldBeGreaterThanOrEqualTo(80);

        SetPassword(rig, "demo");
        await rig.DrainAsync(TimeSpan.FromSeconds(10));
        (await rig.ItemsAsync()).Count.ShouldBe(88);
        foreach (var person in people)
            rig.Person(person).List("calendar", null, null, 100).Count.ShouldBe(11);
        await using (var db = await rig.DbAsync())
            (await db.LinkStates.CountAsync(state => state.Health == LinkHealth.Healthy && state.LastError == null)).ShouldBe(8);
        (await rig.Get<TargetService>().FindAsync(rig.Target.Id, CancellationToken.None))!.Troubles.ShouldBeEmpty();
        await rig.ShouldBeQuietAsync();
    }

    /// <summary>Case E32: the Test button names the scheme that is offered and the one that was used.</summary>
    [Theory]
    [InlineData("ntlm", AuthenticationKind.Basic, "does not offer Basic; it offers Negotiate, NTLM")]
    [InlineData("bearer", AuthenticationKind.Basic, "does not offer Basic; it offers Bearer")]
    [InlineData("basic", AuthenticationKind.Basic, "does not accept the account sync@contoso.test with Basic (offered: Basic)")]
    public async Task The_connection_test_names_the_scheme_that_is_offered_and_the_one_that_was_used(string offered, AuthenticationKind used, string words)
    {
        await using var rig = await RoadRig.StartAsync(null, options => options with { Authentication = new HashSet<string> { offered } });
        await rig.LinkAsync("anna");
        rig.Target.Authentication = used;
        await using var connector = new EwsConnector(new TargetConnection(rig.Target, offered == "basic" ? "wrong" : "demo"), TimeProvider.System);
        var steps = new List<ConnectionStep>();
        await foreach (var step in connector.TestAsync(RoadRig.Address("anna"), CancellationToken.None))
            steps.Add(step);

        var failed = steps.Single(step => step.State == StepState.Failed);
        (failed.Name, failed.Detail.Contains(words, StringComparison.Ordinal)).ShouldBe(("Authentication", true), failed.Detail);
        failed.Cure.ShouldNotBeNull().ShouldContain("kind of sign-in");
        steps.SkipWhile(step => step != failed).Skip(1).ShouldAllBe(step => step.State == StepState.Skipped);
        await rig.ConfigureAsync(target => target.Authentication = used);
        await rig.SyncAsync();
        (await rig.ItemsAsync()).ShouldBeEmpty();
    }

    private static void SetPassword(RoadRig rig, string password)
    {
        lock (rig.Exchange.Organisation.Gate)
            rig.Exchange.Organisation.Accounts.Single(account => account.Name == "sync@contoso.test").Password = password;
    }

    private static async Task<List<Guid>> LinksAsync(RoadRig rig)
    {
        await using var db = await rig.DbAsync();
        return await db.Links.Select(link => link.Id).ToListAsync();
    }

    private sealed class OneConnector(IExchangeConnector connector) : Engine.Sessions.IConnectors
    {
        public IExchangeConnector For(SyncTarget target) => connector;
    }
}
