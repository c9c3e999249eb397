using System.Net;
using System.Text;

namespace CrmSync.Engine.Items;

/// <summary>Comparison of texts in the form that survives Exchange: line ends, trailing blanks and HTML dressing do not count.</summary>
/// <remarks>Exchange wraps, sanitises and re-breaks HTML on save and turns line ends into CRLF, so bytes never compare equal (ews/protocol.md section 5).</remarks>
public static class BodyText
{
    public static bool SameTextAs(ItemBody left, ItemBody right) =>
        left == right || Canonical(left) == Canonical(right);

    /// <summary>Single-line texts: trimmed; an absent text and an empty one are the same.</summary>
    public static bool SameLine(string? left, string? right) =>
        string.Equals((left ?? "").Trim(), (right ?? "").Trim(), StringComparison.Ordinal);

    /// <summary>The text with one line end form, without trailing blanks on lines and blank lines at the ends; HTML reduced to its text and its targets.</summary>
    public static string Canonical(ItemBody body)
    {
        if (body.Value.Length == 0)
            return "";
        var text = body.Format == BodyFormat.Html ? HtmlToText(body.Value) : body.Value;
        var result = new StringBuilder(text.Length);
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
            result.Append(line.TrimEnd()).Append('\n');
        return result.ToString().Trim('\n', ' ', '\u00a0');
    }

    // For comparison only, never for display. Tags vanish, block ends break the line, link and image targets stay: a changed join link is a change.
    private static string HtmlToText(string html)
    {
        var text = new StringBuilder(html.Length);
        var position = 0;
        while (position < html.Length)
        {
            var open = html.IndexOf('<', position);
            AppendFolded(text, WebUtility.HtmlDecode(html[position..(open < 0 ? html.Length : open)]));
            if (open < 0)
                break;
            if (string.CompareOrdinal(html, open, "<!--", 0, 4) == 0)
            {
                var endOfComment = html.IndexOf("-->", open, StringComparison.Ordinal);
                position = endOfComment < 0 ? html.Length : endOfComment + 3;
                continue;
            }
            var close = html.IndexOf('>', open);
            if (close < 0)
                break;
            var tag = html[(open + 1)..close];
            position = AppendTag(text, tag) is { } skipped ? EndOf(html, close, skipped) : close + 1;
        }
        return text.ToString();
    }

    // Returns the element whose content is to be skipped, if the tag opens one.
    private static string? AppendTag(StringBuilder text, string tag)
    {
        var name = new string([.. tag.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '/')]).ToLowerInvariant();
        switch (name)
        {
            case "head" or "style" or "script" or "title":
                return name;
            case "br" or "br/" or "/p" or "/div" or "/tr" or "/li" or "/h1" or "/h2" or "/h3":
                if (text.Length > 0 && text[^1] != '\n')
                    text.Append('\n');
                return null;
            case "a" or "img":
                foreach (var attribute in (string[])["href=\"", "src=\""])
                {
                    var at = tag.IndexOf(attribute, StringComparison.OrdinalIgnoreCase);
                    var end = at < 0 ? -1 : tag.IndexOf('"', at + attribute.Length);
                    if (end > 0)
                        text.Append('<').Append(WebUtility.HtmlDecode(tag[(at + attribute.Length)..end])).Append('>');
                }
                return null;
            default:
                return null;
        }
    }

    private static int EndOf(string html, int from, string element)
    {
        var end = html.IndexOf("</" + element, from, StringComparison.OrdinalIgnoreCase);
        var close = end < 0 ? -1 : html.IndexOf('>', end);
        return close < 0 ? html.Length : close + 1;
    }

    private static void AppendFolded(StringBuilder text, string run)
    {
        foreach (var c in run)
        {
            if (!char.IsWhiteSpace(c))
                text.Append(c);
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
                text.Append(' ');
        }
    }
}
