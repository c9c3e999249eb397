using System.Text.Json;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Planning;

namespace CrmSync.Engine.Sessions;

/// <summary>Tallies as they are kept in a link's state.</summary>
public static class TallyRows
{
    public static RunTally Read(string? json) => json is null ? RunTally.None : JsonSerializer.Deserialize(json, CrmJson.Stored.RunTally)!;

    public static string Write(RunTally tally) => JsonSerializer.Serialize(tally, CrmJson.Stored.RunTally);
}
