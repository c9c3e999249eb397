using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store;

/// <summary>What differs between the databases; everything else is EF or standard SQL. One small class each.</summary>
public abstract class StoreDialect
{
    public abstract StoreProvider Provider { get; }

    /// <summary>Sets EF up for this database; migrations lie in an assembly of their own.</summary>
    public abstract void Configure(DbContextOptionsBuilder builder, string connectionString);

    /// <summary>SQL for now in milliseconds since 1970, on the database's clock (invariant 8).</summary>
    public abstract string NowMs { get; }

    /// <summary>Now as a value for EF's raw queries where <see cref="NowMs"/> is no fixed text: EF compiles each new text. Null: use the text.</summary>
    public virtual long? NowValue => null;

    public abstract string Least(string left, string right);

    public abstract string Greatest(string left, string right);

    public virtual string True => "TRUE";

    public virtual string False => "FALSE";

    /// <summary>Takes the first ready, free link: parameters owner, lease; answers LinkId, Epoch, Mailbox.</summary>
    public abstract string ClaimNext { get; }

    /// <summary>Takes one link if it is free and not paused: parameters link, owner, lease; answers as <see cref="ClaimNext"/>.</summary>
    public abstract string ClaimOne { get; }

    /// <summary>Frees a link: parameters link, owner, epoch, notBefore, gap. See <see cref="Queue.QueueSql"/>.</summary>
    public abstract string Release { get; }

    /// <summary>Inserts or wakes a LinkWork row: parameters link, delay, hint, gap, priority.</summary>
    public abstract string WakeLink { get; }

    /// <summary>Inserts or renews a message: parameters id, kind, link, item, priority, delay, trace.</summary>
    public abstract string PutMessage { get; }

    /// <summary>Writes up to <see cref="SetWrite.MaxRows"/> rows; answers how many were written.</summary>
    public abstract Task<int> WriteSetAsync(StoreTransaction transaction, SetWrite write, IReadOnlyList<object> rows, CancellationToken cancellation);

    /// <summary>Runs one statement once per set of values, in this order; answers the rows it touched.</summary>
    public virtual async Task<int> ExecuteEachAsync(
        StoreTransaction transaction, string sql, IReadOnlyList<string> names, IReadOnlyList<object?[]> values, CancellationToken cancellation)
    {
        await using var command = transaction.Command(sql);
        foreach (var name in names)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }
        var touched = 0;
        foreach (var row in values)
        {
            for (var index = 0; index < names.Count; index++)
                command.Parameters[index].Value = row[index] ?? DBNull.Value;
            touched += Math.Max(0, await command.ExecuteNonQueryAsync(cancellation));
        }
        return touched;
    }

    /// <summary>Deadlocks, serialization failures, a busy file: nothing was saved, and the same again may succeed.</summary>
    public abstract bool IsTransient(Exception exception);

    /// <summary>A unique key was violated.</summary>
    public abstract bool IsDuplicate(Exception exception);

    /// <summary>Host, port and cause of a failed connection in plain words; null when the exception is something else.</summary>
    public abstract string? DescribeOutage(Exception exception, string connectionString);

    /// <summary>Waits until this process may start a write transaction; null where the database does it better itself.</summary>
    public virtual ValueTask<IDisposable?> EnterWriteAsync(DbConnection connection, CancellationToken cancellation) => ValueTask.FromResult<IDisposable?>(null);

    /// <summary>Lets one node at a time bring the schema up to date.</summary>
    public abstract Task<IAsyncDisposable?> EnterMigrationAsync(CrmSyncDbContext database, CancellationToken cancellation);

    public static StoreDialect For(StoreProvider provider, TimeProvider time) => provider switch
    {
        StoreProvider.Sqlite => new Sqlite.SqliteDialect(time),
        StoreProvider.PostgreSql => new PostgreSql.PostgreSqlDialect(),
        StoreProvider.SqlServer => new SqlServer.SqlServerDialect(),
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "Unknown database provider."),
    };
}
