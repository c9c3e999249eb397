using System.Collections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace CrmSync.Engine.Store;

/// <summary>One column of a table, as the model maps it.</summary>
public sealed class TableColumn
{
    private readonly IProperty _property;
    private readonly RelationalTypeMapping _mapping;

    internal TableColumn(IProperty property, StoreObjectIdentifier table)
    {
        _property = property;
        _mapping = property.GetRelationalTypeMapping();
        Name = property.GetColumnName(table)!;
        StoreType = _mapping.StoreType;
        IsNullable = property.IsNullable;
        IsKey = property.IsPrimaryKey();
        var type = _mapping.Converter?.ProviderClrType ?? property.ClrType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        ProviderType = type.IsEnum ? Enum.GetUnderlyingType(type) : type;
    }

    public string Name { get; }

    /// <summary>The database's name of the type, for example <c>uuid</c>.</summary>
    public string StoreType { get; }

    public bool IsNullable { get; }

    public bool IsKey { get; }

    /// <summary>The type that the driver takes, without nullability.</summary>
    public Type ProviderType { get; }

    /// <summary>The row's value as the driver takes it; null for NULL.</summary>
    public object? Read(object row)
    {
        var value = _property.GetGetter().GetClrValue(row);
        if (_mapping.Converter is { } converter)
            return converter.ConvertToProvider(value);
        return value is Enum ? Convert.ChangeType(value, ProviderType, System.Globalization.CultureInfo.InvariantCulture) : value;
    }

    /// <summary>The column of all rows as one typed array: <c>Guid?[]</c>, <c>string?[]</c>.</summary>
    public Array ReadAll(IReadOnlyList<object> rows)
    {
        var element = IsNullable && ProviderType.IsValueType ? typeof(Nullable<>).MakeGenericType(ProviderType) : ProviderType;
        var values = (IList)Array.CreateInstance(element, rows.Count);
        for (var index = 0; index < rows.Count; index++)
            values[index] = Read(rows[index]);
        return (Array)values;
    }
}

/// <summary>A table's name and columns from EF's model, so that set-based SQL follows the mapping by itself.</summary>
public sealed class TableShape
{
    private TableShape(IEntityType type)
    {
        var table = StoreObjectIdentifier.Create(type, StoreObjectType.Table)!.Value;
        Name = table.Name;
        Columns = [.. type.GetProperties().Select(property => new TableColumn(property, table))];
        Keys = [.. type.FindPrimaryKey()!.Properties.Select(key => Columns.Single(column => column.Name == key.GetColumnName(table)))];
    }

    public string Name { get; }

    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>In the order of the primary key.</summary>
    public IReadOnlyList<TableColumn> Keys { get; }

    public static TableShape Of(IModel model, Type row) =>
        new(model.FindEntityType(row) ?? throw new InvalidOperationException($"{row.Name} is not mapped."));

    /// <summary>The last row of each key: a set-based upsert may not touch one row twice.</summary>
    public IReadOnlyList<object> LastOfEachKey(IReadOnlyList<object> rows)
    {
        if (rows.Count < 2)
            return rows;
        var last = new Dictionary<string, object>(rows.Count, StringComparer.Ordinal);
        foreach (var row in rows)
            last[string.Join('\n', Keys.Select(key => key.Read(row)))] = row;
        return last.Count == rows.Count ? rows : [.. last.Values];
    }
}
