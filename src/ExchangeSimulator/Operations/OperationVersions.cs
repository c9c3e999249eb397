using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>The version that brought an operation. A request of an older version that names it is refused (protocol.md 1, 12 point 17).</summary>
public static class OperationVersions
{
    public static void Check(string operation, int version)
    {
        var needed = operation switch
        {
            "GetStreamingEvents" => ServerVersion.Exchange2010Sp1,
            "EmptyFolder" => ServerVersion.Exchange2010Sp1,
            "GetUserConfiguration" or "CreateUserConfiguration" or "UpdateUserConfiguration" or "DeleteUserConfiguration" => ServerVersion.Exchange2010,
            "GetRooms" or "GetRoomLists" or "GetMailTips" => ServerVersion.Exchange2010,
            "GetUserPhoto" => ServerVersion.Exchange2013,
            _ => 0,
        };
        if (version < needed)
            throw new SoapFault("ErrorInvalidServerVersion", $"The operation {operation} needs a newer version than the one requested.");
    }
}
