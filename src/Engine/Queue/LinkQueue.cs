using System.Data.Common;
using CrmSync.Engine.Store;

namespace CrmSync.Engine.Queue;

/// <summary>The ExchangeSyncQueue in the database. Its statements are in <see cref="QueueSql"/> and the dialects.</summary>
public sealed class LinkQueue(CrmSyncStore store, QueueSignal signal) : ILinkQueue
{
    private StoreDialect Dialect => store.Dialect;

    public async Task EnqueueAsync(IReadOnlyCollection<QueueRequest> requests, CancellationToken cancellation)
    {
        if (requests.Count == 0)
            return;
        await store.WriteAsync(transaction => QueueWriter.PutAsync(transaction, requests, cancellation), cancellation);
        signal.Wake();
    }

    public Task<LinkLease?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellation) => store.StatementAsync(
        Dialect.ClaimNext, (command, stop) => ReadLeaseAsync(command, owner, stop), cancellation, ("@owner", owner), ("@lease", Ms(lease)));

    public Task<LinkLease?> ClaimLinkAsync(Guid linkId, string owner, TimeSpan lease, CancellationToken cancellation) => store.StatementAsync(
        Dialect.ClaimOne, (command, stop) => ReadLeaseAsync(command, owner, stop), cancellation, ("@link", linkId), ("@owner", owner), ("@lease", Ms(lease)));

    public Task<bool> RenewAsync(LinkLease lease, TimeSpan length, CancellationToken cancellation) => store.StatementAsync(
        QueueSql.Renew(Dialect), async (command, stop) => await command.ExecuteNonQueryAsync(stop) == 1, cancellation,
        ("@link", lease.LinkId), ("@owner", lease.Owner), ("@epoch", lease.Epoch), ("@lease", Ms(length)));

    public async Task ReleaseAsync(LinkLease lease, TimeSpan notBefore, CancellationToken cancellation)
    {
        (string, object?)[] parameters =
        [
            ("@link", lease.LinkId), ("@owner", lease.Owner), ("@epoch", lease.Epoch), ("@notBefore", Ms(notBefore)), ("@gap", (long)store.Options.MinLinkGapMs),
        ];
        // On SQL Server two statements are two transactions unless we say so; PostgreSQL makes one of a batch, SQLite needs one statement only.
        if (Dialect.Provider == StoreProvider.SqlServer)
            await store.WriteAsync(transaction => transaction.ExecuteAsync(Dialect.Release, cancellation, parameters), cancellation);
        else
            await store.StatementAsync(Dialect.Release, (command, stop) => command.ExecuteNonQueryAsync(stop), cancellation, parameters);
    }

    public async Task DeferAsync(Guid targetId, string? mailbox, TimeSpan delay, CancellationToken cancellation) => await store.StatementAsync(
        QueueSql.Defer(Dialect, mailbox is not null), (command, stop) => command.ExecuteNonQueryAsync(stop), cancellation,
        mailbox is null ? [("@target", targetId), ("@delay", Ms(delay))] : [("@target", targetId), ("@delay", Ms(delay)), ("@mailbox", mailbox)]);

    public async Task<TimeSpan?> NextReadyInAsync(CancellationToken cancellation)
    {
        var ms = await store.StatementAsync(QueueSql.NextReadyIn(Dialect), (command, stop) => command.ExecuteScalarAsync(stop), cancellation);
        return ms is null or DBNull ? null : TimeSpan.FromMilliseconds(Math.Max(0, Convert.ToInt64(ms, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static async Task<LinkLease?> ReadLeaseAsync(DbCommand command, string owner, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        LinkLease? lease = null;
        // Read to the end: SQLite finishes the update only then.
        while (await reader.ReadAsync(cancellation))
            lease = new LinkLease(reader.GetGuid(0), owner, reader.GetInt64(1), reader.GetString(2));
        return lease;
    }

    private static long Ms(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);
}
