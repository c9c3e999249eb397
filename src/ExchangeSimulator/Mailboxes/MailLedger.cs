namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>One mail that left a mailbox. Cause names the operation that sent it.</summary>
public sealed record SentMail(long Number, DateTimeOffset At, string From, string To, string Kind, string? Uid, string Subject, string Cause);

/// <summary>Every mail is counted here, whether its recipient has a mailbox or not.</summary>
public sealed class MailLedger(TimeProvider time)
{
    private readonly List<SentMail> _mails = [];
    private long _number;

    public IReadOnlyList<SentMail> Mails => _mails;
    public long Count => _number;

    public void Add(string from, string to, string kind, string? uid, string subject, string cause) =>
        _mails.Add(new(++_number, time.GetUtcNow(), from, to, kind, uid, subject, cause));

    public void Clear() => _mails.Clear();
}
