using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CrmSync.Engine.Store;
using CrmSync.Engine.Store.Rows;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Access;

/// <summary>Appends to the audit log. Each row's hash covers the row before it, so an edit, a gap or a cut in the middle shows (quality.md T13).</summary>
public sealed class AuditLogWriter(CrmSyncStore store)
{
    /// <summary>One writer at a time: locks the only row that every installation has.</summary>
    internal const string LockSql = """UPDATE "Installation" SET "KeyCanary" = "KeyCanary" WHERE "Id" = 1""";

    /// <summary>Appends in the transaction of the change that it records.</summary>
    /// <param name="before">JSON without secrets; null when there was nothing.</param>
    public static async Task AppendAsync(
        StoreTransaction transaction, Viewer viewer, string action, string subject, string? before, string? after, CancellationToken cancellation)
    {
        await transaction.ExecuteAsync(LockSql, cancellation);
        var last = await transaction.Database.AuditLogs.AsNoTracking().OrderByDescending(row => row.Number).FirstOrDefaultAsync(cancellation);
        var at = transaction.Store.UtcNow;
        var row = new AuditLog
        {
            Number = (last?.Number ?? 0) + 1,
            // To the millisecond, which all databases keep: the hash must come out the same after reading.
            At = new DateTime(at.Ticks - at.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc),
            Actor = viewer.Actor, Address = viewer.Address, Action = action, Subject = subject, Before = before, After = after,
        };
        row.Hash = HashOf(row, last?.Hash ?? "");
        await transaction.WriteAsync([row], WriteMode.Insert, cancellation);
    }

    /// <summary>A record without a change of rows, for example a sign-in.</summary>
    public Task AppendAsync(Viewer viewer, string action, string subject, string? before, string? after, CancellationToken cancellation) =>
        store.WriteAsync(transaction => AppendAsync(transaction, viewer, action, subject, before, after, cancellation), cancellation);

    /// <summary>Newest first.</summary>
    /// <param name="before">Number of the last row of the page before.</param>
    public async Task<IReadOnlyList<AuditLog>> ListAsync(long? before, int max, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.AuditLogs.AsNoTracking().Where(row => before == null || row.Number < before)
            .OrderByDescending(row => row.Number).Take(Math.Clamp(max, 1, 500)).ToListAsync(cancellation);
    }

    /// <summary>Number of the first row that is not as it was written or whose predecessor is missing; null when the chain holds.</summary>
    public async Task<long?> FindBreakAsync(CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        var (number, hash) = (0L, "");
        await foreach (var row in database.AuditLogs.AsNoTracking().OrderBy(row => row.Number).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (row.Number != number + 1 || row.Hash != HashOf(row, hash))
                return row.Number;
            (number, hash) = (row.Number, row.Hash);
        }
        return null;
    }

    // Lengths in front: no two different rows give the same text.
    private static string HashOf(AuditLog row, string previous)
    {
        var text = new StringBuilder();
        string?[] parts =
        [
            previous, row.Number.ToString(CultureInfo.InvariantCulture), row.At.ToString("O", CultureInfo.InvariantCulture),
            row.Actor, row.Address, row.Action, row.Subject, row.Before, row.After,
        ];
        foreach (var part in parts)
            text.Append(part is null ? "-" : part.Length.ToString(CultureInfo.InvariantCulture)).Append(':').Append(part);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
