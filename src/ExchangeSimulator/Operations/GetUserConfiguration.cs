using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>No user configuration is kept. Clients ask at sign-in and are content with "not found" (clients.md 3).</summary>
public static class GetUserConfiguration
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("GetUserConfiguration", [context.Request], _ => throw ExchangeError.ItemNotFound());
}
