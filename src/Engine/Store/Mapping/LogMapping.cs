using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>What happened: read newest first, page by page.</summary>
internal static class LogMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<SyncConflict>(conflict =>
        {
            conflict.ToTable("SyncConflict").HasKey(row => row.Id);
            conflict.Property(row => row.Id).ValueGeneratedNever();
            conflict.Property(row => row.Decision).HasMaxLength(1000);
            conflict.Property(row => row.DecidedBy).HasMaxLength(300);
            conflict.HasIndex(row => new { row.State, row.At });
            conflict.HasIndex(row => new { row.LinkId, row.At });
            conflict.HasIndex(row => new { row.ItemId, row.At });
        });
        model.Entity<ItemHistory>(history =>
        {
            history.ToTable("ItemHistory").HasKey(row => row.Id);
            history.Property(row => row.Id).ValueGeneratedNever();
            history.Property(row => row.ReplacedBy).HasMaxLength(300);
            history.Property(row => row.Side).HasMaxLength(20);
            history.HasIndex(row => new { row.ItemId, row.Version });
            history.HasIndex(row => new { row.RunId, row.At });
        });
        model.Entity<Activity>(activity =>
        {
            activity.ToTable("Activity").HasKey(row => row.Id);
            activity.Property(row => row.Id).ValueGeneratedNever();
            activity.Property(row => row.Action).HasMaxLength(100);
            activity.Property(row => row.TraceId).HasMaxLength(100);
            activity.HasIndex(row => row.At);
            activity.HasIndex(row => new { row.LinkId, row.At });
            activity.HasIndex(row => new { row.ItemId, row.At });
        });
        model.Entity<DryRun>(run =>
        {
            run.ToTable("DryRun").HasKey(row => row.Id);
            run.Property(row => row.Id).ValueGeneratedNever();
            run.Property(row => row.By).HasMaxLength(300);
            run.HasIndex(row => new { row.LinkId, row.StartedAt });
        });
        model.Entity<AuditLog>(audit =>
        {
            audit.ToTable("AuditLog").HasKey(row => row.Number);
            // Numbered by the writer: the chain has no gaps, and two writers collide on the key instead of forking it.
            audit.Property(row => row.Number).ValueGeneratedNever();
            audit.Property(row => row.Actor).HasMaxLength(300);
            audit.Property(row => row.Address).HasMaxLength(100);
            audit.Property(row => row.Action).HasMaxLength(100);
            audit.Property(row => row.Subject).HasMaxLength(400);
            audit.Property(row => row.Hash).HasMaxLength(64);
            audit.HasIndex(row => row.At);
        });
    }
}
