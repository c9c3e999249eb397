using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Finds people, groups and the caller's own contacts by a part of their name or address. Several hits are a warning with data (protocol.md 11).</summary>
public static class ResolveNames
{
    private const int MaxHits = 100;

    private sealed record Hit(Node Mailbox, string Name, string Address, bool IsContact);

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var entry = context.Request.ChildText("UnresolvedEntry")!.Trim();
        var bare = entry.StartsWith("smtp:", StringComparison.OrdinalIgnoreCase) ? entry[5..] : entry;
        List<Hit> all = [];
        ExchangeError? refusal = null;
        try
        {
            if (writer.Interference?.Invoke() is { } interference)
                throw interference;
            all = Sources(context).SelectMany(hits => hits).Where(h => Matches(h, bare)).Take(MaxHits + 1).ToList();
        }
        catch (ExchangeError error)
        {
            refusal = error;
        }

        var hits = all.Take(MaxHits).ToList();
        writer.StartResponse("ResolveNames");
        writer.StartM("ResponseMessages");
        if (hits.Count == 0)
        {
            writer.ErrorMessage("ResolveNames", refusal ?? new("ErrorNameResolutionNoResults", "No results were found."), null);
        }
        else if (hits.Count > 1)
        {
            var several = new ExchangeError("ErrorNameResolutionMultipleResults", "Multiple results were found.");
            writer.ErrorMessage("ResolveNames", several, () => Set(context, writer, hits, isWhole: all.Count <= MaxHits), "Warning");
        }
        else
        {
            writer.StartM("ResolveNamesResponseMessage");
            writer.Xml.WriteAttributeString("ResponseClass", "Success");
            writer.M("ResponseCode", "NoError");
            Set(context, writer, hits, isWhole: true);
            writer.End();
        }

        writer.End();
        writer.End();
    }

    /// <summary>The directory, the contacts, or both in the order that SearchScope wants.</summary>
    private static IEnumerable<IEnumerable<Hit>> Sources(OperationContext context) => (context.Request["SearchScope"] ?? "ActiveDirectoryContacts") switch
    {
        "ActiveDirectory" => [Directory(context)],
        "Contacts" => [Contacts(context)],
        "ContactsActiveDirectory" => [Contacts(context), Directory(context)],
        _ => [Directory(context), Contacts(context)],
    };

    private static IEnumerable<Hit> Directory(OperationContext context) => context.Organisation.Mailboxes
        .Select(m => new Hit(Attendees.Mailbox(context.Organisation, m.Address, null), m.DisplayName, m.Address, false))
        .Concat(context.Organisation.Groups.Select(g => new Hit(ExpandDL.Group(g), g.Name, g.Address, false)));

    private static IEnumerable<Hit> Contacts(OperationContext context)
    {
        if (context.Caller.ActingAs is not { } own)
            yield break;
        var folders = context.Request.Child("ParentFolderIds")?.Children.Select(f => context.Folder(f)) ?? [own["contacts"]];
        foreach (var item in folders.SelectMany(f => f.Items).Where(i => i.Kind == ItemKind.Contact))
        {
            var name = item.Values.Text("DisplayName") ?? item.Values.Text("FileAs") ?? "";
            foreach (var address in item.Values.Element("EmailAddresses")?.Children.Select(e => e.Text).Where(t => t.Length > 0) ?? [])
            {
                var mailbox = Node.Types("Mailbox", "", Node.Types("Name", name), Node.Types("EmailAddress", address), Node.Types("RoutingType", "SMTP"), Node.Types("MailboxType", "Contact"));
                mailbox.Children.Add(new Node("t", "ItemId").With("Id", item.Id).With("ChangeKey", item.ChangeKey));
                yield return new(mailbox, name, address, true);
            }
        }
    }

    private static bool Matches(Hit hit, string entry) =>
        hit.Address.StartsWith(entry, StringComparison.OrdinalIgnoreCase) || hit.Name.StartsWith(entry, StringComparison.OrdinalIgnoreCase)
        || hit.Name.Split(' ').Any(w => w.StartsWith(entry, StringComparison.OrdinalIgnoreCase));

    private static void Set(OperationContext context, ResponseWriter writer, List<Hit> hits, bool isWhole)
    {
        var full = context.Request["ReturnFullContactData"] is "true" or "1";
        writer.StartM("ResolutionSet");
        writer.Xml.WriteAttributeString("TotalItemsInView", hits.Count.ToString(CultureInfo.InvariantCulture));
        writer.Xml.WriteAttributeString("IncludesLastItemInRange", isWhole ? "true" : "false");
        foreach (var hit in hits)
        {
            writer.StartT("Resolution");
            writer.Write(hit.Mailbox);
            if (full)
            {
                writer.StartT("Contact");
                writer.T("DisplayName", hit.Name);
                writer.StartT("EmailAddresses");
                writer.Write(new Node("t", "Entry") { Text = "SMTP:" + hit.Address }.With("Key", "EmailAddress1"));
                writer.End();
                writer.T("ContactSource", hit.IsContact ? "Store" : "ActiveDirectory");
                writer.End();
            }

            writer.End();
        }

        writer.End();
    }
}
