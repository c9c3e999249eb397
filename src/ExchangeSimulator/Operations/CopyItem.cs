using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class CopyItem
{
    public static void Run(OperationContext context, ResponseWriter writer) => MoveItem.Transfer(context, writer, "CopyItem", context.Actions.Copy);
}
