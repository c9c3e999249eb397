using CrmSync.Engine.Exchange;

namespace CrmSync.AdminConsole.SyncPage;

/// <summary>A flat list of folders as a tree is read: each below its parent, by name, with its depth.</summary>
public static class FolderOrder
{
    public static IReadOnlyList<(FolderInfo Folder, int Depth)> InTree(IReadOnlyList<FolderInfo> folders)
    {
        var known = folders.Select(folder => folder.Id.Value).ToHashSet(StringComparer.Ordinal);
        var children = folders.ToLookup(folder => folder.Parent is { } parent && known.Contains(parent.Value) ? parent.Value : "", StringComparer.Ordinal);
        var rows = new List<(FolderInfo, int)>(folders.Count);
        // A stack, not recursion: how deep the tree goes is for the server to say.
        var waiting = new Stack<(FolderInfo Folder, int Depth)>();
        Push("", 0);
        while (waiting.TryPop(out var row))
        {
            rows.Add(row);
            Push(row.Folder.Id.Value, row.Depth + 1);
        }
        return rows;

        void Push(string parent, int depth)
        {
            foreach (var folder in children[parent].OrderByDescending(folder => folder.Name, StringComparer.CurrentCultureIgnoreCase))
                waiting.Push((folder, depth));
        }
    }
}
