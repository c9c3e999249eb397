using System.Text.Json;
using System.Text.Json.Serialization;
using CrmSync.Engine.Items;
using CrmSync.Engine.Planning;
using CrmSync.Engine.Rehearsal;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Crm;

/// <summary>The JSON of stored columns: compact, camel case, names instead of numbers so that a person can read the table.</summary>
/// <remarks>Source-generated: no reflection on the way of a page of items.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredAttendee[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(StoredContent))]
[JsonSerializable(typeof(ReplacedItem))]
[JsonSerializable(typeof(List<ShowAs>))]
[JsonSerializable(typeof(List<Sensitivity>))]
[JsonSerializable(typeof(List<LinkHold>))]
[JsonSerializable(typeof(List<HoldApproval>))]
[JsonSerializable(typeof(Churn))]
[JsonSerializable(typeof(RunTally))]
[JsonSerializable(typeof(DryRunResult))]
[JsonSerializable(typeof(Dictionary<string, ConflictPolicy>))]
[JsonSerializable(typeof(SyncTarget))]
[JsonSerializable(typeof(SyncLink))]
[JsonSerializable(typeof(CrmUser))]
public sealed partial class CrmJson : JsonSerializerContext
{
    /// <summary>The generated context without \u escapes for letters: the texts are stored, never put into a page as they are.</summary>
    public static CrmJson Stored => Relaxed.Value;

    // A class of its own: the order of static fields across the halves of a partial class is not defined.
    private static class Relaxed
    {
        public static readonly CrmJson Value = new(new JsonSerializerOptions(Default.GeneratedSerializerOptions!)
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

/// <summary>One element of <see cref="ScheduleItem.Attendees"/>.</summary>
public sealed record StoredAttendee(string Address, string? Name, AttendeeRole Role, AttendeeResponse Response);

/// <summary>What <see cref="Store.Rows.ItemHistory.Snapshot"/> holds.</summary>
public sealed record ReplacedItem(ScheduleItem Item, IReadOnlyList<Participation> Participations);
