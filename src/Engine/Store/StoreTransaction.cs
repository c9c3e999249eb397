using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CrmSync.Engine.Store;

/// <summary>One write transaction: EF's context and the raw connection share it.</summary>
/// <remarks>
/// Lock order for everybody: LinkWork rows by link, then items by id, then the rest. A writer that keeps it can deadlock only inside one set, and
/// <see cref="CrmSyncStore.WriteAsync{T}"/> tries that again.
/// </remarks>
public sealed class StoreTransaction : IAsyncDisposable
{
    private readonly IDisposable? _turn;
    private readonly IDbContextTransaction _transaction;

    private StoreTransaction(CrmSyncStore store, CrmSyncDbContext database, IDbContextTransaction transaction, IDisposable? turn) =>
        (Store, Database, _transaction, _turn) = (store, database, transaction, turn);

    public CrmSyncStore Store { get; }

    public CrmSyncDbContext Database { get; }

    public StoreDialect Dialect => Store.Dialect;

    public DbConnection Connection => Database.Database.GetDbConnection();

    internal static async Task<StoreTransaction> BeginAsync(CrmSyncStore store, CancellationToken cancellation)
    {
        var database = await store.Contexts.CreateDbContextAsync(cancellation);
        IDisposable? turn = null;
        try
        {
            turn = await store.Dialect.EnterWriteAsync(database.Database.GetDbConnection(), cancellation);
            // On SQLite this is BEGIN IMMEDIATE: a transaction that read first could not become a writer without a conflict.
            var transaction = await database.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
            return new StoreTransaction(store, database, transaction, turn);
        }
        catch
        {
            turn?.Dispose();
            await database.DisposeAsync();
            throw;
        }
    }

    public DbCommand Command(string sql)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _transaction.GetDbTransaction();
        return command;
    }

    /// <summary>Runs a statement with named parameters; answers the rows it touched.</summary>
    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(sql);
        command.Add(parameters);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Writes rows of one table, 512 to a statement; answers how many were written.</summary>
    /// <param name="kept">Columns that an update leaves alone.</param>
    public async Task<int> WriteAsync<TRow>(IReadOnlyCollection<TRow> rows, WriteMode mode, CancellationToken cancellation, params string[] kept)
        where TRow : class
    {
        if (rows.Count == 0)
            return 0;
        var write = new SetWrite(Store.ShapeOf(typeof(TRow)), mode, kept);
        var written = 0;
        foreach (var batch in rows.Chunk(SetWrite.MaxRows))
        {
            var unique = mode is WriteMode.Upsert or WriteMode.InsertIfAbsent ? write.Table.LastOfEachKey(batch) : batch;
            written += await Dialect.WriteSetAsync(this, write, unique, cancellation);
        }
        return written;
    }

    /// <summary>Ends it for good. An exception that is not transient leaves open whether it was saved (the connection broke while committing).</summary>
    public Task CommitAsync(CancellationToken cancellation) => _transaction.CommitAsync(cancellation);

    /// <summary>Rolls back unless committed.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync();
            await Database.DisposeAsync();
        }
        finally
        {
            _turn?.Dispose();
        }
    }
}

internal static class DbCommandParameters
{
    public static void Add(this DbCommand command, params (string Name, object? Value)[] parameters)
    {
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
    }
}
