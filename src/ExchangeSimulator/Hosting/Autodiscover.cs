namespace CrmSync.ExchangeSimulator.Hosting;

public static class Autodiscover
{
    public static void Map(WebApplication app, SimulatedExchange exchange, SignIn signIn)
    {
    }
}
