namespace CrmSync.Engine.Items;

/// <summary>The names by which people and settings speak of the mapped fields: <c>subject</c>, <c>time</c>, <c>showAs</c>.</summary>
public static class FieldNames
{
    private static readonly (ScheduleFields Field, string Name)[] All =
    [
        .. Enum.GetValues<ScheduleFields>().Where(IsSingle).Select(field => (field, NameOf(field))),
    ];

    /// <summary>The names of all single fields, in their own order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>The field of a name; null for a name that is none, groups such as "shared" among them.</summary>
    public static ScheduleFields? Find(string? name)
    {
        foreach (var (field, known) in All)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
                return field;
        }
        return null;
    }

    /// <summary>The single fields of a set.</summary>
    public static IEnumerable<ScheduleFields> Each(this ScheduleFields fields) => All.Where(entry => (entry.Field & fields) != 0).Select(entry => entry.Field);

    public static string NameOf(ScheduleFields field)
    {
        var name = field.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>The fields of a text such as <c>Subject, Time</c>, as <see cref="ScheduleFields"/> writes it.</summary>
    public static ScheduleFields Parse(string text) => Enum.TryParse<ScheduleFields>(text, out var fields) ? fields & ScheduleFields.All : ScheduleFields.None;

    private static bool IsSingle(ScheduleFields field) => field != 0 && ((int)field & ((int)field - 1)) == 0;
}
