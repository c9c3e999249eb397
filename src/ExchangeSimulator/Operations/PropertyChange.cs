using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>One SetItemField, AppendToItemField or DeleteItemField: it names one property and carries exactly that one.</summary>
public static class PropertyChange
{
    public static void Apply(ItemEditor editor, StoredItem item, Node update)
    {
        var path = update.Children[0];
        if (update.Name == "DeleteItemField")
        {
            Delete(editor, item, path);
            return;
        }

        var holder = update.Children[1];
        if (holder.Children.Count != 1)
            throw new ExchangeError("ErrorIncorrectUpdatePropertyCount", "An object within a change description must contain one and only one property to modify.");
        var value = holder.Children[0];
        switch (path.Name)
        {
            case "ExtendedFieldURI":
                if (value.Name != "ExtendedProperty" || ExtendedProperty.Read(value).Path != ExtendedPropertyPath.Read(path))
                    throw Mismatch();
                editor.Put(item, value);
                break;
            case "IndexedFieldURI":
                RequireContact(item, path);
                if (value.Name != ItemShape.Collection(path["FieldURI"]!))
                    throw Mismatch();
                ContactRules.PutEntry(item, path["FieldURI"]!, path["FieldIndex"]!, holder);
                break;
            default:
                var element = Element(item, path["FieldURI"]!);
                if (value.Name != element)
                    throw Mismatch();
                if (update.Name == "AppendToItemField")
                    editor.Append(item, value);
                else
                    editor.Put(item, value);
                break;
        }
    }

    private static void Delete(ItemEditor editor, StoredItem item, Node path)
    {
        switch (path.Name)
        {
            case "ExtendedFieldURI":
                editor.DeleteExtended(item, ExtendedPropertyPath.Read(path));
                break;
            case "IndexedFieldURI":
                RequireContact(item, path);
                ContactRules.PutEntry(item, path["FieldURI"]!, path["FieldIndex"]!, null);
                break;
            default:
                var element = Element(item, path["FieldURI"]!);
                if (element is "Start" or "End" or "LegacyFreeBusyStatus" or "Sensitivity" or "UID" or "ItemClass")
                    throw new ExchangeError("ErrorInvalidPropertyDelete", $"Delete action is invalid for property {path["FieldURI"]}.");
                editor.Delete(item, element);
                break;
        }
    }

    private static string Element(StoredItem item, string uri)
    {
        var element = item.Kind.ElementOf(uri) ?? throw ExchangeError.InvalidPropertySet(uri);
        // A contact's dictionaries are changed entry by entry (protocol.md 8).
        if (element is "EmailAddresses" or "PhoneNumbers" or "PhysicalAddresses" or "ImAddresses")
            throw ExchangeError.InvalidPropertySet(uri);
        return element;
    }

    private static void RequireContact(StoredItem item, Node path)
    {
        if (item.Kind != ItemKind.Contact)
            throw ExchangeError.InvalidPropertySet(path["FieldURI"]!);
    }

    private static ExchangeError Mismatch() => new("ErrorUpdatePropertyMismatch", "The property in the change does not match its path.");
}
