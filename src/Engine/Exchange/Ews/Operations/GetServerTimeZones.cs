using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>The zone ids that the server knows, with their names for people.</summary>
internal sealed class GetServerTimeZones : SingleOperation<IReadOnlyList<ServerTimeZone>>
{
    private readonly List<ServerTimeZone> _zones = [];

    public override string Name => "GetServerTimeZones";

    public override void Write(RequestWriter w) => w.Message(Name, () => w.Attribute("ReturnFullTimeZoneData", "false"));

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "TimeZoneDefinitions")
            return;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Attribute("Id") is { Length: > 0 } id)
                _zones.Add(new(id, reader.Attribute("Name") ?? id));
        }
    }

    protected override IReadOnlyList<ServerTimeZone> Result() => _zones;
}

/// <summary>A zone of the server: its Windows id and its name for people.</summary>
public sealed record ServerTimeZone(string Id, string Name);
