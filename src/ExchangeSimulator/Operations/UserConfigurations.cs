using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>Create, get, update and delete the settings that applications keep in folders (protocol.md 11).</summary>
public static class UserConfigurations
{
    private const int MaxBytes = 1 << 20;

    public static void Create(OperationContext context, ResponseWriter writer) => Write(context, writer, "CreateUserConfiguration", (folder, name, given) =>
    {
        if (folder.Configurations.ContainsKey(name))
            throw new ExchangeError("ErrorItemSave", "A user configuration of this name exists already.");
        var mailbox = folder.Mailbox;
        var made = new UserConfiguration(Identifiers.Item(context.Organisation.Random, mailbox.Key, ++context.Organisation.LastId));
        folder.Configurations[name] = made;
        Fill(context, made, given);
    });

    public static void Update(OperationContext context, ResponseWriter writer) =>
        Write(context, writer, "UpdateUserConfiguration", (folder, name, given) => Fill(context, Find(context, folder, name), given));

    public static void Delete(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("DeleteUserConfiguration", [context.Request.Child("UserConfigurationName")!], name =>
        {
            var folder = context.Folder(name.Children[0], FolderLevel.Editor);
            Find(context, folder, name["Name"]!);
            folder.Configurations.Remove(name["Name"]!);
            return () => { };
        });

    public static void Get(OperationContext context, ResponseWriter writer) =>
        writer.Messages<Node>("GetUserConfiguration", [context.Request.Child("UserConfigurationName")!], name =>
        {
            var folder = context.Folder(name.Children[0]);
            var found = Find(context, folder, name["Name"]!);
            var wanted = context.Request.ChildText("UserConfigurationProperties")!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return () =>
            {
                writer.StartM("UserConfiguration");
                writer.Write(new Node("t", "UserConfigurationName") { Text = "" }.Holding(name.Children[0]).With("Name", name["Name"]));
                if (Wants("Id"))
                    writer.IdElement("ItemId", found.ItemId, Identifiers.ChangeKey(9, folder.Mailbox.Key, found.Version));
                if (Wants("Dictionary") && found.Dictionary is { } dictionary)
                    writer.Write(dictionary);
                if (Wants("XmlData") && found.XmlData is { } xml)
                    writer.T("XmlData", xml);
                if (Wants("BinaryData") && found.BinaryData is { } binary)
                    writer.T("BinaryData", binary);
                writer.End();
            };

            bool Wants(string part) => wanted.Contains("All") || wanted.Contains(part);
        });

    private static void Write(OperationContext context, ResponseWriter writer, string operation, Action<MailFolder, string, Node> action) =>
        writer.Messages<Node>(operation, [context.Request.Child("UserConfiguration")!], given =>
        {
            var name = given.Child("UserConfigurationName")!;
            action(context.Folder(name.Children[0], FolderLevel.Editor), name["Name"]!, given);
            return () => { };
        });

    private static void Fill(OperationContext context, UserConfiguration configuration, Node given)
    {
        if (given.Children.Sum(c => c.Text.Length) > MaxBytes)
            throw new ExchangeError("ErrorDataSizeLimitExceeded", "The user configuration is too large.");
        configuration.Version = ++context.Organisation.LastNumber;
        configuration.Dictionary = given.Child("Dictionary")?.DeepCopy() ?? configuration.Dictionary;
        configuration.XmlData = given.ChildText("XmlData")?.Trim() ?? configuration.XmlData;
        configuration.BinaryData = given.ChildText("BinaryData")?.Trim() ?? configuration.BinaryData;
    }

    private static UserConfiguration Find(OperationContext context, MailFolder folder, string name)
    {
        if (folder.Configurations.TryGetValue(name, out var found))
            return found;
        if (folder.DistinguishedName != "root" || name != "OWA.UserOptions")
            throw ExchangeError.ItemNotFound();
        // Outlook on the web leaves its settings here when a person first signs in. DavMail 6.0.1 learns its user's time zone from them.
        found = new UserConfiguration(Identifiers.Item(context.Organisation.Random, folder.Mailbox.Key, ++context.Organisation.LastId))
        {
            Version = ++context.Organisation.LastNumber,
            Dictionary = Node.Types("Dictionary", "", Node.Types("DictionaryEntry", "", Text("DictionaryKey", "timezone"), Text("DictionaryValue", folder.Mailbox.TimeZoneId))),
        };
        return folder.Configurations[name] = found;
    }

    private static Node Text(string element, string value) => Node.Types(element, "", Node.Types("Type", "String"), Node.Types("Value", value));
}
