using System.Text.Json;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Conformance.Foreign;

/// <summary>
/// evolution-ews of Debian, headless: its own registry, calendar and address book services on a private bus with a throw-away home, driven through libecal
/// as Evolution drives them. No keyring is unlocked: the script answers when the services ask for the password.
/// </summary>
public sealed class EvolutionTests
{
    private const string Packages = "evolution-data-server evolution-ews gir1.2-ecal-2.0 gir1.2-ebook-1.2 python3-gi dbus-daemon";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Evolution_opens_a_mailbox_changes_it_edits_a_series_and_hears_of_changes_by_streaming()
    {
        Require();
        await using var server = await ForeignExchange.StartAsync();
        await using var evolution = ForeignProcess.Start(
            "dbus-run-session", ["--", "/usr/bin/python3", Path.Combine(ForeignProcess.Here(), "evolution", "walk.py"), server.HttpUrl], Home(server), server.Folder);
        await evolution.WaitAsync(Bound);
        var steps = evolution.Steps();
        steps.ShouldContainKey("end", evolution.Output + evolution.Error);

        Texts(steps["sources"], "calendars").ShouldBe(["Calendar"]);
        Texts(steps["sources"], "tasks").ShouldBe(["Tasks"]);
        Texts(steps["open"], "summaries").ShouldBe(["Customer visit Fabrikam", "Design review", "Offer for Northwind", "Trade fair", "Weekly planning"]);
        var made = steps["create"].GetProperty("item");
        made.GetProperty("uid").GetString().ShouldBe(steps["create"].GetProperty("uid").GetString());
        (made.GetProperty("start").GetString(), made.GetProperty("location").GetString(), made.GetProperty("body").GetString()).ShouldBe(("2026-11-24T09:00:00Z", "Ulm", "the text"));
        Texts(made, "categories").ShouldBe(["Zoo", "Art"]);
        steps["read"].GetProperty("summary").GetString().ShouldBe("From Evolution");
        steps["read"].GetProperty("description").GetString().ShouldBe("the text");
        var changed = steps["change"].GetProperty("item");
        changed.GetProperty("location").GetString().ShouldBe("Berlin");
        changed.GetProperty("id").GetString().ShouldBe(made.GetProperty("id").GetString());
        changed.GetProperty("changeKey").GetString().ShouldNotBe(made.GetProperty("changeKey").GetString());
        TheSeries(server, steps);
        TheStream(server, steps);
        Texts(steps["delete"], "left").ShouldNotContain("Changed by Evolution");
        TheOtherKinds(server);
    }

    private static void TheSeries(ForeignExchange server, Dictionary<string, JsonElement> steps)
    {
        steps["series"].GetProperty("item").GetProperty("isRecurring").GetBoolean().ShouldBeTrue();
        steps["series"].GetProperty("item").GetProperty("timeZone").GetString().ShouldBe("W. Europe Standard Time");
        steps["instances"].GetProperty("instances").EnumerateArray().Select(i => i[1].GetString()).ShouldBe(
            ["20261201T090000", "20261208T090000", "20261215T090000", "20261222T090000", "20261229T090000"]);
        var series = server.Anna(m => m["calendar"].Items.Single(i => i.Subject == "Series").Series!);
        series.Exceptions.Keys.ShouldBe([new DateOnly(2026, 12, 8)]);
        series.Deleted.ShouldBe([new DateOnly(2026, 12, 15)]);
    }

    private static void TheStream(ForeignExchange server, Dictionary<string, JsonElement> steps)
    {
        steps["outside_create"].GetProperty("streams").GetInt32().ShouldBe(1, "Evolution listens by one streaming connection");
        Texts(steps["outside_create"], "seen").ShouldContain("From outside");
        Texts(steps["outside_change"], "seen").ShouldContain("Changed outside");
        Texts(steps["outside_delete"], "seen").ShouldNotContain("Changed outside");
        server.Exchange.Requests.ByOperation.Keys.ShouldContain("GetStreamingEvents");
    }

    private static void TheOtherKinds(ForeignExchange server)
    {
        var task = server.Anna(m => m["tasks"].Items.Single());
        (task.Subject, task.Values.Text("Status"), task.Values.Text("DueDate")).ShouldBe(("Task of Evolution", "InProgress", "2026-11-24T00:00:00Z"));
        var contact = server.Anna(m => m["contacts"].Items.Single());
        (contact.Values.Text("GivenName"), contact.Values.Text("Surname"), contact.Values.Text("CompanyName")).ShouldBe(("Kim", "Lee", "Fabrikam"));
        contact.Values.Element("EmailAddresses")!.Children.Single().Text.ShouldBe("kim@fabrikam.test");
    }

    private static List<string> Texts(JsonElement step, string name) => [.. step.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static void Require() => ForeignProcess.Require(
        File.Exists("/usr/bin/dbus-run-session") && File.Exists("/usr/lib/evolution-data-server/calendar-backends/libecalbackendews.so")
        && Directory.Exists("/usr/lib/python3/dist-packages/gi") && Typelib("ECal-2.0") && Typelib("EBook-1.2"),
        "evolution-ews",
        Packages);

    private static bool Typelib(string name) => Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Any(d => File.Exists(Path.Combine(d, "girepository-1.0", name + ".typelib")));

    /// <summary>A home with one account in it. It must be set before the bus starts: the services inherit their environment from there.</summary>
    private static Dictionary<string, string> Home(ForeignExchange server)
    {
        var home = Directory.CreateDirectory(Path.Combine(server.Folder, "home")).FullName;
        var sources = Directory.CreateDirectory(Path.Combine(home, ".config", "evolution", "sources")).FullName;
        var runtime = Directory.CreateDirectory(Path.Combine(home, "run")).FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var url = new Uri(server.HttpUrl);
        File.WriteAllText(Path.Combine(sources, "simulator.source"), $"""
            [Data Source]
            DisplayName=Simulator
            Enabled=true
            Parent=

            [Collection]
            BackendName=ews
            CalendarEnabled=true
            ContactsEnabled=true
            MailEnabled=false
            Identity=anna@contoso.test

            [Authentication]
            Host={url.Host}
            Port={url.Port}
            User=anna@contoso.test
            Method=PLAIN
            RememberPassword=false

            [Ews Backend]
            Hosturl={server.HttpUrl}/EWS/Exchange.asmx
            Email=anna@contoso.test
            ListenNotifications=true
            CheckAll=false
            """);
        return new()
        {
            ["HOME"] = home, ["XDG_CONFIG_HOME"] = Path.Combine(home, ".config"), ["XDG_DATA_HOME"] = Path.Combine(home, ".local", "share"), ["XDG_CACHE_HOME"] = Path.Combine(home, ".cache"),
            ["XDG_RUNTIME_DIR"] = runtime, ["GIO_USE_NETWORK_MONITOR"] = "base", ["GIO_USE_VFS"] = "local", ["GSETTINGS_BACKEND"] = "memory", ["TZ"] = "Europe/Berlin",
        };
    }
}
