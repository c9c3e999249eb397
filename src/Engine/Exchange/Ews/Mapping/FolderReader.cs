using System.Xml;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Folders as shown to a person who picks one.</summary>
internal static class FolderReader
{
    public static void WriteShape(RequestWriter w) => w.Message("FolderShape", () =>
    {
        w.Type("BaseShape", "IdOnly");
        w.Type("AdditionalProperties", () =>
        {
            w.Field("folder:ParentFolderId");
            w.Field("folder:FolderClass");
            w.Field("folder:DisplayName");
            w.Field("folder:TotalCount");
        });
    });

    /// <summary>Reads the folder element on which the reader stands, whatever its kind.</summary>
    public static async ValueTask<FolderInfo> ReadAsync(SoapReader reader)
    {
        FolderId? id = null;
        FolderId? parent = null;
        var name = "";
        var folderClass = ClassOf(reader.Name);
        var count = 0;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            switch (reader.Name)
            {
                case "FolderId":
                    id = new(reader.Required("Id"));
                    break;
                case "ParentFolderId":
                    parent = new(reader.Required("Id"));
                    break;
                case "FolderClass":
                    folderClass = await reader.TextAsync();
                    break;
                case "DisplayName":
                    name = await reader.TextAsync();
                    break;
                case "TotalCount":
                    count = WireText.ReadInteger(await reader.TextAsync()) ?? 0;
                    break;
            }
        }
        return new(id ?? throw new XmlException("a folder without id"), parent, name, KindOf(folderClass), count);
    }

    // Subclasses are folders that programs keep for themselves (for example IPF.Contact.RecipientCache): nobody links them.
    private static ItemKind? KindOf(string folderClass) => folderClass switch
    {
        "IPF.Appointment" => ItemKind.Schedule,
        "IPF.Task" => ItemKind.Task,
        "IPF.Contact" => ItemKind.Contact,
        _ => null,
    };

    private static string ClassOf(string element) => element switch
    {
        "CalendarFolder" => "IPF.Appointment",
        "TasksFolder" => "IPF.Task",
        "ContactsFolder" => "IPF.Contact",
        _ => "",
    };
}
