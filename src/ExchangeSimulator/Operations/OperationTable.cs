using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>One operation: reads the request, changes or asks the organisation, writes the response.</summary>
public delegate void Operation(OperationContext context, ResponseWriter writer);

/// <summary>The operations served, by the name of their request element.</summary>
public static class OperationTable
{
    private static readonly Dictionary<string, Operation> Table = new(StringComparer.Ordinal)
    {
        ["GetFolder"] = GetFolder.Run,
        ["FindFolder"] = FindFolder.Run,
        ["CreateFolder"] = CreateFolder.Run,
        ["DeleteFolder"] = DeleteFolder.Run,
        ["SyncFolderHierarchy"] = SyncFolderHierarchy.Run,
        ["SyncFolderItems"] = SyncFolderItems.Run,
        ["GetItem"] = GetItem.Run,
        ["FindItem"] = FindItem.Run,
        ["CreateItem"] = CreateItem.Run,
        ["UpdateItem"] = UpdateItem.Run,
        ["DeleteItem"] = DeleteItem.Run,
        ["MoveItem"] = MoveItem.Run,
        ["CopyItem"] = CopyItem.Run,
        ["SendItem"] = SendItem.Run,
        ["CreateAttachment"] = CreateAttachment.Run,
        ["GetAttachment"] = GetAttachment.Run,
        ["DeleteAttachment"] = DeleteAttachment.Run,
        ["Subscribe"] = Subscribe.Run,
        ["Unsubscribe"] = Unsubscribe.Run,
        ["GetEvents"] = GetEvents.Run,
        ["ResolveNames"] = ResolveNames.Run,
        ["GetServerTimeZones"] = GetServerTimeZones.Run,
        ["ConvertId"] = ConvertId.Run,
        ["GetUserConfiguration"] = UserConfigurations.Get,
        ["CreateUserConfiguration"] = UserConfigurations.Create,
        ["UpdateUserConfiguration"] = UserConfigurations.Update,
        ["DeleteUserConfiguration"] = UserConfigurations.Delete,
        ["UpdateFolder"] = UpdateFolder.Run,
        ["MoveFolder"] = MoveFolder.Run,
        ["CopyFolder"] = MoveFolder.Copy,
        ["EmptyFolder"] = EmptyFolder.Run,
        ["GetDelegate"] = Delegates.Get,
        ["AddDelegate"] = Delegates.Add,
        ["UpdateDelegate"] = Delegates.Update,
        ["RemoveDelegate"] = Delegates.Remove,
        ["ExpandDL"] = ExpandDL.Run,
        ["GetRoomLists"] = Rooms.Lists,
        ["GetRooms"] = Rooms.Of,
        ["GetUserOofSettingsRequest"] = OutOfOffice.Get,
        ["SetUserOofSettingsRequest"] = OutOfOffice.Set,
        ["GetMailTips"] = GetMailTips.Run,
        ["GetUserPhoto"] = GetUserPhoto.Run,
        ["GetUserAvailabilityRequest"] = GetUserAvailability.Run,
    };

    public static Operation? Find(string name) => Table.GetValueOrDefault(name);

    public static IEnumerable<string> Names => Table.Keys;
}
