using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>Moves items to a folder; they get new ids, which servers from 2010 SP1 on return.</summary>
internal sealed class MoveItem(IReadOnlyList<ItemId> ids, FolderId folder) : WriteOperation(ids.Count)
{
    public override string Name => "MoveItem";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Message("ToFolderId", () => w.Folder(FolderRef.Of(folder)));
        w.Items(ids);
        if (w.Version.Is2010Sp1)
            w.Message("ReturnNewItemIds", "true");
    });
}
