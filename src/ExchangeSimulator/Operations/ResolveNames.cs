using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Finds mailboxes by a part of their name or address. Several hits are a warning with data (protocol.md 11).</summary>
public static class ResolveNames
{
    private const int MaxHits = 100;

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var entry = context.Request.ChildText("UnresolvedEntry")!.Trim();
        var bare = entry.StartsWith("smtp:", StringComparison.OrdinalIgnoreCase) ? entry[5..] : entry;
        var hits = context.Organisation.Mailboxes.Where(m => Matches(m, bare)).Take(MaxHits).ToList();
        writer.StartResponse("ResolveNames");
        writer.StartM("ResponseMessages");
        if (hits.Count == 0)
        {
            writer.ErrorMessage("ResolveNames", new("ErrorNameResolutionNoResults", "No results were found."), null);
        }
        else if (hits.Count > 1)
        {
            var several = new ExchangeError("ErrorNameResolutionMultipleResults", "Multiple results were found.");
            writer.ErrorMessage("ResolveNames", several, () => Set(context, writer, hits), "Warning");
        }
        else
        {
            writer.StartM("ResolveNamesResponseMessage");
            writer.Xml.WriteAttributeString("ResponseClass", "Success");
            writer.M("ResponseCode", "NoError");
            Set(context, writer, hits);
            writer.End();
        }

        writer.End();
        writer.End();
    }

    private static bool Matches(Mailbox mailbox, string entry) =>
        mailbox.Address.StartsWith(entry, StringComparison.OrdinalIgnoreCase)
        || mailbox.DisplayName.Split(' ').Any(w => w.StartsWith(entry, StringComparison.OrdinalIgnoreCase))
        || mailbox.DisplayName.StartsWith(entry, StringComparison.OrdinalIgnoreCase);

    private static void Set(OperationContext context, ResponseWriter writer, List<Mailbox> hits)
    {
        var full = context.Request["ReturnFullContactData"] is "true" or "1";
        writer.StartM("ResolutionSet");
        writer.Xml.WriteAttributeString("TotalItemsInView", hits.Count.ToString(CultureInfo.InvariantCulture));
        writer.Xml.WriteAttributeString("IncludesLastItemInRange", "true");
        foreach (var mailbox in hits)
        {
            writer.StartT("Resolution");
            writer.Write(Attendees.Mailbox(context.Organisation, mailbox.Address, null));
            if (full)
            {
                writer.StartT("Contact");
                writer.T("DisplayName", mailbox.DisplayName);
                writer.StartT("EmailAddresses");
                writer.Write(new Node("t", "Entry") { Text = "SMTP:" + mailbox.Address }.With("Key", "EmailAddress1"));
                writer.End();
                writer.T("ContactSource", "ActiveDirectory");
                writer.End();
            }

            writer.End();
        }

        writer.End();
    }
}
