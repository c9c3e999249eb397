using System.Text.Json;
using CrmSync.ExchangeSimulator;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Conformance.Foreign;

/// <summary>A foreign client, exchangelib of Debian's python3-exchangelib, walks the road of a meeting; both sides are looked at.</summary>
public sealed class ExchangelibTests
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Exchangelib_connects_creates_reads_changes_syncs_streams_and_deletes(string scheme)
    {
        await RequireExchangelib();
        await using var server = await ForeignExchange.StartAsync();
        var steps = await Walk("road.py", server, scheme);

        Texts(steps["connect"], "folders").ShouldContain("Calendar");
        var id = steps["create"].GetProperty("id").GetString()!;
        Changes(steps["sync_create"]).ShouldBe(["create " + id]);
        var read = steps["read"];
        read.GetProperty("subject").GetString().ShouldBe("Büro & Plan");
        read.GetProperty("body").GetString()!.ReplaceLineEndings("\n").ShouldBe("line one\nline two");
        read.GetProperty("start").GetString().ShouldBe("2026-11-24T08:00:00+00:00");
        Texts(read, "categories").ShouldBe(["Zoo", "Art"]);
        read.GetProperty("stamp").GetString().ShouldBe("intent-1");
        read.GetProperty("response").GetString().ShouldBe("Organizer");
        read.GetProperty("zone").GetString().ShouldBe("Europe/Berlin");
        Changes(steps["sync_update"]).ShouldBe(["update " + id]);
        Texts(steps["view"], "subjects").ShouldContain("Moved");
        Texts(steps["view"], "filtered").ShouldBe(["Moved"]);
        steps["conflict"].GetProperty("error").GetString().ShouldBe("ErrorIrresolvableConflict");
        steps["accept"].GetProperty("response").GetString().ShouldBe("Accept");
        Texts(steps["stream"], "events").ShouldContain("CreatedEvent");
        Texts(steps["pull"], "events").ShouldContain("DeletedEvent");
        steps["series"].GetProperty("type").GetString().ShouldBe("RecurringMaster");
        steps["series"].GetProperty("number").GetInt32().ShouldBe(5);
        steps["task"].GetProperty("complete").GetBoolean().ShouldBeTrue();
        steps["contact"].GetProperty("file_as").GetString().ShouldBe("Lee, Kim");
        Changes(steps["sync_delete"]).ShouldContain("delete " + id);
        Texts(steps["sync_delete"], "trash").ShouldContain("Moved");
        steps["gone"].GetProperty("error").GetString().ShouldBe("ErrorItemNotFound");
        steps["cancelled"].GetProperty("subject").GetString().ShouldBe("Canceled: Moved");
        steps["impersonation"].GetProperty("error").GetString().ShouldBe("ErrorNonExistentMailbox");

        TheServersSide(server.Exchange);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Exchangelib_does_folders_series_conflicts_tasks_contacts_push_delegates_and_free_busy(string scheme)
    {
        await RequireExchangelib();
        await using var server = await ForeignExchange.StartAsync();
        var organisation = server.Exchange.Organisation;
        lock (organisation.Gate)
        {
            organisation.Put(new("all@contoso.test", "All", ["anna@contoso.test", "ben@contoso.test"], IsRoomList: false));
            organisation.Put(new("rooms@contoso.test", "Rooms", ["room.berlin@contoso.test"], IsRoomList: true));
            // exchangelib looks for a folder from the root: a delegate must see that as well.
            foreach (var address in new[] { "ben@contoso.test", "carla@contoso.test" })
                organisation.FindMailbox(address)!["root"].Permissions["anna@contoso.test"] = new(FolderLevel.Reviewer, ViewPrivateItems: false);
            organisation.FindMailbox("ben@contoso.test")!["calendar"].Permissions["anna@contoso.test"] = new(FolderLevel.Editor, ViewPrivateItems: false);
            organisation.FindMailbox("carla@contoso.test")!["calendar"].Permissions["anna@contoso.test"] = new(FolderLevel.Reviewer, ViewPrivateItems: false);
        }

        var steps = await Walk("detours.py", server, scheme);
        steps.Keys.Where(k => k.StartsWith("failed", StringComparison.Ordinal)).Select(k => steps[k].GetRawText()).ShouldBeEmpty();
        Changes(steps["folders"], "created").ShouldBe(["create Second calendar"]);
        steps["folders"].GetProperty("moved").GetBoolean().ShouldBeTrue();
        Changes(steps["stored_state"], "once").ShouldBe(["create Between two programs"]);
        Changes(steps["stored_state"], "again").ShouldBe(["create Between two programs"], "the server keeps nothing: an old state replays");
        TheSeries(steps);
        TheConflicts(steps["conflicts"]);
        var task = steps["tasks"];
        (task.GetProperty("status").GetString(), task.GetProperty("percent").GetString(), task.GetProperty("due").GetString(), task.GetProperty("completed").GetBoolean()).ShouldBe(("InProgress", "25", "2026-12-04", true));
        steps["task_gone"].GetProperty("error").GetString().ShouldBe("ErrorItemNotFound");
        var contact = steps["contacts"];
        (contact.GetProperty("file_as").GetString(), contact.GetProperty("email").GetString(), contact.GetProperty("birthday").GetString()).ShouldBe(("Berg, Kim", "kim@fabrikam.test", "1980-02-03"));
        Texts(contact, "city").ShouldBe(["Neu-Ulm"]);
        Texts(steps["contact_gone"], "left").ShouldBeEmpty();
        ThePush(server, steps["push"]);
        Texts(steps["delegates"].GetProperty("seen"), "ben@contoso.test").ShouldBe(["(private)", "Design review", "Weekly planning", "may write"]);
        Texts(steps["delegates"].GetProperty("seen"), "carla@contoso.test")[^1].ShouldBe("ErrorAccessDenied");
        Texts(steps["delegates"].GetProperty("seen"), "room.berlin@contoso.test").ShouldBe(["ErrorFolderNotFound"]);
        server.Look("ben@contoso.test", m => m["calendar"].Items.Count(i => i.Subject == "By Anna")).ShouldBe(1);
        steps["free_busy"].GetProperty("merged").GetString().ShouldBe("000000000220002000000000");
        steps["free_busy"].GetProperty("unknown").GetString().ShouldBe("ErrorMailRecipientNotFound");
        Texts(steps["names"], "expanded").ShouldBe(["anna@contoso.test", "ben@contoso.test"]);
        Texts(steps["names"], "rooms").ShouldBe(["room.berlin@contoso.test"]);
        steps["oof"].GetProperty("state").GetString().ShouldBe("Enabled");
    }

    [Theory]
    [InlineData("2007SP1", "8.1.240.6", "Exchange2007_SP1")]
    [InlineData("2010SP3", "14.3.123.4", "Exchange2010_SP2")]
    [InlineData("2013SP1", "15.0.847.32", "Exchange2013_SP1")]
    [InlineData("SE", "15.2.2562.17", "Exchange2016")]
    public async Task Exchangelib_finds_out_which_edition_it_meets(string edition, string build, string version)
    {
        await RequireExchangelib();
        await using var server = await ForeignExchange.StartAsync(edition);
        var hello = (await Walk("hello.py", server, "http"))["hello"];
        (hello.GetProperty("build").GetString(), hello.GetProperty("version").GetString()).ShouldBe((build, version));
        hello.GetProperty("read").GetInt32().ShouldBe(server.Anna(m => m["calendar"].Count));
        hello.GetProperty("synced").GetInt32().ShouldBe(server.Anna(m => m["calendar"].Count));
    }

    private static void TheSeries(Dictionary<string, JsonElement> steps)
    {
        var series = steps["series"];
        Changes(series, "synced").ShouldBe(["update Weekly"], "an exception and a deleted occurrence are one update of the master");
        Texts(series, "modified").ShouldBe(["2026-12-08T09:00:00+01:00"]);
        Texts(series, "deleted").ShouldBe(["2026-12-15T09:00:00+01:00"]);
        series.GetProperty("view").EnumerateArray().Select(o => $"{o[0].GetString()} {o[1].GetString()} {o[2].GetString()}").ShouldBe(
        [
            "Weekly 2026-12-01T09:00:00+01:00 Occurrence", "Once later 2026-12-08T14:00:00+01:00 Exception", "Weekly 2026-12-22T09:00:00+01:00 Occurrence", "Weekly 2026-12-29T09:00:00+01:00 Occurrence",
        ]);
        series.GetProperty("back").GetBoolean().ShouldBeTrue("RecurringMasterItemId leads from an occurrence to its master");
        steps["deleted_occurrence"].GetProperty("error").GetString().ShouldBe("ErrorCalendarOccurrenceIsDeletedFromRecurrence");
        Texts(steps["series_changed"], "subjects").ShouldBe(["Once later", "Weekly, changed"], "an exception keeps its own changed values");
    }

    private static void TheConflicts(JsonElement conflicts)
    {
        conflicts.GetProperty("NeverOverwrite").GetString().ShouldBe("The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.");
        Texts(conflicts, "AutoResolve").ShouldBe(["Third", "Bonn", "Private"], "the stricter sensitivity stays");
        Texts(conflicts, "AlwaysOverwrite").ShouldBe(["Third", "Bonn", "Normal"]);
    }

    private static void ThePush(ForeignExchange server, JsonElement push)
    {
        Texts(push, "first").ShouldBe(["StatusEvent"]);
        Texts(push, "kinds").ShouldBe(["CreatedEvent", "DeletedEvent", "ModifiedEvent", "StatusEvent"]);
        push.GetProperty("same").GetBoolean().ShouldBeTrue();
        push.GetProperty("previous").GetBoolean().ShouldBeTrue();
        // Its last answer was Unsubscribe; the server acts on it a moment after the client has what it waited for.
        SpinWait.SpinUntil(() => server.Anna(_ => server.Exchange.Organisation.Subscriptions.All.All(s => s.Kind != SubscriptionKind.Push)), TimeSpan.FromSeconds(5)).ShouldBeTrue();
    }

    private static void TheServersSide(SimulatedExchange exchange)
    {
        lock (exchange.Organisation.Gate)
        {
            var anna = exchange.Organisation.FindMailbox("anna@contoso.test")!;
            var moved = anna["deleteditems"].Items.Single(i => i.Subject == "Moved");
            moved.Values.Text("Start").ShouldBe("2026-11-24T10:00:00Z");
            moved.Values.IsTrue("IsCancelled").ShouldBeTrue();
            anna["calendar"].Items.ShouldContain(i => i.Subject == "Series");
            exchange.Organisation.Mails.Mails.Where(m => m.Cause != "seed").Select(m => m.Kind).ShouldBe(["request", "update", "response", "cancellation"]);
            exchange.Organisation.Subscriptions.All.Where(s => s.Kind == SubscriptionKind.Pull).ShouldBeEmpty();
        }
    }

    private static List<string> Texts(JsonElement step, string name) => [.. step.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static List<string> Changes(JsonElement step, string name = "changes") => [.. step.GetProperty(name).EnumerateArray().Select(c => $"{c[0].GetString()} {c[1].GetString()}")];

    private static async Task<Dictionary<string, JsonElement>> Walk(string script, ForeignExchange server, string scheme)
    {
        var url = (scheme == "https" ? server.HttpsUrl : server.HttpUrl) + "/EWS/Exchange.asmx";
        await using var process = ForeignProcess.Start(
            Python, [Path.Combine(ForeignProcess.Here(), "exchangelib", script), url], new Dictionary<string, string> { ["REQUESTS_CA_BUNDLE"] = Path.Combine(server.Folder, "ca.pem") });
        var code = await process.WaitAsync(TimeSpan.FromSeconds(120));
        code.ShouldBe(0, process.Error);
        var steps = process.Steps();
        steps.ShouldContainKey("end", process.Error);
        return steps;
    }

    private static async Task RequireExchangelib()
    {
        var isThere = File.Exists(Python);
        if (isThere)
        {
            await using var process = ForeignProcess.Start(Python, ["-c", "import exchangelib"]);
            isThere = await process.WaitAsync(TimeSpan.FromSeconds(60)) == 0;
        }

        ForeignProcess.Require(isThere, "exchangelib", "python3-exchangelib");
    }
}
