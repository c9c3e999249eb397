namespace CrmSync.Engine.Crm;

/// <summary>Who wrote, as rows keep it: <c>link:ID</c> for what a link brought from Exchange, <c>user:NAME</c> for a person in the CRM.</summary>
public static class Actors
{
    private const string LinkPrefix = "link:";

    /// <summary>The link as an actor.</summary>
    public static string OfLink(Guid linkId) => $"{LinkPrefix}{linkId}";

    /// <summary>A link wrote, not a person in the CRM.</summary>
    public static bool IsLink(string actor) => actor.StartsWith(LinkPrefix, StringComparison.Ordinal);

    /// <summary>The link that wrote; null for a person.</summary>
    public static Guid? LinkOf(string actor) => IsLink(actor) && Guid.TryParse(actor[LinkPrefix.Length..], out var id) ? id : null;
}
