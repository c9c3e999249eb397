using CrmSync.Engine.Access;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>Sign-in, tokens, idempotency, who we are.</summary>
internal static class AccessMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<ConsoleAccount>(account =>
        {
            account.ToTable("ConsoleAccount").HasKey(row => row.Id);
            account.Property(row => row.Id).ValueGeneratedNever();
            account.Property(row => row.UserName).HasMaxLength(200);
            account.HasIndex(row => row.UserName).IsUnique();
        });
        model.Entity<ApiToken>(token =>
        {
            token.ToTable("ApiToken").HasKey(row => row.Id);
            token.Property(row => row.Id).ValueGeneratedNever();
            token.Property(row => row.Name).HasMaxLength(200);
            token.Property(row => row.Prefix).HasMaxLength(40);
            token.Property(row => row.TokenHash).HasMaxLength(64);
            token.HasIndex(row => row.Prefix).IsUnique();
        });
        model.Entity<SetupLink>(link =>
        {
            link.ToTable("SetupLink").HasKey(row => row.TokenHash);
            link.Property(row => row.TokenHash).HasMaxLength(64);
        });
        model.Entity<IdempotencyKey>(key =>
        {
            key.ToTable("IdempotencyKey").HasKey(row => new { row.Actor, row.Key });
            key.Property(row => row.Actor).HasMaxLength(200);
            key.Property(row => row.Key).HasMaxLength(200);
            key.Property(row => row.RequestHash).HasMaxLength(64);
            key.HasIndex(row => row.CreatedAt);
        });
        model.Entity<Installation>(installation =>
        {
            installation.ToTable("Installation").HasKey(row => row.Id);
            installation.Property(row => row.Id).ValueGeneratedNever();
        });
    }
}
