using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class GetFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var folders = new FolderWriter(writer, context.Request.Child("FolderShape"), context.Caller);
        writer.Messages(
            "GetFolder",
            context.Request.Child("FolderIds")!.Children,
            id =>
            {
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
