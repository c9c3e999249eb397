using System.Xml;
using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>One folder's name, kind and item count (ews/protocol.md section 11).</summary>
internal sealed class GetFolder(FolderRef folder) : SingleOperation<FolderInfo>
{
    private FolderInfo? _found;

    public override string Name => "GetFolder";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        FolderReader.WriteShape(w);
        w.Message("FolderIds", () => w.Folder(folder));
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "Folders")
            return;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
            _found = await FolderReader.ReadAsync(reader);
    }

    protected override FolderInfo Result() => _found ?? throw new XmlException("GetFolderResponse without a folder");
}
