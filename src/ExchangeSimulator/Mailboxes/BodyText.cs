using System.Net;
using System.Text.RegularExpressions;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>Bodies are rewritten as Exchange rewrites them: HTML is wrapped, text has CRLF (protocol.md 5 and 12 point 14).</summary>
public static partial class BodyText
{
    private const string Head = "<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n</head>\r\n<body>\r\n";
    private const string Tail = "\r\n</body>\r\n</html>\r\n";

    /// <summary>The form that is stored, or null for an empty body.</summary>
    public static Node? Store(string text, bool isHtml)
    {
        if (text.Length == 0)
            return null;
        text = Crlf(text);
        if (isHtml)
            text = Head + Inner(text).Trim() + Tail;
        return Node.Types("Body", text).With("BodyType", isHtml ? "HTML" : "Text");
    }

    /// <summary>The form asked for: HTML, Text or Best (as stored).</summary>
    public static Node Read(Node stored, string bodyType)
    {
        var isHtml = stored["BodyType"] == "HTML";
        if (bodyType == "Text" && isHtml)
            return Node.Types("Body", ToText(stored.Text)).With("BodyType", "Text");
        if (bodyType == "HTML" && !isHtml)
            return Node.Types("Body", Head + WebUtility.HtmlEncode(stored.Text).Replace("\r\n", "<br>\r\n", StringComparison.Ordinal) + Tail).With("BodyType", "HTML");
        return stored;
    }

    public static string ToText(string html)
    {
        var text = Tags().Replace(Breaks().Replace(Inner(html).ReplaceLineEndings(" "), "\r\n"), "");
        return WebUtility.HtmlDecode(Blanks().Replace(text, " ")).Trim();
    }

    /// <summary>Line ends become CRLF; characters that XML cannot carry go.</summary>
    public static string Crlf(string text)
    {
        if (text.AsSpan().IndexOfAny('\n', '\r') >= 0)
            text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);
        return Clean(text);
    }

    /// <summary>Drops what XML cannot carry.</summary>
    public static string Clean(string text) => Forbidden().IsMatch(text) ? Forbidden().Replace(text, "") : text;

    private static string Inner(string html)
    {
        var body = BodyElement().Match(html);
        return Script().Replace(body.Success ? body.Groups[1].Value : html, "");
    }

    [GeneratedRegex(@"<body[^>]*>(.*?)(</body>|$)", RegexOptions.Singleline | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex BodyElement();

    [GeneratedRegex(@"<(script|style)\b.*?</\1\s*>", RegexOptions.Singleline | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Script();

    [GeneratedRegex(@"<br\s*/?>|</p>|</div>", RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Breaks();

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 2000)]
    private static partial Regex Tags();

    [GeneratedRegex("[ \t]+", RegexOptions.None, 2000)]
    private static partial Regex Blanks();

    [GeneratedRegex("[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]", RegexOptions.None, 2000)]
    private static partial Regex Forbidden();
}
