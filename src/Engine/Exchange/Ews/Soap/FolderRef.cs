using CrmSync.Engine.Items;
using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>A folder in a request: by id, or one of the mailbox's own by its distinguished name.</summary>
internal readonly record struct FolderRef(FolderId? Id, string? Distinguished)
{
    public static FolderRef Of(FolderId id) => new(id, null);

    public static FolderRef Of(ItemKind kind) => Named(kind switch
    {
        ItemKind.Task => "tasks",
        ItemKind.Contact => "contacts",
        _ => "calendar",
    });

    public static FolderRef Named(string distinguished) => new(null, distinguished);

    public void Write(RequestWriter w)
    {
        if (Id is { } id)
        {
            w.Type("FolderId", () => w.Attribute("Id", id.Value));
            return;
        }
        var name = Distinguished!;
        w.Type("DistinguishedFolderId", () =>
        {
            w.Attribute("Id", name);
            // Without impersonation the name would mean the service account's own folder (ews/protocol.md section 2, delegate access).
            if (w.Context.Access == AccessType.Delegate)
                w.Type("Mailbox", () => w.Type("EmailAddress", w.Context.Mailbox));
        });
    }
}
