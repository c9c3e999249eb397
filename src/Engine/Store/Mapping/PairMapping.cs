using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>The memory of pairs. External ids are found by the hash beside them; the ids themselves are compared afterwards.</summary>
internal static class PairMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<ItemLink>(pair =>
        {
            pair.ToTable("ItemLink").HasKey(row => row.Id);
            pair.Property(row => row.Id).ValueGeneratedNever();
            pair.HasIndex(row => new { row.LinkId, row.ItemId }).IsUnique();
            pair.HasIndex(row => row.ItemId);
            pair.HasIndex(row => row.IntentId);
            pair.HasIndex(row => new { row.LinkId, row.SeenGeneration });
            pair.HasIndex(row => new { row.LinkId, row.QuarantinedAt }).HasFilter("\"QuarantinedAt\" IS NOT NULL");
        });
        model.Entity<ItemIdentity>(identity =>
        {
            identity.ToTable("ItemIdentity").HasKey(row => new { row.ItemLinkId, row.Slot });
            identity.Property(row => row.Slot).HasMaxLength(40);
            identity.Property(row => row.Protocol).HasMaxLength(20);
            identity.Property(row => row.IdFormat).HasMaxLength(40);
            identity.HasIndex(row => new { row.LinkId, row.IdHash });
            identity.HasIndex(row => row.GlobalIdHash);
        });
        model.Entity<MeetingIdentity>(meeting =>
        {
            meeting.ToTable("MeetingIdentity").HasKey(row => new { row.TargetId, row.GlobalObjectId });
            meeting.HasIndex(row => row.ItemId);
        });
        model.Entity<LinkInventory>(inventory =>
        {
            inventory.ToTable("LinkInventory").HasKey(row => new { row.LinkId, row.IdHash, row.ExchangeId });
            inventory.Property(row => row.SkipReason).HasMaxLength(100);
            inventory.HasIndex(row => new { row.LinkId, row.MatchHash });
            inventory.HasIndex(row => new { row.LinkId, row.SkipReason });
        });
        model.Entity<PendingDelete>(pending =>
        {
            pending.ToTable("PendingDelete").HasKey(row => new { row.LinkId, row.ItemLinkId });
            pending.HasIndex(row => row.ItemLinkId);
        });
    }
}
