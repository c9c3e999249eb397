using System.Buffers;
using System.Globalization;
using System.Text;
using System.Xml;

namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>Text that may stand in XML 1.0, in both directions.</summary>
internal static class WireText
{
    // The control characters that XML 1.0 cannot carry, the two non-characters, and all surrogates (looked at in pairs afterwards).
    private static readonly SearchValues<char> Suspects = SearchValues.Create(MakeSuspects());

    /// <summary>The text without characters that XML 1.0 cannot carry: lone surrogates and control characters other than tab and line ends.</summary>
    /// <remarks>
    /// Outbound, one such character would make the whole request malformed. Inbound, Exchange (2007 to Online) sends references to them
    /// (for example <c>&amp;#x1F;</c>) in subjects and bodies, and U+0000 cannot be stored in PostgreSQL.
    /// </remarks>
    public static string Clean(string text)
    {
        var first = text.AsSpan().IndexOfAny(Suspects);
        return first < 0 ? text : CleanFrom(text, first);
    }

    public static bool ReadBoolean(string text) => text is "true" or "1" or "True";

    public static int? ReadInteger(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string CleanFrom(string text, int first)
    {
        var result = new StringBuilder(text.Length).Append(text, 0, first);
        for (var i = first; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                result.Append(c).Append(text[++i]);
            else if (!char.IsSurrogate(c) && XmlConvert.IsXmlChar(c))
                result.Append(c);
        }
        return result.ToString();
    }

    private static char[] MakeSuspects()
    {
        var suspects = new List<char> { '\ufffe', '\uffff' };
        for (var c = '\0'; c < ' '; c++)
        {
            if (c is not ('\t' or '\n' or '\r'))
                suspects.Add(c);
        }
        for (var c = '\ud800'; c <= '\udfff'; c++)
            suspects.Add(c);
        return [.. suspects];
    }
}
