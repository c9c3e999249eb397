namespace CrmSync.Server.Composition;

/// <summary>Mounts the console (AdminConsole) into this host.</summary>
public static class ConsoleHosting
{
    public static void Add(IServiceCollection services)
    {
    }

    public static void Map(WebApplication app)
    {
    }
}
