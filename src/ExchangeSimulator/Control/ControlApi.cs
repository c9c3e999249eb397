using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CrmSync.ExchangeSimulator.Hosting;
using CrmSync.ExchangeSimulator.Mailboxes;
using Microsoft.AspNetCore.Mvc;

namespace CrmSync.ExchangeSimulator.Control;

public sealed record NewMailbox(string Address, string? DisplayName, string? Password, bool IsRoom, string? TimeZone, int Items);

public sealed record NewAccount(string Name, string? Password, bool? MayImpersonate, string[]? ImpersonationScope);

public sealed record NewPublicFolder(string Name, string? FolderClass);

public sealed record DelegateRight(string Delegate, string Folder, string Level, bool ViewPrivateItems);

/// <summary>The simulator's own API under /control, for tests, demos and benchmarks.</summary>
public static class ControlApi
{
    public static void Map(WebApplication app, SimulatedExchange exchange)
    {
        var control = app.MapGroup("/control").AddEndpointFilter(Guard(exchange));
        MapMailboxes(control, exchange);
        MapItems(control, exchange);
        MapFaults(control, exchange);
        MapObservation(control, exchange);
    }

    /// <summary>Errors become problem JSON; the control token is checked where one is set.</summary>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Guard(SimulatedExchange exchange) => async (context, next) =>
    {
        if (exchange.Options.ControlToken is { Length: > 0 } token && !IsEqual(token, context.HttpContext.Request.Headers["X-Control-Token"].ToString()))
            return Results.Problem("The header X-Control-Token is missing or wrong.", statusCode: (int)HttpStatusCode.Unauthorized);
        try
        {
            return await next(context);
        }
        catch (ExchangeError e)
        {
            var status = e.Code is "ErrorItemNotFound" or "ErrorFolderNotFound" or "ErrorNonExistentMailbox" ? 404 : 400;
            return Results.Problem(e.Message, statusCode: status, title: e.Code);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return Results.Problem(e.Message, statusCode: 400);
        }
    };

    private static bool IsEqual(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static void MapMailboxes(RouteGroupBuilder control, SimulatedExchange exchange)
    {
        var organisation = exchange.Organisation;
        control.MapGet("/mailboxes", () => Locked(exchange, () => organisation.Mailboxes.Select(m => new
        {
            m.Address, m.DisplayName, m.IsRoom, timeZone = m.TimeZoneId, calendarItems = m["calendar"].Count, folders = m.Folders.Count,
        }).ToList()));
        control.MapPost("/mailboxes", (NewMailbox body) => Locked(exchange, () =>
        {
            Bounded(body.Items);
            var mailbox = organisation.AddMailbox(Given(body.Address, "address"), body.DisplayName, body.Password ?? "demo");
            mailbox.IsRoom = body.IsRoom;
            mailbox.TimeZoneId = body.TimeZone ?? mailbox.TimeZoneId;
            SeedData.Items(organisation, mailbox, body.Items);
            SimulatorHost.AccountsChanged(exchange);
            return Results.Created($"/control/mailboxes/{mailbox.Address}", new { mailbox.Address });
        }));
        control.MapPost("/mailboxes/{address}/seed", (string address, int items) => Locked(exchange, () =>
        {
            SeedData.Items(organisation, Find(exchange, address), Bounded(items));
            return new { items };
        }));
        control.MapPost("/mailboxes/{address}/permissions", (string address, DelegateRight right) => Locked(exchange, () =>
        {
            var mailbox = Find(exchange, address);
            var folder = mailbox.Distinguished(Given(right.Folder, "folder")) ?? throw ExchangeError.FolderNotFound();
            folder.Permissions[Given(right.Delegate, "delegate")] = new(Enum.Parse<FolderLevel>(Given(right.Level, "level"), ignoreCase: true), right.ViewPrivateItems);
            return Results.NoContent();
        }));
        control.MapPost("/mailboxes/{address}/invalidate-sync-state", (string address) => Locked(exchange, () =>
        {
            Find(exchange, address).SyncEpoch++;
            return Results.NoContent();
        }));
        control.MapPost("/mailboxes/{address}/touch", (string address, string? id) => Locked(exchange, () => new { touched = Touch(organisation, Find(exchange, address), id) }));
        control.MapPost("/mailboxes/{address}/reissue-ids", (string address, string? folder) => Locked(exchange, () =>
        {
            return new { reissued = Mischief.ReissueIds(organisation, Find(exchange, address).Distinguished(folder ?? "calendar") ?? throw ExchangeError.FolderNotFound()) };
        }));
        control.MapPost("/mailboxes/{address}/move-server", (string address) => Locked(exchange, () =>
        {
            Mischief.MoveToAnotherServer(organisation, Find(exchange, address));
            return Results.NoContent();
        }));
        control.MapPut("/mailboxes/{address}/photo", async (string address, HttpRequest request) =>
        {
            using var copy = new MemoryStream();
            await request.Body.CopyToAsync(copy, request.HttpContext.RequestAborted);
            return Locked(exchange, () =>
            {
                Find(exchange, address).Photo = copy.ToArray();
                return Results.NoContent();
            });
        }).WithMetadata(new RequestSizeLimitAttribute(1 << 20));
        control.MapPost("/autodiscover/{address}", (string address, AutodiscoverRedirect redirect) => Locked(exchange, () =>
        {
            if (redirect.RedirectAddress == null && redirect.RedirectUrl == null)
                organisation.Redirects.Remove(address);
            else
                organisation.Redirects[address] = redirect;
            return Results.NoContent();
        }));
        control.MapPost("/groups", (DistributionGroup group) => Locked(exchange, () =>
        {
            Given(group.Address, "address");
            Given(group.Name, "name");
            organisation.Put(group with { Members = group.Members?.Where(m => m != null).ToList() ?? [] });
            return Results.NoContent();
        }));
        control.MapPost("/public-folders", (NewPublicFolder body) => Locked(exchange, () => new { organisation.AddPublicFolder(Given(body.Name, "name"), body.FolderClass ?? "IPF.Note").Id }));
        control.MapPost("/accounts", (NewAccount body) => Locked(exchange, () =>
        {
            Given(body.Name, "name");
            var account = organisation.Accounts.FirstOrDefault(a => string.Equals(a.Name, body.Name, StringComparison.OrdinalIgnoreCase));
            if (account == null)
                organisation.AddAccount(account = new Account(body.Name, body.Password ?? "demo") { Mailbox = organisation.FindMailbox(body.Name) });
            account.Password = body.Password ?? account.Password;
            account.MayImpersonate = body.MayImpersonate ?? account.MayImpersonate;
            account.ImpersonationScope = body.ImpersonationScope is { } scope ? new(scope, StringComparer.OrdinalIgnoreCase) : null;
            exchange.Tokens.RevokeAll();
            SimulatorHost.AccountsChanged(exchange);
            return new { account.Name, account.MayImpersonate };
        }));
    }

    private static int Touch(Organisation organisation, Mailbox mailbox, string? id)
    {
        var items = id == null ? mailbox["calendar"].Items.ToList() : mailbox.Folders.SelectMany(f => f.Items).Where(i => i.Id == id).ToList();
        items.ForEach(organisation.Touch);
        return items.Count;
    }

    private static void MapItems(RouteGroupBuilder control, SimulatedExchange exchange)
    {
        control.MapGet("/mailboxes/{address}/items", (string address, string? folder, DateTimeOffset? from, DateTimeOffset? to, int? limit) =>
            new OutlookUser(exchange, address).List(folder ?? "calendar", from, to, limit ?? 1000));
        control.MapGet("/mailboxes/{address}/item", (string address, string id) => new OutlookUser(exchange, address).Get(id));
        control.MapPost("/mailboxes/{address}/items", (string address, ItemEdit edit) => new OutlookUser(exchange, address).Create(edit));
        control.MapPatch("/mailboxes/{address}/item", (string address, string id, ItemEdit edit) => new OutlookUser(exchange, address).Update(id, edit));
        control.MapDelete("/mailboxes/{address}/item", (string address, string id, string? type, string? send) =>
        {
            new OutlookUser(exchange, address).Delete(id, type, send);
            return Results.NoContent();
        });
        control.MapPost("/mailboxes/{address}/item/respond", (string address, string id, string response, bool? send) =>
            new OutlookUser(exchange, address).Respond(id, response, send ?? true));
        control.MapPost("/mailboxes/{address}/item/move", (string address, string id, string folder) => new OutlookUser(exchange, address).Move(id, folder));
    }

    private static void MapFaults(RouteGroupBuilder control, SimulatedExchange exchange)
    {
        control.MapGet("/faults", () => exchange.Faults.Rules);
        control.MapPost("/faults", (FaultRule rule) => exchange.Faults.Add(rule));
        control.MapDelete("/faults", (int? id) =>
        {
            exchange.Faults.Clear(id);
            return Results.NoContent();
        });
        control.MapPost("/faults/seed/{seed:int}", (int seed) =>
        {
            exchange.Faults.Reseed(seed);
            return Results.NoContent();
        });
        control.MapPost("/faults/swarm/{seed:int}", (int seed) => exchange.Faults.Swarm(seed));
        control.MapGet("/throttle", () => exchange.Throttle.Policy);
        control.MapPut("/throttle", (ThrottlePolicy policy) => exchange.Throttle.Policy = policy);
        control.MapGet("/habits", () => new { items = exchange.Organisation.Habits, services = exchange.Organisation.Services });
        control.MapPut("/habits/{name}", (string name, string value) => Locked(exchange, () =>
        {
            HabitNames.Set(exchange.Organisation.Habits, exchange.Organisation.Services, name, value);
            return Results.NoContent();
        }));
        control.MapGet("/clock", () => new { exchange.Organisation.Now, shiftMilliseconds = exchange.Clock.Shift.TotalMilliseconds });
        control.MapPut("/clock", (double shiftMilliseconds) =>
        {
            exchange.Clock.Shift = TimeSpan.FromMilliseconds(Math.Clamp(shiftMilliseconds, -1e11, 1e11));
            return Results.NoContent();
        });
        control.MapPost("/subscriptions/evict", (string? mailbox) => Locked(exchange, () =>
            new { evicted = exchange.Organisation.Subscriptions.Evict(s => mailbox == null || string.Equals(s.Mailbox.Address, mailbox, StringComparison.OrdinalIgnoreCase)) }));
        control.MapPost("/streams/drop", () => Locked(exchange, () => new { dropped = exchange.Streams.DropAll() }));
        control.MapPost("/tokens/revoke", () =>
        {
            exchange.Tokens.RevokeAll();
            return Results.NoContent();
        });
    }

    private static void MapObservation(RouteGroupBuilder control, SimulatedExchange exchange)
    {
        var organisation = exchange.Organisation;
        control.MapGet("/mails", (string? to, string? kind) => Locked(exchange, () => organisation.Mails.Mails
            .Where(m => (to == null || string.Equals(m.To, to, StringComparison.OrdinalIgnoreCase)) && (kind == null || m.Kind == kind)).ToList()));
        control.MapDelete("/mails", () => Locked(exchange, () =>
        {
            organisation.Mails.Clear();
            return Results.NoContent();
        }));
        control.MapGet("/counters", () => Locked(exchange, () => new
        {
            requests = exchange.Requests.ByOperation,
            items = organisation.Counters,
            mails = organisation.Mails.Count,
            subscriptions = organisation.Subscriptions.All.Count,
            streams = exchange.Streams.Count,
            pushPosts = exchange.Push.Posts,
            itemsHeld = organisation.ItemCount,
        }));
        control.MapDelete("/counters", () =>
        {
            exchange.Requests.Clear();
            return Results.NoContent();
        });
        control.MapGet("/requests", (int? limit) => exchange.Requests.Recent.TakeLast(limit ?? 100));
        control.MapGet("/subscriptions", () => Locked(exchange, () => organisation.Subscriptions.All.Select(s => new
        {
            s.Id, kind = s.Kind.ToString(), mailbox = s.Mailbox.Address, owner = s.Owner.Name, url = s.Url?.GetLeftPart(UriPartial.Authority), s.Waiting,
        }).ToList()));
    }

    /// <summary>JSON leaves out what it likes, whatever the type says.</summary>
    private static string Given(string? text, string name) => string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) ? throw new ArgumentException($"{name} is needed.") : text;

    private static int Bounded(int items) => items is >= 0 and <= 1_000_000 ? items : throw new ArgumentException("items is 0 to 1000000.");

    private static Mailbox Find(SimulatedExchange exchange, string address) =>
        exchange.Organisation.FindMailbox(address) ?? throw new ExchangeError("ErrorNonExistentMailbox", string.Create(CultureInfo.InvariantCulture, $"There is no mailbox {address}."));

    private static T Locked<T>(SimulatedExchange exchange, Func<T> work)
    {
        lock (exchange.Organisation.Gate)
            return work();
    }
}
