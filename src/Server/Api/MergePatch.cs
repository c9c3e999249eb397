using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrmSync.Server.Api;

/// <summary>RFC 7396 over flat settings: sent members replace, absent ones stay. Members that nobody may set are refused by name.</summary>
public static class MergePatch
{
    /// <exception cref="JsonException">The body is no object, names an unknown or read-only member, or a value does not fit.</exception>
    public static T Apply<T>(T current, JsonElement patch, JsonSerializerOptions options, params string[] readOnly)
    {
        if (patch.ValueKind != JsonValueKind.Object)
            throw new JsonException("The body must be a JSON object.");
        var target = JsonSerializer.SerializeToNode(current, options)!.AsObject();
        foreach (var member in patch.EnumerateObject())
        {
            if (readOnly.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
                throw new JsonException($"'{member.Name}' cannot be set. Leave it out.");
            if (!target.ContainsKey(member.Name))
                throw new JsonException($"There is no setting '{member.Name}'. Known are: {string.Join(", ", target.Select(known => known.Key).Except(readOnly))}.");
            target[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }
        return target.Deserialize<T>(options)!;
    }
}
