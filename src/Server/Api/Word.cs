using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CrmSync.Server.Api;

/// <summary>An enum of the query string, written as in bodies: <c>deadLetter</c>, in any case; never a number.</summary>
/// <remarks>The framework's own binding of enums (ASP.NET Core 10) wants the exact case of the C# name.</remarks>
public readonly record struct Word<T>(T Value) : IParsable<Word<T>>
    where T : struct, Enum
{
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    public static Word<T> Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var word) ? word : throw new FormatException($"'{s}' is none of {string.Join(", ", Names)}.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Word<T> result)
    {
        result = default;
        if (s is null || !Names.Contains(s, StringComparer.OrdinalIgnoreCase))
            return false;
        result = new Word<T>(Enum.Parse<T>(s, ignoreCase: true));
        return true;
    }
}
