using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CrmSync.Migrations.SqlServer;

/// <summary>The context as eng/migrate.sh builds it; nothing is connected to.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<CrmSyncDbContext>
{
    public CrmSyncDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<CrmSyncDbContext>();
        StoreDialect.For(StoreProvider.SqlServer, TimeProvider.System).Configure(builder, "Server=localhost;Database=design");
        return new CrmSyncDbContext(builder.Options);
    }
}
