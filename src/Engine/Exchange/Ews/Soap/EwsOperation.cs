using System.Xml;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>One request and the reading of its answer. An instance serves one call.</summary>
internal abstract class EwsOperation<TResult>
{
    /// <summary>The operation's name; its answer is the element with Response appended.</summary>
    public abstract string Name { get; }

    /// <summary>The server changes something: a lost answer leaves the outcome in doubt.</summary>
    public virtual bool IsWrite => false;

    /// <summary>Writes the element in the SOAP body.</summary>
    public abstract void Write(RequestWriter w);

    /// <summary>The result, when the whole answer was read. Refusals of the request as a whole are thrown here.</summary>
    public abstract TResult Finish(RequestContext context);

    /// <summary>Reads the answer; the reader stands on the operation's response element.</summary>
    public async ValueTask ReadAsync(SoapReader reader)
    {
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name != "ResponseMessages")
                continue;
            var list = reader.Depth;
            while (await reader.NextChildAsync(list))
                await ReadMessageAsync(reader);
        }
    }

    /// <summary>Reads one child of a response message that does not belong to its status.</summary>
    protected virtual ValueTask ReadPartAsync(SoapReader reader) => ValueTask.CompletedTask;

    /// <summary>One response message was read to its end.</summary>
    protected abstract void EndMessage(ResponseStatus status);

    private async ValueTask ReadMessageAsync(SoapReader reader)
    {
        var status = new ResponseStatus(reader.Attribute("ResponseClass"));
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (!await status.TryReadAsync(reader))
                await ReadPartAsync(reader);
        }
        EndMessage(status);
    }
}

/// <summary>An operation whose answer has one response message; its refusal refuses the request.</summary>
internal abstract class SingleOperation<TResult> : EwsOperation<TResult>
{
    private ResponseStatus? _status;

    protected sealed override void EndMessage(ResponseStatus status) => _status ??= status;

    protected virtual bool Accepts(ResponseStatus status) => !status.IsError;

    protected abstract TResult Result();

    public sealed override TResult Finish(RequestContext context)
    {
        var status = _status ?? throw new XmlException($"{Name}Response without a response message");
        return Accepts(status) ? Result() : throw Explain.Refused(status.Code, status.Text, status.BackOff, context, IsWrite);
    }
}

/// <summary>An operation with one response message per id, in request order (ews/protocol.md section 1).</summary>
/// <param name="expected">How many messages must come.</param>
internal abstract class BatchOperation<TItem>(int expected) : EwsOperation<IReadOnlyList<TItem>>
{
    private readonly List<TItem> _results = new(expected);
    private readonly List<ResponseStatus> _refusals = [];
    private int _messages;

    /// <summary>How many results there are already: the position of the message that is being read.</summary>
    protected int Position => _results.Count;

    protected abstract TItem ToResult(ResponseStatus status);

    protected sealed override void EndMessage(ResponseStatus status)
    {
        if (status.IsError)
            _refusals.Add(status);
        if (_messages++ < expected)
            _results.Add(ToResult(status));
    }

    public sealed override IReadOnlyList<TItem> Finish(RequestContext context)
    {
        // A server that refuses the mailbox or itself says so once, or once per id: both refuse the request, not the items.
        if (_refusals is [var first, ..] && (_results.Count < expected || (_refusals.Count == expected && ResponseCodes.ConcernsMailbox(first.Code))))
            throw Explain.Refused(first.Code, first.Text, first.BackOff, context, IsWrite);
        return _messages == expected ? _results : throw new XmlException($"{Name}Response with {_messages} response messages where "
            + $"{expected} were asked for");
    }
}
