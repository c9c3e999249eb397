using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>GetRoomLists and GetRooms: the response element itself carries the outcome.</summary>
public static class Rooms
{
    public static void Lists(OperationContext context, ResponseWriter writer) => writer.Outcome("GetRoomListsResponse", null, () =>
    {
        writer.StartM("RoomLists");
        foreach (var list in context.Organisation.Groups.Where(g => g.IsRoomList))
            Entry(writer, "Address", list.Name, list.Address, "PublicDL");
        writer.End();
    });

    public static void Of(OperationContext context, ResponseWriter writer)
    {
        var list = context.Organisation.FindGroup(context.Request.Child("RoomList")!.ChildText("EmailAddress")?.Trim() ?? "");
        writer.Outcome("GetRoomsResponse", list is { IsRoomList: true } ? null : new("ErrorNameResolutionNoResults", "No results were found."), () =>
        {
            writer.StartM("Rooms");
            foreach (var room in list!.Members.Select(context.Organisation.FindMailbox).OfType<Mailbox>())
            {
                writer.StartT("Room");
                Entry(writer, "Id", room.DisplayName, room.Address, "Mailbox");
                writer.End();
            }

            writer.End();
        });
    }

    private static void Entry(ResponseWriter writer, string element, string name, string address, string type)
    {
        writer.StartT(element);
        writer.T("Name", name);
        writer.T("EmailAddress", address);
        writer.T("RoutingType", "SMTP");
        writer.T("MailboxType", type);
        writer.End();
    }
}
