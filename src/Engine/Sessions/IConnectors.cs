using CrmSync.Engine.Exchange;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Sessions;

/// <summary>Gives the connector of a target: made once per version of its settings, its secret opened only here.</summary>
public interface IConnectors
{
    IExchangeConnector For(SyncTarget target);
}

/// <summary>Gives a connector of its own for one test, so that nothing remembered (sign-ins, addresses) makes a fault look mended. The caller closes it.</summary>
public interface ITestConnectors
{
    IExchangeConnector Make(SyncTarget target);
}
