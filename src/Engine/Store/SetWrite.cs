namespace CrmSync.Engine.Store;

/// <summary>How a set of rows meets what is in the table.</summary>
public enum WriteMode
{
    /// <summary>All rows are new; an existing key is an error.</summary>
    Insert = 0,

    /// <summary>Inserted or made equal. Rows that are equal already are not touched.</summary>
    Upsert = 1,

    /// <summary>Inserted unless the key exists.</summary>
    InsertIfAbsent = 2,

    /// <summary>Updated where the row's Version is one below the given row's.</summary>
    UpdatePlannedVersion = 3,
}

/// <summary>Builds the parts that the set-based statements of all databases share.</summary>
/// <param name="Kept">Names of columns that an update leaves alone.</param>
public sealed record SetWrite(TableShape Table, WriteMode Mode, IReadOnlyList<string> Kept)
{
    /// <summary>Largest set in one statement: beyond it one more round trip costs nothing measurable, and parameters stay small.</summary>
    public const int MaxRows = 512;

    public const string VersionColumn = "Version";

    public string Name => Quote(Table.Name);

    public string ColumnList => string.Join(", ", Table.Columns.Select(column => Quote(column.Name)));

    public string KeyList => string.Join(", ", Table.Keys.Select(key => Quote(key.Name)));

    /// <summary>What an update sets.</summary>
    public IReadOnlyList<TableColumn> Updated => [.. Table.Columns.Where(column => !column.IsKey && !Kept.Contains(column.Name))];

    /// <summary>Joins two aliases by key.</summary>
    public string SameKey(string left, string right) => string.Join(" AND ", Table.Keys.Select(key => $"{left}.{Quote(key.Name)} = {right}.{Quote(key.Name)}"));

    public string Assignments(string source) => string.Join(", ", Updated.Select(column => $"{Quote(column.Name)} = {source}.{Quote(column.Name)}"));

    // All three databases take the standard's double quotes, so one text serves them.
    public static string Quote(string name) => $"\"{name}\"";
}
