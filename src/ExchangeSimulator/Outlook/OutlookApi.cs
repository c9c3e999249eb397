using CrmSync.ExchangeSimulator.Control;

namespace CrmSync.ExchangeSimulator.Outlook;

/// <summary>The page that plays Outlook, and the JSON it lives on.</summary>
public static class OutlookApi
{
    public static void Map(WebApplication app, SimulatedExchange exchange)
    {
        app.MapGet("/", () => Results.Redirect("/outlook"));
        app.MapGet("/outlook", () => File("outlook.html", "text/html; charset=utf-8"));
        app.MapGet("/outlook/outlook.css", () => File("outlook.css", "text/css; charset=utf-8"));
        app.MapGet("/outlook/outlook.js", () => File("outlook.js", "text/javascript; charset=utf-8"));

        var api = app.MapGroup("/outlook/api").AddEndpointFilter(ControlApi.Guard(exchange));
        api.MapGet("/mailboxes", () =>
        {
            lock (exchange.Organisation.Gate)
                return exchange.Organisation.Mailboxes.Select(m => new { m.Address, m.DisplayName, m.IsRoom, timeZone = m.TimeZoneId }).ToList();
        });
        api.MapGet("/{address}/calendar", (string address, DateTimeOffset from, DateTimeOffset to) => new OutlookUser(exchange, address).List("calendar", from, to, 500));
        api.MapGet("/{address}/item", (string address, string id) => new OutlookUser(exchange, address).Get(id));
        api.MapPost("/{address}/items", (string address, ItemEdit edit) => new OutlookUser(exchange, address).Create(edit));
        api.MapPatch("/{address}/item", (string address, string id, ItemEdit edit) => new OutlookUser(exchange, address).Update(id, edit));
        api.MapDelete("/{address}/item", (string address, string id, string? send) =>
        {
            new OutlookUser(exchange, address).Delete(id, null, send);
            return Results.NoContent();
        });
        api.MapPost("/{address}/respond", (string address, string id, string response) => new OutlookUser(exchange, address).Respond(id, response, send: true));
    }

    private static IResult File(string name, string type)
    {
        var stream = typeof(OutlookApi).Assembly.GetManifestResourceStream("outlook/" + name);
        return stream == null ? Results.NotFound() : Results.Stream(stream, type);
    }
}
