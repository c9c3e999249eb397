using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CrmSync.Migrations.Sqlite;

/// <summary>The context as eng/migrate.sh builds it; nothing is connected to.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<CrmSyncDbContext>
{
    public CrmSyncDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<CrmSyncDbContext>();
        StoreDialect.For(StoreProvider.Sqlite, TimeProvider.System).Configure(builder, "Data Source=design.db");
        return new CrmSyncDbContext(builder.Options);
    }
}
