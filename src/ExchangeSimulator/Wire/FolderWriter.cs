using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Writes one folder as its shape asks.</summary>
public sealed class FolderWriter(ResponseWriter writer, Node? shape, Caller caller)
{
    private readonly string _base = shape?.ChildText("BaseShape") ?? "IdOnly";

    private readonly HashSet<string> _uris = shape?.Child("AdditionalProperties")?.Children
        .Where(c => c.Name == "FieldURI").Select(c => c["FieldURI"]!).ToHashSet() ?? [];

    private readonly List<(ExtendedPropertyPath Path, Node Uri)> _extended = shape?.Child("AdditionalProperties")?.Children
        .Where(c => c.Name == "ExtendedFieldURI").Select(c => (ExtendedPropertyPath.Read(c), c)).ToList() ?? [];

    public void Write(MailFolder folder)
    {
        writer.StartT(folder.Element);
        writer.IdElement("FolderId", folder.Id, folder.ChangeKey);
        if (Wants("ParentFolderId", false) && folder.Parent is { } parent)
            writer.IdElement("ParentFolderId", parent.Id, parent.ChangeKey);
        if (Wants("FolderClass", false) && folder.FolderClass.Length > 0)
            writer.T("FolderClass", folder.FolderClass);
        if (Wants("DisplayName", true))
            writer.T("DisplayName", folder.Name);
        if (Wants("TotalCount", true))
            writer.T("TotalCount", folder.Count.ToString(CultureInfo.InvariantCulture));
        if (Wants("ChildFolderCount", true))
            writer.T("ChildFolderCount", folder.Children.Count.ToString(CultureInfo.InvariantCulture));
        foreach (var (path, uri) in _extended)
            WriteExtended(folder, path, uri);
        if (Wants("EffectiveRights", false))
            Rights(writer, caller.On(folder));
        if (Wants("DistinguishedFolderId", false) && folder.DistinguishedName is { } name)
            writer.T("DistinguishedFolderId", name);
        // Only when asked for by name: no base shape brings it.
        if (_uris.Contains("folder:PermissionSet") && caller.On(folder).Level >= FolderLevel.Owner)
            FolderRights.Write(writer, folder);
        if (folder.Element is "Folder" or "TasksFolder" && Wants("UnreadCount", true))
            writer.T("UnreadCount", folder.Items.Count(i => i.Kind.IsMail && !i.Values.IsTrue("IsRead")).ToString(CultureInfo.InvariantCulture));
        writer.End();
    }

    public static void Rights(ResponseWriter writer, FolderPermission permission)
    {
        string Flag(FolderLevel needed) => permission.Level >= needed ? "true" : "false";
        writer.StartT("EffectiveRights");
        writer.T("CreateAssociated", Flag(FolderLevel.Owner));
        writer.T("CreateContents", Flag(FolderLevel.Author));
        writer.T("CreateHierarchy", Flag(FolderLevel.Owner));
        writer.T("Delete", Flag(FolderLevel.Editor));
        writer.T("Modify", Flag(FolderLevel.Editor));
        writer.T("Read", Flag(FolderLevel.Reviewer));
        writer.T("ViewPrivateItems", permission.ViewPrivateItems ? "true" : "false");
        writer.End();
    }

    private bool Wants(string element, bool isDefault) =>
        _uris.Contains("folder:" + element) || _base == "AllProperties" || (_base == "Default" && isDefault);

    private void WriteExtended(MailFolder folder, ExtendedPropertyPath path, Node uri)
    {
        var value = folder.Extended.Find(e => e.Path == path)?.Values[0] ?? path switch
        {
            // PidTagContainerClass, PidTagLastModificationTime, PidTagLocalCommitTimeMax: clients use the last as a change tag.
            { Set: "", Key: "0x3613" } => folder.FolderClass,
            { Set: "", Key: "0x3008" } or { Set: "", Key: "0x670a" } => ExchangeTime.Format(DateTimeOffset.UnixEpoch.AddSeconds(folder.Version)),
            { Set: "", Key: "0x10f4" } => "false",
            _ => null,
        };
        if (string.IsNullOrEmpty(value))
            return;
        writer.StartT("ExtendedProperty");
        writer.Write(uri);
        writer.T("Value", value);
        writer.End();
    }
}
