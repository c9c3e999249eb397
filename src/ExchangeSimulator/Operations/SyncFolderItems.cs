using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Changes of one folder since an opaque state (protocol.md 4). Nothing is remembered between calls: an old state replays.</summary>
public static class SyncFolderItems
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var request = context.Request;
        var limit = int.Parse(request.ChildText("MaxChangesReturned")!, CultureInfo.InvariantCulture);
        var ignored = request.Child("Ignore")?.Children.Select(i => i["Id"]!).ToHashSet(StringComparer.Ordinal) ?? [];
        var withAssociated = request.ChildText("SyncScope") == "NormalAndAssociatedItems";
        writer.Messages(
            "SyncFolderItems",
            [request],
            _ =>
            {
                var shape = new ItemShape(request.Child("ItemShape"), context.Version, isTable: true);
                var folder = Folder(context, request.Child("SyncFolderId")!.Children[0]);
                var position = Position(folder, request.ChildText("SyncState"));
                var page = Page(context.Organisation, folder, position, limit, e => !ignored.Contains(e.ItemId) && (withAssociated || e.Item is not { IsAssociated: true }));
                return () => Write(context, writer, shape, page);
            },
            () =>
            {
                writer.M("SyncState", "");
                writer.M("IncludesLastItemInRange", "true");
            });
    }

    private static MailFolder Folder(OperationContext context, Node id)
    {
        try
        {
            var folder = context.Folder(id);
            return folder.Mailbox.IsPublic ? throw new ExchangeError("ErrorInvalidFolderTypeForOperation", "Public folders cannot be synchronized.") : folder;
        }
        catch (ExchangeError e) when (e.Code == "ErrorFolderNotFound")
        {
            throw new ExchangeError("ErrorSyncFolderNotFound", "The folder to be synchronized was not found.");
        }
    }

    private static SyncPosition Position(MailFolder folder, string? state)
    {
        if (string.IsNullOrEmpty(state))
            return SyncPosition.Start(folder.Id, folder.Mailbox.SyncEpoch);
        if (SyncPosition.Decode(state) is not { } position || position.Scope != folder.Id || position.Epoch != folder.Mailbox.SyncEpoch)
            throw new ExchangeError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.");
        return position;
    }

    private sealed record SyncPage(List<(string Kind, LogEntry Entry)> Changes, SyncPosition Next, bool IsLast);

    private static SyncPage Page(Organisation organisation, MailFolder folder, SyncPosition position, int limit, Func<LogEntry, bool> wanted)
    {
        if (!position.IsInRange)
            position = position with { Top = organisation.LastNumber, Before = organisation.LastNumber + 1 };
        var changes = new List<(string, LogEntry)>();
        var before = position.Before;
        var more = false;
        foreach (var entry in folder.Log.NewestFirst(position.Base, position.Before))
        {
            var kind = Kind(entry, position);
            if (kind != null && wanted(entry))
            {
                if (changes.Count == limit)
                {
                    more = true;
                    break;
                }

                changes.Add((kind, entry));
            }

            before = entry.Last;
        }

        if (more)
            return new(changes, position with { Before = before }, false);
        var wasOnePage = position.Before == position.Top + 1;
        var done = new SyncPosition(position.Scope, position.Epoch, position.Top, 0, 0, wasOnePage ? position.Top : position.Base);
        return new(changes, done, !folder.Log.NewestFirst(position.Top, long.MaxValue).Any());
    }

    private static string? Kind(LogEntry entry, SyncPosition position)
    {
        if (entry.Item == null)
            return entry.Created > position.Base || position.Base == 0 ? null : "Delete";
        if (entry.Created > Math.Min(position.Base, position.CreateFloor))
            return "Create";
        return entry.LastContent > position.Base ? "Update" : "ReadFlagChange";
    }

    private static void Write(OperationContext context, ResponseWriter writer, ItemShape shape, SyncPage page)
    {
        var items = new ItemWriter(writer, shape, context.ContextZone, context.Caller);
        writer.M("SyncState", page.Next.Encode());
        writer.M("IncludesLastItemInRange", page.IsLast ? "true" : "false");
        writer.StartM("Changes");
        foreach (var (kind, entry) in page.Changes)
        {
            writer.StartT(kind);
            if (kind is "Create" or "Update")
            {
                items.Write(entry.Item!);
            }
            else
            {
                writer.IdElement("ItemId", entry.ItemId, entry.Item?.ChangeKey ?? Identifiers.ChangeKeyStub(entry.KeyPrefix));
                if (kind == "ReadFlagChange")
                    writer.T("IsRead", entry.Item!.Values.IsTrue("IsRead") ? "true" : "false");
            }

            writer.End();
        }

        writer.End();
    }
}
