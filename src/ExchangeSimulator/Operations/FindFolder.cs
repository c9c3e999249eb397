using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

public static class FindFolder
{
    public static void Run(OperationContext context, ResponseWriter writer)
    {
        // Made within a message: a shape that cannot be is that message's error.
        FolderWriter? folders = null;
        var isDeep = context.Request["Traversal"] == "Deep";
        var page = new Paging(context.Request.Child("IndexedPageFolderView"), null);
        var restriction = context.Request.Child("Restriction")?.Children.FirstOrDefault();
        writer.Messages("FindFolder", context.Request.Child("ParentFolderIds")!.Children, id =>
        {
            folders ??= new(writer, context.Request.Child("FolderShape"), context.Caller);
            var parent = context.Folder(id);
            if (isDeep && parent.Mailbox.IsPublic)
                throw new ExchangeError("ErrorInvalidOperation", "Public folders are listed one level at a time.");
            var found = (isDeep ? parent.Below() : parent.Children).Where(f => restriction == null || FolderRestriction.Matches(restriction, f)).ToList();
            var part = page.Take(found);
            return () =>
            {
                writer.StartM("RootFolder");
                page.WriteAttributes(writer, found.Count, part.Count);
                writer.StartT("Folders");
                part.ForEach(folders.Write);
                writer.End();
                writer.End();
            };
        });
    }
}

/// <summary>The restrictions on folders that clients use: class and name.</summary>
public static class FolderRestriction
{
    public static bool Matches(Node expression, MailFolder folder) => expression.Name switch
    {
        "And" => expression.Children.TrueForAll(c => Matches(c, folder)),
        "Or" => expression.Children.Exists(c => Matches(c, folder)),
        "Not" => !Matches(expression.Children[0], folder),
        "IsEqualTo" => string.Equals(Value(expression.Children[0], folder), Constant(expression), StringComparison.OrdinalIgnoreCase),
        "Exists" => Value(expression.Children[0], folder) != null,
        "Contains" => Value(expression.Children[0], folder)?.Contains(Constant(expression), StringComparison.OrdinalIgnoreCase) == true,
        _ => throw new ExchangeError("ErrorUnsupportedPathForQuery", "The restriction is not supported for folders."),
    };

    private static string Constant(Node expression) =>
        (expression.Child("FieldURIOrConstant")?.Child("Constant") ?? expression.Child("Constant"))?["Value"] ?? "";

    private static string? Value(Node path, MailFolder folder)
    {
        if (path.Name == "ExtendedFieldURI")
            return ExtendedPropertyPath.Read(path) is { IsTag: true, Key: "0x3613" } && folder.FolderClass.Length > 0 ? folder.FolderClass : null;
        return path["FieldURI"] switch
        {
            "folder:DisplayName" => folder.Name,
            "folder:FolderClass" => folder.FolderClass,
            "folder:TotalCount" => folder.Count.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }
}
