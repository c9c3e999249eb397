using CrmSync.Engine.Access;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>What the databases do not agree on: collation and width of external ids, clustered keys.</summary>
internal static class ProviderMapping
{
    // Case-sensitive ASCII (invariant 8); the longest EWS id seen is about 400 characters, ids of public folders more.
    private static readonly (Type Row, string Property, int Length)[] ExternalIds =
    [
        (typeof(ItemIdentity), nameof(ItemIdentity.ExchangeId), 1024),
        (typeof(ItemIdentity), nameof(ItemIdentity.ChangeKey), 512),
        (typeof(ItemIdentity), nameof(ItemIdentity.GlobalObjectId), 1024),
        (typeof(MeetingIdentity), nameof(MeetingIdentity.GlobalObjectId), 1024),
        (typeof(LinkInventory), nameof(LinkInventory.ExchangeId), 1024),
        (typeof(LinkInventory), nameof(LinkInventory.ChangeKey), 512),
        (typeof(LinkInventory), nameof(LinkInventory.GlobalObjectId), 1024),
        (typeof(SyncLink), nameof(SyncLink.FolderId), 1024),
        (typeof(LinkState), nameof(LinkState.ResolvedFolderId), 1024),
        (typeof(LinkState), nameof(LinkState.SubscriptionId), 1024),
        (typeof(PushToken), nameof(PushToken.SubscriptionId), 1024),
        (typeof(PushToken), nameof(PushToken.TokenHash), 64),
        (typeof(ApiToken), nameof(ApiToken.TokenHash), 64),
        (typeof(SetupLink), nameof(SetupLink.TokenHash), 64),
        (typeof(IdempotencyKey), nameof(IdempotencyKey.Key), 200),
    ];

    public static void Apply(ModelBuilder model, string? provider)
    {
        var isSqlServer = provider?.EndsWith(".SqlServer", StringComparison.Ordinal) == true;
        var collation = isSqlServer ? "Latin1_General_100_BIN2"
            : provider?.EndsWith(".PostgreSQL", StringComparison.Ordinal) == true ? "C"
            : "BINARY";
        foreach (var (row, name, length) in ExternalIds)
        {
            var property = model.Entity(row).Property(name).HasMaxLength(length).UseCollation(collation);
            if (isSqlServer)
                property.IsUnicode(false);
        }
        if (isSqlServer)
        {
            // A clustered key may have 900 bytes, any other 1700.
            model.Entity<MeetingIdentity>().HasKey(row => new { row.TargetId, row.GlobalObjectId }).IsClustered(false);
            model.Entity<LinkInventory>().HasKey(row => new { row.LinkId, row.IdHash, row.ExchangeId }).IsClustered(false);
        }
    }
}
