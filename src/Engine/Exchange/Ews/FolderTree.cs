using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews;

/// <summary>Puts folders in the order in which a tree is shown.</summary>
internal static class FolderTree
{
    /// <summary>Parents before children; a folder whose parent is not in the list is at the top.</summary>
    public static IReadOnlyList<FolderInfo> ParentsFirst(IReadOnlyList<FolderInfo> folders)
    {
        var known = folders.Select(folder => folder.Id).ToHashSet();
        var top = folders.Select(folder => folder.Parent is { } parent && !known.Contains(parent) ? folder with { Parent = null } : folder).ToList();
        var children = top.ToLookup(folder => folder.Parent);
        var ordered = new List<FolderInfo>(folders.Count);
        var open = new Stack<FolderInfo>(children[null].Reverse());
        var seen = new HashSet<FolderId>();
        while (open.TryPop(out var folder))
        {
            if (!seen.Add(folder.Id))
                continue;
            ordered.Add(folder);
            foreach (var child in children[folder.Id].Reverse())
                open.Push(child);
        }
        return ordered;
    }
}
