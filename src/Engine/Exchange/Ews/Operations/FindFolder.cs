using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>One page of all folders below a folder.</summary>
internal sealed class FindFolder(FolderRef root, int offset, int pageSize) : SingleOperation<FolderPage>
{
    private readonly List<FolderInfo> _folders = [];
    private bool _isLast = true;
    private int? _next;

    public override string Name => "FindFolder";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("Traversal", "Deep");
        FolderReader.WriteShape(w);
        w.Message("IndexedPageFolderView", () =>
        {
            w.Attribute("MaxEntriesReturned", pageSize);
            w.Attribute("Offset", offset);
            w.Attribute("BasePoint", "Beginning");
        });
        w.Message("ParentFolderIds", () => w.Folder(root));
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "RootFolder")
            return;
        _isLast = reader.Attribute("IncludesLastItemInRange") != "false";
        _next = WireText.ReadInteger(reader.Attribute("IndexedPagingOffset") ?? "");
        var root = reader.Depth;
        while (await reader.NextChildAsync(root))
        {
            if (reader.Name != "Folders")
                continue;
            var list = reader.Depth;
            while (await reader.NextChildAsync(list))
                _folders.Add(await FolderReader.ReadAsync(reader));
        }
    }

    protected override FolderPage Result() => new(_folders, _isLast, _next ?? offset + _folders.Count);
}

internal sealed record FolderPage(IReadOnlyList<FolderInfo> Folders, bool IsLast, int NextOffset);
