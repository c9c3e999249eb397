using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Changes of the folder tree below a root (protocol.md 4). Its states are not those of SyncFolderItems.</summary>
public static class SyncFolderHierarchy
{
    private const string Prefix = "H:";

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var request = context.Request;
        writer.Messages(
            "SyncFolderHierarchy",
            [request],
            _ =>
            {
                var folders = new FolderWriter(writer, request.Child("FolderShape"), context.Caller);
                var root = request.Child("SyncFolderId")?.Children.FirstOrDefault() is { } id ? context.Folder(id) : context.OwnMailbox["msgfolderroot"];
                if (root.Mailbox.IsPublic)
                    throw new ExchangeError("ErrorInvalidFolderTypeForOperation", "The hierarchy of public folders cannot be synchronized.");
                var from = From(root, request.ChildText("SyncState"));
                var changed = root.Below().Where(f => f.Version > from).ToList();
                var gone = from == 0 ? [] : root.Mailbox.GoneFolders.Where(g => g.Number > from).ToList();
                return () =>
                {
                    var next = new SyncPosition(Prefix + root.Id, root.Mailbox.SyncEpoch, context.Organisation.LastNumber, 0, 0, 0);
                    writer.M("SyncState", next.Encode());
                    writer.M("IncludesLastFolderInRange", "true");
                    writer.StartM("Changes");
                    foreach (var folder in changed)
                    {
                        writer.StartT(from == 0 || folder.CreatedVersion > from ? "Create" : "Update");
                        folders.Write(folder);
                        writer.End();
                    }

                    foreach (var (_, folderId) in gone)
                    {
                        writer.StartT("Delete");
                        writer.IdElement("FolderId", folderId, Identifiers.ChangeKeyStub(1));
                        writer.End();
                    }

                    writer.End();
                };
            },
            () =>
            {
                writer.M("SyncState", "");
                writer.M("IncludesLastFolderInRange", "true");
            });
    }

    private static long From(MailFolder root, string? state)
    {
        if (string.IsNullOrEmpty(state))
            return 0;
        if (SyncPosition.Decode(state) is not { } position || position.Scope != Prefix + root.Id || position.Epoch != root.Mailbox.SyncEpoch)
            throw new ExchangeError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.");
        return position.Base;
    }
}
