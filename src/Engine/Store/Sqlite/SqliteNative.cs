using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace CrmSync.Engine.Store.Sqlite;

/// <summary>Starts SQLite's native library.</summary>
/// <remarks>
/// The feed has SQLitePCLRaw only in an older version than Microsoft.Data.Sqlite was compiled for, and the loader refuses a lower assembly version;
/// the hook accepts it (see eng/sparse-feed). It must sit in the assembly that opens the connections. With a whole feed it never fires.
/// </remarks>
internal static class SqliteNative
{
#pragma warning disable CA2255 // A module initializer in a library: there is no other moment before the first connection, whoever opens it.
    [ModuleInitializer]
    internal static void Start()
    {
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name == "SQLitePCLRaw.core" && name.Version is not null ? context.LoadFromAssemblyName(new AssemblyName(name.Name)) : null;
        SQLitePCL.Batteries_V2.Init();
    }
#pragma warning restore CA2255
}
