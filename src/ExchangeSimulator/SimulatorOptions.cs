using System.Net;

namespace CrmSync.ExchangeSimulator;

/// <summary>How one simulator is run. Port 0 takes a free port; no port, no listener.</summary>
public sealed record SimulatorOptions
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;
    public int? HttpPort { get; init; } = 5090;
    public int? HttpsPort { get; init; }

    /// <summary>Kinds of sign-in offered: basic, ntlm, bearer.</summary>
    public IReadOnlySet<string> Authentication { get; init; } = new HashSet<string> { "basic", "ntlm", "bearer" };

    /// <summary>File that keeps the organisation between runs; null: memory only.</summary>
    public string? DataFile { get; init; }

    /// <summary>Folder of ca.pem, server.pfx and the NTLM account file; default: beside the data file, else a folder of its own under the temporary one.</summary>
    public string? CertificateFolder { get; init; }

    /// <summary>Seed of ids, delays and faults: the same seed and the same requests give the same run.</summary>
    public int Seed { get; init; } = 1;
    public bool WithDemoData { get; init; }
    public int SeedMailboxes { get; init; }
    public int SeedItems { get; init; }

    /// <summary>Characters in the body of each seeded appointment.</summary>
    public int SeedBodyLength { get; init; } = Mailboxes.SeedData.BodyLength;

    /// <summary>Wanted in X-Control-Token of /control and /outlook requests; required when listening beyond loopback.</summary>
    public string? ControlToken { get; init; }
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Length of a minute of ConnectionTimeout, StatusFrequency and the push retries' scale; shorter in tests.</summary>
    public TimeSpan Minute { get; init; } = TimeSpan.FromMinutes(1);
    public TimeSpan MaxNotificationDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Mailbox servers behind the front end. With more than one a request without cookie and anchor may land on the wrong one.</summary>
    public int BackEnds { get; init; } = 1;

    /// <summary>Habits set to another value than the believed one, by name.</summary>
    public IReadOnlyDictionary<string, string> HabitValues { get; init; } = new Dictionary<string, string>();

    /// <summary>File that gets one line of JSON for each request, secrets masked.</summary>
    public string? RequestLogFile { get; init; }

    /// <summary>Put bodies into the request log, secrets masked.</summary>
    public bool LogBodies { get; init; }

    /// <summary>JSON file with a seed, fault rules and a throttle policy in force from the start.</summary>
    public string? FaultFile { get; init; }

    /// <summary>Which Exchange to be: 2007SP1, 2010SP3, 2013SP1, 2016, 2019 or SE.</summary>
    public string Edition { get; init; } = "2016";

    /// <summary>Streams of one account; null: as the edition has it.</summary>
    public int? HangingConnectionLimit { get; init; }
    public int SubscriptionLimit { get; init; } = 5000;
    /// <summary>Habits that could not be verified against a real server, with the believed values.</summary>
    public Mailboxes.ExchangeHabits Habits { get; init; } = Mailboxes.ExchangeHabits.Believed;
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes the handler that push notifications go out through; default: the network.</summary>
    public Func<HttpMessageHandler>? PushHandler { get; init; }

    /// <summary>Largest request body in bytes; larger ones get HTTP 413.</summary>
    public long MaxRequestBytes { get; init; } = 35 * 1024 * 1024;
    public bool LogRequests { get; init; }
}
