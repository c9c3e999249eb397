using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class GetFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        // Made within a message: a shape that cannot be is that message's error.
        FolderWriter? folders = null;
        writer.Messages(
            "GetFolder",
            context.Request.Child("FolderIds")!.Children,
            id =>
            {
                folders ??= new(writer, context.Request.Child("FolderShape"), context.Caller);
                var folder = context.Folder(id);
                return () =>
                {
                    writer.StartM("Folders");
                    folders.Write(folder);
                    writer.End();
                };
            },
            () => writer.M("Folders", ""));
    }
}
