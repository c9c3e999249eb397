using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>The path to an extended (MAPI) property. The type must match the stored one exactly (ews/protocol.md section 5).</summary>
internal sealed record ExtendedField(string? DistinguishedSet, string? Set, string? Name, int? Id, string Type)
{
    /// <summary>PidLidCleanGlobalObjectId: what all copies of a meeting share (ews/protocol.md section 6).</summary>
    public static readonly ExtendedField CleanGlobalObjectId = new("Meeting", null, null, 0x23, "Binary");

    public static ExtendedField Named(string set, string name, string type) => new(null, set, name, null, type);

    public void Write(RequestWriter w) => w.Type("ExtendedFieldURI", () =>
    {
        if (DistinguishedSet is not null)
            w.Attribute("DistinguishedPropertySetId", DistinguishedSet);
        if (Set is not null)
            w.Attribute("PropertySetId", Set);
        if (Name is not null)
            w.Attribute("PropertyName", Name);
        if (Id is { } id)
            w.Attribute("PropertyId", id);
        w.Attribute("PropertyType", Type);
    });

    public void WriteProperty(RequestWriter w, string value) => w.Type("ExtendedProperty", () =>
    {
        Write(w);
        w.Type("Value", value);
    });
}
