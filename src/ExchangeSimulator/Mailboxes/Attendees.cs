using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Attendee lists as Exchange returns them: name, address, routing type, and on the organizer's item each response.</summary>
public static class Attendees
{
    public static readonly string[] Lists = ["RequiredAttendees", "OptionalAttendees", "Resources"];

    /// <summary>The stored form of a list from a request. Responses already known of people who stay are kept.</summary>
    public static Node? Normalise(Organisation organisation, Node list, Node? before)
    {
        var stored = new Node("t", list.Name);
        foreach (var attendee in list.Children)
        {
            var address = Address(attendee);
            if (address.Length == 0)
                throw new ExchangeError("ErrorInvalidRecipients", "At least one recipient is not valid.");
            if (stored.Children.Exists(a => string.Equals(Address(a), address, StringComparison.OrdinalIgnoreCase)))
                continue;
            var known = before?.Children.Find(a => string.Equals(Address(a), address, StringComparison.OrdinalIgnoreCase));
            stored.Children.Add(known?.DeepCopy() ?? Make(organisation, address, attendee.Child("Mailbox")?.ChildText("Name")));
        }

        return stored.Children.Count == 0 ? null : stored;
    }

    public static Node Make(Organisation organisation, string address, string? name) => Node.Types(
        "Attendee", "", Mailbox(organisation, address, name), Node.Types("ResponseType", "Unknown"));

    public static Node Mailbox(Organisation organisation, string address, string? name)
    {
        var known = organisation.FindMailbox(address);
        return Node.Types(
            "Mailbox",
            "",
            Node.Types("Name", known?.DisplayName ?? (string.IsNullOrEmpty(name) ? address : name)),
            Node.Types("EmailAddress", known?.Address ?? address),
            Node.Types("RoutingType", "SMTP"),
            Node.Types("MailboxType", known != null ? "Mailbox" : "OneOff"));
    }

    public static string Address(Node attendee) => attendee.Child("Mailbox")?.ChildText("EmailAddress")?.Trim() ?? "";

    /// <summary>Everybody on the item except the organizer, each once.</summary>
    public static List<string> Of(StoredItem item)
    {
        var organizer = OrganizerOf(item);
        return Lists.SelectMany(item.Attendees).Select(Address)
            .Where(a => a.Length > 0 && !string.Equals(a, organizer, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
    }

    public static string OrganizerOf(StoredItem item) => item.Values.Element("Organizer") is { } organizer ? Address(organizer) : item.Mailbox.Address;

    public static void SetResponse(StoredItem item, string address, string response, string? at, Proposal? proposal = null)
    {
        foreach (var list in Lists)
        {
            if (item.Values.Element(list)?.DeepCopy() is not { } copy)
                continue;
            var attendee = copy.Children.Find(a => string.Equals(Address(a), address, StringComparison.OrdinalIgnoreCase));
            if (attendee == null)
                continue;
            attendee.Children.RemoveAll(c => c.Name is "ResponseType" or "LastResponseTime" or "ProposedStart" or "ProposedEnd");
            attendee.Children.Add(Node.Types("ResponseType", response));
            if (at != null)
                attendee.Children.Add(Node.Types("LastResponseTime", at));
            if (proposal != null)
            {
                attendee.Children.Add(Node.Types("ProposedStart", ExchangeTime.Format(proposal.Start)));
                attendee.Children.Add(Node.Types("ProposedEnd", ExchangeTime.Format(proposal.End)));
            }

            item.Values.Set(list, copy);
        }
    }
}
