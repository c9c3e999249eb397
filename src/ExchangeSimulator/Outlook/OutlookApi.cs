namespace CrmSync.ExchangeSimulator.Outlook;

public static class OutlookApi
{
    public static void Map(WebApplication app, SimulatedExchange exchange)
    {
    }
}
