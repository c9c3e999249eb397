using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>What changed in the folder tree since a state (ews/protocol.md section 4). Its state is not that of SyncFolderItems.</summary>
internal sealed class SyncFolderHierarchy(FolderRef root, Cursor? state) : SingleOperation<HierarchyPage>
{
    private readonly List<FolderInfo> _changed = [];
    private readonly List<FolderId> _deleted = [];
    private string _state = "";
    private bool _isLast;

    public override string Name => "SyncFolderHierarchy";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        FolderReader.WriteShape(w);
        w.Message("SyncFolderId", () => w.Folder(root));
        if (state is { } known)
            w.Message("SyncState", known.Value);
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "SyncState":
                _state = await reader.TextAsync();
                break;
            case "IncludesLastFolderInRange":
                _isLast = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "Changes":
                var depth = reader.Depth;
                while (await reader.NextChildAsync(depth))
                    await ReadChangeAsync(reader);
                break;
        }
    }

    protected override HierarchyPage Result() => new(_changed, _deleted, new(_state), _isLast);

    private async ValueTask ReadChangeAsync(SoapReader reader)
    {
        var isDelete = reader.Name == "Delete";
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (!isDelete)
                _changed.Add(await FolderReader.ReadAsync(reader));
            else if (reader.Name == "FolderId")
                _deleted.Add(new(reader.Required("Id")));
        }
    }
}

internal sealed record HierarchyPage(IReadOnlyList<FolderInfo> Changed, IReadOnlyList<FolderId> Deleted, Cursor Next, bool IsLast);
