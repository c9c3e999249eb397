namespace CrmSync.Engine.Access;

/// <summary>What an API token may do. Console roles carry fixed sets of the same scopes, so that there is one kind of right.</summary>
public static class Scopes
{
    public const string ItemsRead = "items.read";
    public const string ItemsWrite = "items.write";

    /// <summary>See the content of other people's private items. In no role; only for services that were given it by name.</summary>
    public const string ItemsPrivate = "items.private";
    public const string PeopleRead = "people.read";
    public const string PeopleWrite = "people.write";
    public const string TargetsRead = "targets.read";
    public const string TargetsWrite = "targets.write";
    public const string LinksRead = "links.read";

    /// <summary>Create, change, remove links.</summary>
    public const string LinksWrite = "links.write";

    /// <summary>Sync now, pause, resume, full re-sync, approve held deletes.</summary>
    public const string LinksOperate = "links.operate";
    public const string QueueRead = "queue.read";
    public const string QueueWrite = "queue.write";
    public const string AuditRead = "audit.read";
    public const string TokensWrite = "tokens.write";

    public static readonly IReadOnlyList<string> All =
    [
        ItemsRead, ItemsWrite, ItemsPrivate, PeopleRead, PeopleWrite, TargetsRead, TargetsWrite, LinksRead, LinksWrite, LinksOperate,
        QueueRead, QueueWrite, AuditRead, TokensWrite,
    ];

    public static IReadOnlyList<string> Of(ConsoleRole role) => role switch
    {
        ConsoleRole.Administrator => [.. All.Where(scope => scope != ItemsPrivate)],
        ConsoleRole.Operator => [ItemsRead, PeopleRead, TargetsRead, LinksRead, LinksOperate, QueueRead, QueueWrite, AuditRead],
        _ => [ItemsRead, ItemsWrite, PeopleRead],
    };
}
