using CrmSync.Engine.Access;
using CrmSync.Engine.Exchange;
using CrmSync.Engine.Exchange.Ews;
using CrmSync.Engine.Sessions;
using CrmSync.Engine.Targets;

namespace CrmSync.Server.Composition;

/// <summary>One connector per target and version of its settings; an outdated one is closed when its requests have ended.</summary>
public sealed class Connectors(ISecretSealer sealer, TimeProvider time, ILoggerFactory loggers) : IConnectors, ITestConnectors, IAsyncDisposable
{
    // Requests in flight on an outdated connector end within their own deadline, listeners with their connection.
    private static readonly TimeSpan CloseAfter = TimeSpan.FromMinutes(35);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, (long Version, IExchangeConnector Connector)> _open = [];
    private readonly List<(long ClosableAt, IExchangeConnector Connector)> _outdated = [];

    public IExchangeConnector For(SyncTarget target)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(target.Id, out var entry) && entry.Version == target.Version)
                return entry.Connector;
            var connector = Make(target);
            if (entry.Connector is not null)
                _outdated.Add((time.GetUtcNow().Ticks + CloseAfter.Ticks, entry.Connector));
            _open[target.Id] = (target.Version, connector);
            CloseOutdated();
            return connector;
        }
    }

    /// <summary>A connector for a test of settings that need not be stored yet; the caller closes it.</summary>
    public IExchangeConnector Make(SyncTarget target)
    {
        if (target.Kind != TargetKind.Ews)
            throw new NotSupportedException($"Target '{target.Name}' is of kind {target.Kind}; this version speaks EWS.");
        var secret = target.SealedSecret is null ? "" : sealer.Open(target.SealedSecret);
        return new EwsConnector(new TargetConnection(target, secret), time, logger: loggers.CreateLogger("CrmSync.Exchange"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _open.Values.Select(entry => entry.Connector).Concat(_outdated.Select(entry => entry.Connector)))
            await connector.DisposeAsync();
    }

    private void CloseOutdated()
    {
        var now = time.GetUtcNow().Ticks;
        foreach (var entry in _outdated.Where(entry => entry.ClosableAt < now).ToList())
        {
            _outdated.Remove(entry);
            _ = entry.Connector.DisposeAsync();
        }
    }
}
