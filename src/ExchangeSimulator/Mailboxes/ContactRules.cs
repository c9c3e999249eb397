using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>What follows from a contact's names: FileAs by its mapping (protocol.md 8). DisplayName is never derived.</summary>
public static class ContactRules
{
    public static void Finish(StoredItem contact, IReadOnlySet<string> changed)
    {
        var values = contact.Values;
        if (changed.Contains("FileAs") && !changed.Contains("FileAsMapping"))
            values.Set("FileAsMapping", "None");
        var fileAs = Derive(contact, values.Text("FileAsMapping"));
        if (fileAs != null)
            values.Set("FileAs", fileAs);
    }

    /// <summary>Sets or clears one entry of a dictionary such as EmailAddresses, or one field of a physical address.</summary>
    public static void PutEntry(StoredItem contact, string uri, string key, Node? value)
    {
        var parts = uri.Split(':');
        var (collection, field) = parts[1] switch
        {
            "EmailAddress" => ("EmailAddresses", null),
            "PhoneNumber" => ("PhoneNumbers", null),
            "ImAddress" => ("ImAddresses", null),
            "PhysicalAddress" => ("PhysicalAddresses", parts[2]),
            _ => throw new ExchangeError("ErrorInvalidPropertyRequest", $"The property {uri} cannot be set."),
        };
        var copy = contact.Values.Element(collection)?.DeepCopy() ?? new Node("t", collection);
        var entry = copy.Children.Find(c => c["Key"] == key);
        var given = value?.Child(collection)?.Children.FirstOrDefault(c => c["Key"] == key);
        if (value != null && given == null)
            throw new ExchangeError("ErrorUpdatePropertyMismatch", "The property in the change does not match its path.");
        if (entry == null)
            copy.Children.Add(entry = new Node("t", "Entry").With("Key", key));
        if (field == null)
            entry.Text = given?.Text ?? "";
        else
            PutField(entry, field, given?.ChildText(field));
        if (entry.Text.Length == 0 && entry.Children.Count == 0)
            copy.Children.Remove(entry);
        contact.Values.Set(collection, copy.Children.Count == 0 ? null : copy);
    }

    private static readonly string[] AddressOrder = ["Street", "City", "State", "CountryOrRegion", "PostalCode"];

    private static void PutField(Node entry, string field, string? value)
    {
        entry.Children.RemoveAll(c => c.Name == field);
        if (string.IsNullOrEmpty(value))
            return;
        var at = entry.Children.FindIndex(c => Array.IndexOf(AddressOrder, c.Name) > Array.IndexOf(AddressOrder, field));
        entry.Children.Insert(at < 0 ? entry.Children.Count : at, Node.Types(field, value));
    }

    private static string? Derive(StoredItem contact, string? mapping)
    {
        string Text(string name) => contact.Values.Text(name) ?? "";
        var (given, middle, last, company) = (Text("GivenName"), Text("MiddleName"), Text("Surname"), Text("CompanyName"));
        var first = Join(" ", given, middle);
        var lastFirst = Join(", ", last, first);
        return mapping switch
        {
            "LastCommaFirst" => lastFirst,
            "FirstSpaceLast" => Join(" ", first, last, Text("Generation")),
            "Company" => company,
            "LastCommaFirstCompany" => company.Length == 0 ? lastFirst : $"{lastFirst} ({company})",
            "CompanyLastCommaFirst" => lastFirst.Length == 0 ? company : $"{company} ({lastFirst})",
            "LastFirst" => Join("", last, first),
            "LastSpaceFirst" => Join(" ", last, first),
            "LastSpaceFirstCompany" => company.Length == 0 ? Join(" ", last, first) : $"{Join(" ", last, first)} ({company})",
            "DisplayName" => Text("DisplayName"),
            "FirstName" => given,
            _ => null,
        };
    }

    private static string Join(string separator, params ReadOnlySpan<string> parts)
    {
        var text = "";
        foreach (var part in parts)
        {
            if (part.Length > 0)
                text = text.Length == 0 ? part : text + separator + part;
        }

        return text;
    }
}
