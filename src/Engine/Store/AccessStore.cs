using CrmSync.Engine.Access;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>Accounts, tokens and setup links by EF: rare rows, no hot path.</summary>
public sealed class AccessStore(CrmSyncStore store) : IAccessStore
{
    public async Task<ConsoleAccount?> FindAccountAsync(string userName, CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<ConsoleAccount>().AsNoTracking().SingleOrDefaultAsync(account => account.UserName == userName, cancellation);
    }

    public Task AddAccountAsync(ConsoleAccount account, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            var db = transaction.Database;
            db.Add(account);
            await db.SaveChangesAsync(cancellation);
        },
        cancellation);

    public Task SaveAccountAsync(ConsoleAccount account, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            var db = transaction.Database;
            db.Update(account);
            await db.SaveChangesAsync(cancellation);
        },
        cancellation);

    public async Task<bool> HasAdministratorAsync(CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<ConsoleAccount>().AnyAsync(account => account.Role == ConsoleRole.Administrator && !account.IsDisabled, cancellation);
    }

    public Task ReplaceSetupLinkAsync(SetupLink link, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            var db = transaction.Database;
            await db.Set<SetupLink>().Where(old => old.UsedAt == null).ExecuteDeleteAsync(cancellation);
            db.Add(link);
            await db.SaveChangesAsync(cancellation);
        },
        cancellation);

    public async Task<bool> IsSetupLinkValidAsync(string tokenHash, DateTime now, CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<SetupLink>().AnyAsync(link => link.TokenHash == tokenHash && link.UsedAt == null && link.ExpiresAt > now, cancellation);
    }

    public Task<bool> UseSetupLinkAsync(string tokenHash, DateTime now, CancellationToken cancellation) => store.WriteAsync<bool>(
        async transaction =>
        {
            var db = transaction.Database;
            return (true, await db.Set<SetupLink>().Where(link => link.TokenHash == tokenHash && link.UsedAt == null && link.ExpiresAt > now)
                .ExecuteUpdateAsync(set => set.SetProperty(link => link.UsedAt, now), cancellation) == 1);
        },
        cancellation);

    public Task AddTokenAsync(ApiToken token, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            var db = transaction.Database;
            db.Add(token);
            await db.SaveChangesAsync(cancellation);
        },
        cancellation);

    public async Task<ApiToken?> FindTokenAsync(string tokenHash, CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<ApiToken>().AsNoTracking().SingleOrDefaultAsync(token => token.TokenHash == tokenHash, cancellation);
    }

    public Task TokenUsedAsync(Guid id, DateTime now, CancellationToken cancellation) => store.WriteAsync(
        async transaction =>
        {
            var db = transaction.Database;
            await db.Set<ApiToken>().Where(token => token.Id == id).ExecuteUpdateAsync(set => set.SetProperty(token => token.LastUsedAt, now), cancellation);
        },
        cancellation);

    public async Task<IReadOnlyList<ApiToken>> ListTokensAsync(CancellationToken cancellation)
    {
        await using var db = await store.ReadAsync(cancellation);
        return await db.Set<ApiToken>().AsNoTracking().OrderBy(token => token.CreatedAt).Take(1000).ToListAsync(cancellation);
    }

    public Task<bool> RevokeTokenAsync(Guid id, DateTime now, CancellationToken cancellation) => store.WriteAsync<bool>(
        async transaction =>
        {
            var db = transaction.Database;
            return (true, await db.Set<ApiToken>().Where(token => token.Id == id && token.RevokedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(token => token.RevokedAt, now), cancellation) == 1);
        },
        cancellation);
}
