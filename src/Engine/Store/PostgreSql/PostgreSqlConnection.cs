using Npgsql;

namespace CrmSync.Engine.Store.PostgreSql;

/// <summary>What we add to a connection string.</summary>
public static class PostgreSqlConnection
{
    /// <summary>A process that stands still within a transaction (paused, swapped out) holds its row locks no longer than its lease: the database ends the transaction.</summary>
    /// <remarks>None of our transactions waits for anything but the database itself. Options that the administrator gave are left alone.</remarks>
    public static string WithIdleLimit(string connection, int seconds)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        if (string.IsNullOrEmpty(settings.Options))
            settings.Options = $"-c idle_in_transaction_session_timeout={seconds * 1000}";
        return settings.ConnectionString;
    }
}
