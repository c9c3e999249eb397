namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>What may be asked for under a RequestServerVersion (ews/protocol.md section 1).</summary>
/// <remarks>Properties newer than the requested version fail the request, so they are left out below it.</remarks>
internal sealed class SchemaVersion
{
    private static readonly string[] Known =
    [
        "Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2012", "Exchange2013",
        "Exchange2013_SP1", "Exchange2015", "Exchange2016",
    ];

    private readonly int _rank;

    /// <param name="name">As in the schema. An unknown name (a V20xx_xx_xx, or a newer one) counts as the newest.</param>
    public SchemaVersion(string name)
    {
        Name = name;
        var rank = Array.IndexOf(Known, name);
        _rank = rank < 0 ? Known.Length : rank;
    }

    public string Name { get; }

    /// <summary>StartTimeZone and EndTimeZone; before, there is only MeetingTimeZone.</summary>
    public bool HasItemZones => _rank >= 3;

    /// <summary>Streaming subscriptions; ReturnNewItemIds of MoveItem.</summary>
    public bool Is2010Sp1 => _rank >= 4;

    /// <summary>WorkingElsewhere, JoinOnlineMeetingUrl.</summary>
    public bool Is2013 => _rank >= 7;

    public override string ToString() => Name;
}
