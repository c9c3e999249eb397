using System.Globalization;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>The direct members of a group of the directory, or of a distribution list in a contacts folder.</summary>
public static class ExpandDL
{
    public static void Run(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("ExpandDL", [context.Request.Child("Mailbox")!], mailbox =>
        {
            var members = mailbox.Child("ItemId") is { } id ? OfItem(context, id) : OfGroup(context, mailbox.ChildText("EmailAddress")?.Trim() ?? "");
            return () =>
            {
                writer.StartM("DLExpansion");
                writer.Xml.WriteAttributeString("TotalItemsInView", members.Count.ToString(CultureInfo.InvariantCulture));
                writer.Xml.WriteAttributeString("IncludesLastItemInRange", "true");
                members.ForEach(m => writer.Write(m));
                writer.End();
            };
        });

    private static List<Node> OfGroup(OperationContext context, string address)
    {
        var group = context.Organisation.FindGroup(address) ?? throw new ExchangeError("ErrorNameResolutionNoResults", "No results were found.");
        return [.. group.Members.Select(m => context.Organisation.FindGroup(m) is { } inner ? Group(inner) : Attendees.Mailbox(context.Organisation, m, null))];
    }

    private static List<Node> OfItem(OperationContext context, Node id)
    {
        var item = context.Item(id);
        if (item.Kind != ItemKind.DistributionList)
            throw new ExchangeError("ErrorInvalidItemForOperationExpandDL", "The item is not a distribution list.");
        return [.. item.Values.Element("Members")?.Children.Select(m => m.Child("Mailbox")).OfType<Node>() ?? []];
    }

    public static Node Group(DistributionGroup group) => Node.Types(
        "Mailbox", "", Node.Types("Name", group.Name), Node.Types("EmailAddress", group.Address), Node.Types("RoutingType", "SMTP"), Node.Types("MailboxType", "PublicDL"));
}
