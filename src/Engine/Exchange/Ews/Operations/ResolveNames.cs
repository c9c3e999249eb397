using CrmSync.Engine.Exchange.Ews.Mapping;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Operations;

/// <summary>People whose name or address matches, from the directory and the contacts. None is an empty list; several are a warning, not an error.</summary>
internal sealed class ResolveNames(string entry) : SingleOperation<IReadOnlyList<MailAddress>>
{
    private readonly List<MailAddress> _found = [];

    public override string Name => "ResolveNames";

    public override void Write(RequestWriter w) => w.Message(Name, () =>
    {
        w.Attribute("ReturnFullContactData", "false");
        w.Message("UnresolvedEntry", entry);
    });

    protected override bool Accepts(ResponseStatus status) => !status.IsError || status.Code == "ErrorNameResolutionNoResults";

    protected override async ValueTask ReadPartAsync(SoapReader reader)
    {
        if (reader.Name != "ResolutionSet")
            return;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if ((await MailboxReader.ReadChildAsync(reader)).Address is { } address)
                _found.Add(address);
        }
    }

    protected override IReadOnlyList<MailAddress> Result() => _found;
}
