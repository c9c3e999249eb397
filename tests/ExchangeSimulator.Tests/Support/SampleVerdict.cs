using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Tests.Support;

/// <summary>What the table of facts says about a whole request envelope.</summary>
public static class SampleVerdict
{
    public static string? Of(string envelope)
    {
        var root = NodeReader.Read(envelope);
        var validator = new RequestValidator(SchemaTable.Shared);
        try
        {
            var (headers, request) = RequestValidator.Open(root);
            foreach (var header in headers?.Children ?? [])
            {
                if (SchemaTable.Shared.TypeOf(header.Qualified) != null)
                    validator.Check(header);
            }

            validator.Check(request);
            return null;
        }
        catch (SchemaViolation violation)
        {
            return violation.Message;
        }
    }
}
