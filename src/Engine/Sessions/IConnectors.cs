using CrmSync.Engine.Exchange;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Sessions;

/// <summary>Gives the connector of a target: made once per version of its settings, its secret opened only here.</summary>
public interface IConnectors
{
    IExchangeConnector For(SyncTarget target);
}
