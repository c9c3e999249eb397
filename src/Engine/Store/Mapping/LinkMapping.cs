using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrmSync.Engine.Crm;
using CrmSync.Engine.Store.Rows;
using CrmSync.Engine.Targets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>Configuration of targets and links, what the engine knows about a link, and the queue.</summary>
internal static class LinkMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<SyncTarget>(target =>
        {
            target.ToTable("SyncTarget").HasKey(row => row.Id);
            target.Property(row => row.Id).ValueGeneratedNever();
            target.Property(row => row.Version).IsConcurrencyToken();
            target.Property(row => row.Name).HasMaxLength(200);
            target.Property(row => row.FieldPolicies).HasConversion(
                policies => JsonSerializer.Serialize(policies!, CrmJson.Stored.DictionaryStringConflictPolicy),
                json => JsonSerializer.Deserialize(json, CrmJson.Stored.DictionaryStringConflictPolicy),
                // Replaced as a whole, so the reference says whether it changed; a tracked copy is one of its own.
                new ValueComparer<Dictionary<string, ConflictPolicy>?>(
                    (left, right) => left == right || (left != null && right != null && left.Count == right.Count && !left.Except(right).Any()),
                    policies => policies == null ? 0 : policies.Count,
                    policies => policies == null ? null : new Dictionary<string, ConflictPolicy>(policies)));
            target.HasIndex(row => row.Name).IsUnique();
        });
        model.Entity<SyncLink>(link =>
        {
            link.ToTable("SyncLink").HasKey(row => row.Id);
            link.Property(row => row.Id).ValueGeneratedNever();
            link.Property(row => row.Version).IsConcurrencyToken();
            link.Property(row => row.Mailbox).HasMaxLength(320);
            AsJson(link.Property(row => row.AcceptedShowAs), CrmJson.Stored.ListShowAs);
            AsJson(link.Property(row => row.AcceptedSensitivities), CrmJson.Stored.ListSensitivity);
            link.HasIndex(row => new { row.TargetId, row.Mailbox });
            link.HasIndex(row => new { row.UserId, row.Kind });
        });
        model.Entity<LinkState>(state =>
        {
            state.ToTable("LinkState").HasKey(row => row.LinkId);
            state.Property(row => row.LinkId).ValueGeneratedNever();
            state.Property(row => row.NotificationState).HasMaxLength(LinkState.MaxNotificationState);
            AsJson(state.Property(row => row.Holds), CrmJson.Stored.ListLinkHold);
            AsJson(state.Property(row => row.Approvals), CrmJson.Stored.ListHoldApproval);
            state.HasIndex(row => row.NextPollAt);
            state.HasIndex(row => row.NextCheckUpAt);
            state.HasIndex(row => row.RenewAt);
            state.HasIndex(row => row.Health);
        });
        model.Entity<LinkWork>(work =>
        {
            work.ToTable("LinkWork").HasKey(row => row.LinkId);
            work.Property(row => row.LinkId).ValueGeneratedNever();
            work.Property(row => row.Mailbox).HasMaxLength(320);
            work.Property(row => row.Owner).HasMaxLength(200);
            // Idle links, nearly all of them, are not in the index: an empty claim costs the same with ten links and with a million.
            work.HasIndex(row => new { row.IsPaused, row.Priority, row.ReadyAtMs }).HasFilter("\"ReadyAtMs\" IS NOT NULL");
            work.HasIndex(row => new { row.TargetId, row.Mailbox });
        });
        model.Entity<QueueMessage>(message =>
        {
            message.ToTable("ExchangeSyncQueue").HasKey(row => row.Id);
            message.Property(row => row.Id).ValueGeneratedNever();
            message.Property(row => row.TraceId).HasMaxLength(100);
            message.HasIndex(row => new { row.LinkId, row.Kind, row.ItemId }).IsUnique();
            message.HasIndex(row => new { row.LinkId, row.State, row.NotBeforeMs });
            message.HasIndex(row => new { row.State, row.Kind });
            message.HasIndex(row => row.ItemId);
        });
        model.Entity<PushToken>(token =>
        {
            token.ToTable("PushToken").HasKey(row => row.TokenHash);
            token.Property(row => row.TokenHash).HasMaxLength(64);
            token.HasIndex(row => row.LinkId);
        });
        model.Entity<ListenerGroup>(group =>
        {
            group.ToTable("ListenerGroup").HasKey(row => row.Id);
            group.Property(row => row.Id).ValueGeneratedNever();
            group.Property(row => row.Owner).HasMaxLength(200);
            group.HasIndex(row => row.TargetId);
        });
        model.Entity<ListenerMember>(member =>
        {
            member.ToTable("ListenerMember").HasKey(row => row.LinkId);
            member.Property(row => row.LinkId).ValueGeneratedNever();
            member.HasIndex(row => row.GroupId);
        });
    }

    private static void AsJson<T>(PropertyBuilder<List<T>?> property, JsonTypeInfo<List<T>> type) =>
        property.HasConversion(
            list => JsonSerializer.Serialize(list!, type),
            json => JsonSerializer.Deserialize(json, type),
            new ValueComparer<List<T>?>(
                (left, right) => left == right || (left != null && right != null && left.SequenceEqual(right)),
                list => list == null ? 0 : list.Count,
                list => list == null ? null : list.ToList()));
}
