using System.Collections.Concurrent;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>Bearer tokens for the client credentials flow: opaque, one hour.</summary>
public sealed class TokenIssuer(TimeProvider time, Random random)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (Account Account, DateTimeOffset Until)> _tokens = new(StringComparer.Ordinal);

    public string Issue(Account account)
    {
        var bytes = new byte[48];
        lock (random)
            random.NextBytes(bytes);
        var now = time.GetUtcNow();
        foreach (var (old, entry) in _tokens)
        {
            if (entry.Until < now)
                _tokens.TryRemove(old, out _);
        }

        var token = Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        _tokens[token] = (account, now + Life);
        return token;
    }

    public Account? Find(string token) => _tokens.TryGetValue(token, out var entry) && entry.Until > time.GetUtcNow() ? entry.Account : null;

    public void RevokeAll() => _tokens.Clear();
}
