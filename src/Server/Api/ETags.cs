using System.Globalization;

namespace CrmSync.Server.Api;

/// <summary>Versions as strong ETags: <c>"3"</c>.</summary>
public static class ETags
{
    public static string Of(long version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>The version of If-Match; null when the header is absent or *. False: it is no ETag of ours.</summary>
    public static bool TryRead(HttpRequest request, out long? version)
    {
        version = null;
        var header = request.Headers.IfMatch.ToString().Trim();
        if (header is "" or "*")
            return true;
        if (header.StartsWith("W/", StringComparison.Ordinal))
            header = header[2..];
        if (header.Length > 2 && header[0] == '"' && header[^1] == '"' && long.TryParse(header[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var read))
        {
            version = read;
            return true;
        }
        return false;
    }

    public static IResult BadIfMatch() => ApiProblems.Invalid("If-Match", "It is no ETag of this API.", "Send the ETag that the last answer carried, quotes included.");
}
