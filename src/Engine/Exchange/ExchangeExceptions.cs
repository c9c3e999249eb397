namespace CrmSync.Engine.Exchange;

/// <summary>A failure on the Exchange side. The three kinds say what to do next.</summary>
public abstract class ExchangeException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks us to stay away (BackOffMilliseconds, Retry-After); null when it did not say.</summary>
    public TimeSpan? BackOff { get; init; }

    /// <summary>Trying again later can help without anybody changing anything.</summary>
    public abstract bool IsTransient { get; }

    /// <summary>The request may have been carried out although no answer came: a create or a mail is in doubt (invariant 6).</summary>
    public bool MayHaveExecuted { get; init; }
}

/// <summary>No usable answer came: name not found, refused, TLS, timeout, reset, HTTP 5xx. Try again later.</summary>
public sealed class ExchangeTransportException(string message, Exception? inner = null) : ExchangeException(message, inner)
{
    public int? HttpStatus { get; init; }

    /// <summary>False where only a person can mend it: a wrong certificate, 401, 403.</summary>
    public bool CanPass { get; init; } = true;

    public override bool IsTransient => CanPass;
}

/// <summary>An answer came that is not what the protocol allows. The connection is dropped, the text kept.</summary>
public sealed class ExchangeProtocolException(string message, Exception? inner = null) : ExchangeException(message, inner)
{
    public override bool IsTransient => true;

    /// <summary>The beginning of the answer, at most 2 KiB. May hold what people wrote: for a person who looks into the fault, never for a log line.</summary>
    public string? Excerpt { get; init; }
}

/// <summary>The server understood and refused the whole request (SOAP fault, or the one response message that there was).</summary>
public sealed class ExchangeResponseException(string code, string message, Exception? inner = null) : ExchangeException(message, inner)
{
    /// <summary>The response code, verbatim.</summary>
    public string Code { get; } = code;

    public override bool IsTransient => ResponseCodes.IsTransient(Code);
}
