using System.Text;
using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.Convergence.Simulation;

/// <summary>Reads of a whole folder that leave out an item which is there: nothing may be deleted for it (case E18).</summary>
public sealed class HalfReads
{
    private readonly HashSet<string> _armed = [];
    private readonly Dictionary<string, Mailbox> _cut = [];

    /// <summary>The next whole read of the mailbox is cut.</summary>
    public void Arm(Mailbox mailbox)
    {
        _armed.Add(mailbox.Address);
        _cut[mailbox.Address] = mailbox;
    }

    /// <summary>Takes the first item out of an armed mailbox's answer.</summary>
    public async Task CutAsync(HttpRequestMessage request, HttpResponseMessage response, string address)
    {
        if (!_armed.Contains(address) || (await request.Content!.ReadAsStringAsync()).Contains("SyncState>", StringComparison.Ordinal))
            return;
        var text = await response.Content.ReadAsStringAsync();
        var (from, to) = (text.IndexOf("<t:Create>", StringComparison.Ordinal), text.IndexOf("</t:Create>", StringComparison.Ordinal));
        if (from < 0 || to < from)
            return;
        _armed.Remove(address);
        var type = response.Content.Headers.ContentType;
        response.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, from), text.AsSpan(to + "</t:Create>".Length))));
        response.Content.Headers.ContentType = type;
    }

    /// <summary>The folder is whole again, and read from its beginning: what was left out and had never been read is told of nowhere else.</summary>
    public void Heal()
    {
        _armed.Clear();
        foreach (var mailbox in _cut.Values)
            mailbox.SyncEpoch++;
        _cut.Clear();
    }
}
