namespace CrmSync.ExchangeSimulator.Control;

/// <summary>What the server does at the moment: a page for people, /control/status for programs.</summary>
public static class StatusPage
{
    public static void Map(WebApplication app, SimulatedExchange exchange)
    {
        var started = exchange.Options.Time.GetUtcNow();
        app.MapGet("/status", () => Results.Content(Page, "text/html; charset=utf-8"));
        app.MapGroup("/control").AddEndpointFilter(ControlApi.Guard(exchange)).MapGet("/status", () => Status(exchange, started));
    }

    private static object Status(SimulatedExchange exchange, DateTimeOffset started)
    {
        var organisation = exchange.Organisation;
        lock (organisation.Gate)
        {
            return new
            {
                version = exchange.Edition.ToString(),
                started,
                now = organisation.Now,
                clockShiftMilliseconds = exchange.Clock.Shift.TotalMilliseconds,
                memoryMegabytes = GC.GetTotalMemory(forceFullCollection: false) / (1024 * 1024),
                mailboxes = organisation.Mailboxes.Count(),
                items = organisation.ItemCount,
                subscriptions = organisation.Subscriptions.All.Count,
                streams = exchange.Streams.Count,
                pushPosts = exchange.Push.Posts,
                mails = organisation.Mails.Count,
                requests = exchange.Requests.ByOperation,
                faults = exchange.Faults.Rules.Select(r => new { r.Id, r.Kind, r.Operation, r.Mailbox, r.Probability, r.Seen, r.Struck }),
                throttle = exchange.Throttle.Policy,
                habits = organisation.Services,
                itemHabits = organisation.Habits,
                recent = exchange.Requests.Recent.TakeLast(25).Reverse(),
            };
        }
    }

    /// <summary>Shows the JSON as tables; all text goes in as text.</summary>
    private const string Page = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Exchange simulator</title>
        <style>
        body { font: 14px system-ui, sans-serif; margin: 1.5rem; color: #1b1b1b; background: #fafafa; }
        table { border-collapse: collapse; margin: 0 0 1.2rem; background: #fff; } th, td { text-align: left; padding: .2rem .7rem; border: 1px solid #ddd; } th { font-weight: 600; }
        h1 { font-size: 1.3rem; } h2 { font-size: 1rem; }
        </style></head>
        <body><h1>Exchange simulator</h1><p><a href="/outlook">Outlook page</a></p><p id="problem" role="alert"></p><main id="main"></main>
        <script>
        const main = document.getElementById('main');
        const cell = (row, text, tag) => { const c = document.createElement(tag || 'td'); c.textContent = text === null || text === undefined ? '' : typeof text === 'object' ? JSON.stringify(text) : text; row.append(c); };
        function table(title, head, rows) {
          const h = document.createElement('h2'); h.textContent = title; const t = document.createElement('table');
          const first = t.insertRow(); head.forEach(x => cell(first, x, 'th')); rows.forEach(r => { const row = t.insertRow(); r.forEach(x => cell(row, x)); }); main.append(h, t);
        }
        async function show() {
          const token = sessionStorage.getItem('control-token');
          const answer = await fetch('/control/status', { headers: token ? { 'X-Control-Token': token } : {} });
          if (answer.status === 401) { const given = prompt('Control token'); if (given) { sessionStorage.setItem('control-token', given); return show(); } }
          document.getElementById('problem').textContent = answer.ok ? '' : 'The server answered ' + answer.status;
          if (!answer.ok) return;
          const s = await answer.json(); main.textContent = '';
          table('Server', ['', ''], Object.entries(s).filter(([, v]) => typeof v !== 'object'));
          table('Requests', ['operation', 'count'], Object.entries(s.requests));
          table('Faults', ['kind', 'operation', 'mailbox', 'probability', 'seen', 'struck'], s.faults.map(f => [f.kind, f.operation, f.mailbox, f.probability, f.seen, f.struck]));
          table('Throttle and habits', ['', ''], [...Object.entries(s.throttle), ...Object.entries(s.habits), ...Object.entries(s.itemHabits)]);
          table('Last requests', ['at', 'operation', 'account', 'mailbox', 'status', 'outcome', 'ms', 'fault'], s.recent.map(r => [r.at, r.operation, r.account, r.mailbox, r.status, r.outcome, Math.round(r.milliseconds), r.fault]));
        }
        show(); setInterval(show, 2000);
        </script></body></html>
        """;
}
