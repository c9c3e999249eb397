namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Somebody whom the owner of a mailbox made a delegate. Their rights stand in the folders' permissions.</summary>
public sealed class DelegateEntry(string address)
{
    public string Address { get; } = address;
    public bool ReceivesCopies { get; set; }
    public bool ViewsPrivateItems { get; set; }
}
