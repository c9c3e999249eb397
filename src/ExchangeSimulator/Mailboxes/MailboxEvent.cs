namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Something that happened, as subscribers are told: that, never what (protocol.md 9).</summary>
public sealed record MailboxEvent(string Type, MailFolder Parent)
{
    public long Number { get; init; }
    public DateTimeOffset At { get; init; }
    public string? ItemId { get; init; }

    /// <summary>Set instead of ItemId when the folder itself changed.</summary>
    public MailFolder? Folder { get; init; }
    public byte KeyPrefix { get; init; } = 1;
    public string? OldItemId { get; init; }
    public MailFolder? OldParent { get; init; }

    /// <summary>What a folder was copied from; a moved one keeps its id.</summary>
    public MailFolder? OldFolder { get; init; }
}
