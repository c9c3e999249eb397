using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>The database: contexts for reading, transactions for writing, and its dialect.</summary>
public sealed class CrmSyncStore(IDbContextFactory<CrmSyncDbContext> contexts, StoreDialect dialect, StoreOptions options, TimeProvider time, IdSource ids)
{
    private const int MaxTries = 6;

    private readonly ConcurrentDictionary<Type, TableShape> _shapes = new();

    public IDbContextFactory<CrmSyncDbContext> Contexts => contexts;

    public StoreDialect Dialect => dialect;

    public StoreOptions Options => options;

    public TimeProvider Time => time;

    public IdSource Ids => ids;

    /// <summary>Now for rows that people read; leases and due times take the database's clock.</summary>
    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    public Task<CrmSyncDbContext> ReadAsync(CancellationToken cancellation) => contexts.CreateDbContextAsync(cancellation);

    /// <summary>Runs a write in a transaction of its own, again when it lost a deadlock or stood still for so long that the database ended it. The work may run several times.</summary>
    /// <param name="work">Answers whether to commit, and the result.</param>
    public async Task<T> WriteAsync<T>(Func<StoreTransaction, Task<(bool Commit, T Result)>> work, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var transaction = await StoreTransaction.BeginAsync(this, cancellation);
                var (commit, result) = await work(transaction);
                if (commit)
                    await transaction.CommitAsync(cancellation);
                return result;
            }
            catch (Exception exception) when (tries < MaxTries && dialect.IsTransient(exception))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5 * tries * (1 + ids.NextDouble())), time, cancellation);
            }
        }
    }

    public Task WriteAsync(Func<StoreTransaction, Task> work, CancellationToken cancellation) =>
        WriteAsync<bool>(
            async transaction =>
            {
                await work(transaction);
                return (true, true);
            },
            cancellation);

    /// <summary>Runs one statement that is a transaction by itself, again when it lost a deadlock.</summary>
    internal async Task<T> StatementAsync<T>(
        string sql, Func<DbCommand, CancellationToken, Task<T>> run, CancellationToken cancellation, params (string Name, object? Value)[] parameters)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var database = await contexts.CreateDbContextAsync(cancellation);
                var connection = database.Database.GetDbConnection();
                using var turn = await dialect.EnterWriteAsync(connection, cancellation);
                await database.Database.OpenConnectionAsync(cancellation);
                await using var command = connection.CreateCommand();
                command.CommandText = sql;
                command.Add(parameters);
                return await run(command, cancellation);
            }
            catch (Exception exception) when (tries < MaxTries && dialect.IsTransient(exception))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5 * tries * (1 + ids.NextDouble())), time, cancellation);
            }
        }
    }

    internal TableShape ShapeOf(Type row) => _shapes.GetOrAdd(row, static (type, store) =>
    {
        using var database = store.Contexts.CreateDbContext();
        return TableShape.Of(database.Model, type);
    }, this);
}
