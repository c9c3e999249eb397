using System.Xml;
using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>One page of a folder's changes, identities only (ews/protocol.md section 4).</summary>
/// <param name="maxChanges">1 to 512; outside, the server refuses the request.</param>
internal sealed class SyncFolderItems(FolderId folder, Cursor? state, int maxChanges) : SingleOperation<ChangePage>
{
    private readonly List<ItemChange> _changes = [];
    private string? _state;
    private bool _isLast;

    public override string Name => "SyncFolderItems";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        MappedProperties.WriteIdShape(w);
        w.Message("SyncFolderId", () => w.Folder(FolderRef.Of(folder)));
        if (state is { } known)
            w.Message("SyncState", known.Value);
        w.Message("MaxChangesReturned", maxChanges.ToString(System.Globalization.CultureInfo.InvariantCulture));
    });

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        switch (reader.Name)
        {
            case "SyncState":
                _state = await reader.TextAsync();
                break;
            case "IncludesLastItemInRange":
                _isLast = WireText.ReadBoolean(await reader.TextAsync());
                break;
            case "Changes":
                var depth = reader.Depth;
                while (await reader.NextChildAsync(depth))
                    await ReadChangeAsync(reader);
                break;
        }
    }

    protected override ChangePage Result() =>
        new(_changes, new(string.IsNullOrEmpty(_state) ? throw new XmlException("SyncFolderItemsResponse without a state") : _state), _isLast);

    private async ValueTask ReadChangeAsync(SoapReader reader)
    {
        var kind = reader.Name switch
        {
            "Create" or "Update" => ChangeKind.CreatedOrUpdated,
            "Delete" => ChangeKind.Deleted,
            "ReadFlagChange" => ChangeKind.ReadFlag,
            var other => throw new XmlException($"change of unknown kind {other}"),
        };
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name == "ItemId")
            {
                Add(reader, kind);
            }
            else if (kind == ChangeKind.CreatedOrUpdated)
            {
                var item = reader.Depth;
                while (await reader.NextChildAsync(item))
                {
                    if (reader.Name == "ItemId")
                        Add(reader, kind);
                }
            }
        }
    }

    private void Add(SoapReader reader, ChangeKind kind) => _changes.Add(
        new(kind, new(reader.Required("Id")), kind != ChangeKind.Deleted && reader.Attribute("ChangeKey") is { Length: > 0 } key ? new ChangeKey(key) : null));
}
