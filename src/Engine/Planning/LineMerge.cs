namespace CrmSync.Engine.Planning;

/// <summary>Merges two edits of one text line by line against the text that both started from. Pure.</summary>
public static class LineMerge
{
    /// <summary>Longer texts are taken as a whole: the comparison costs the product of both lengths (invariant 12).</summary>
    public const int MaxLines = 1000;

    /// <summary>The text with both edits; null where they touch the same lines, or the text is too long.</summary>
    public static string? Merge(string agreed, string left, string right)
    {
        string[] origin = Lines(agreed), one = Lines(left), other = Lines(right);
        if (origin.Length > MaxLines || one.Length > MaxLines || other.Length > MaxLines)
            return null;
        int[] inOne = Matches(origin, one), inOther = Matches(origin, other);
        var merged = new List<string>(Math.Max(one.Length, other.Length));
        var (from, fromOne, fromOther) = (0, 0, 0);
        for (var line = 0; line <= origin.Length; line++)
        {
            // A line that both kept ends a stretch that may have been edited; so does the end.
            var isEnd = line == origin.Length;
            if (!isEnd && (inOne[line] < 0 || inOther[line] < 0))
                continue;
            var (toOne, toOther) = isEnd ? (one.Length, other.Length) : (inOne[line], inOther[line]);
            if (Choose(origin[from..line], one[fromOne..toOne], other[fromOther..toOther]) is not { } chosen)
                return null;
            merged.AddRange(chosen);
            if (!isEnd)
                merged.Add(origin[line]);
            (from, fromOne, fromOther) = (line + 1, toOne + 1, toOther + 1);
        }
        return string.Join("\r\n", merged);
    }

    private static string[]? Choose(string[] origin, string[] one, string[] other) =>
        one.AsSpan().SequenceEqual(origin) ? other
        : other.AsSpan().SequenceEqual(origin) || one.AsSpan().SequenceEqual(other) ? one
        : null;

    // For each line of the origin its place in the edited text, along a longest common subsequence; -1 where it is gone.
    private static int[] Matches(string[] origin, string[] edited)
    {
        var lengths = new int[origin.Length + 1, edited.Length + 1];
        for (var i = origin.Length - 1; i >= 0; i--)
        {
            for (var j = edited.Length - 1; j >= 0; j--)
                lengths[i, j] = origin[i] == edited[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        }
        var places = new int[origin.Length];
        Array.Fill(places, -1);
        for (int i = 0, j = 0; i < origin.Length && j < edited.Length;)
        {
            if (origin[i] == edited[j])
                places[i++] = j++;
            else if (lengths[i + 1, j] >= lengths[i, j + 1])
                i++;
            else
                j++;
        }
        return places;
    }

    // Line ends and trailing blanks are no edits: Exchange rewrites both (ews/protocol.md section 5).
    private static string[] Lines(string text) => [.. text.ReplaceLineEndings("\n").TrimEnd().Split('\n').Select(line => line.TrimEnd())];
}
