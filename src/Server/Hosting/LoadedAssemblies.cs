using System.Reflection;

namespace CrmSync.Server.Hosting;

/// <summary>Loads all code that the server can come to need, before it serves anybody.</summary>
/// <remarks>
/// .NET 10 remembers an assembly that could not be loaded as missing for the life of the process. A server that once lacked a file handle in the wrong moment
/// would answer 500 for ever and look alive (found by the chaos rig, which starves servers of files). So it has everything from the start, or ends at once and
/// is started anew by whoever watches over it.
/// </remarks>
public static class LoadedAssemblies
{
    private static readonly Lazy<int> Loaded = new(Load);

    /// <summary>Loads them, once a process.</summary>
    /// <returns>How many there are.</returns>
    /// <exception cref="IOException">One is there and cannot be read.</exception>
    public static int Ensure() => Loaded.Value;

    private static int Load()
    {
        // References to what was never shipped are left alone.
        var shipped = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator).Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Stack<Assembly>([typeof(ServerHost).Assembly]);
        while (open.TryPop(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies().Where(name => shipped.Contains(name.Name!) && seen.Add(name.Name!)))
            {
                try
                {
                    open.Push(Assembly.Load(name));
                }
                catch (Exception failure) when (failure is IOException or BadImageFormatException)
                {
                    throw new IOException(
                        $"The program's file {name.Name}.dll cannot be read: {failure.Message} Check that the installation is complete and that the process may open enough files (ulimit -n), then start again.", failure);
                }
            }
        }
        return seen.Count;
    }
}
