using System.Globalization;
using System.Xml;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>Checks simple values: enumerations, patterns, numbers, dates.</summary>
public static class SimpleValues
{
    /// <summary>Null when the value fits its type, else the constraint that failed.</summary>
    public static string? Check(SchemaTable table, string value, string type)
    {
        if (type.StartsWith("xs:", StringComparison.Ordinal))
            return CheckBuiltIn(value, type);
        if (table.Simple(type) is not { } rule)
            return null;
        if (rule.ListItem != null)
        {
            return value.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(v => Check(table, v, rule.ListItem)).FirstOrDefault(e => e != null);
        }

        if (rule.Union != null)
        {
            return rule.Union.Any(u => Check(table, value, u) == null) ? null : "The value is not valid according to any of the memberTypes of the union.";
        }

        if (Check(table, value, rule.Base) is { } inherited)
            return inherited;
        if (rule.Enumeration.Count > 0 && !rule.Enumeration.Contains(value))
            return "The Enumeration constraint failed.";
        if (rule.Patterns.Count > 0 && !rule.Patterns.Exists(p => p.IsMatch(value)))
            return "The Pattern constraint failed.";
        if (rule.MinLength is { } min && value.Length < min)
            return "The actual length is less than the MinLength value.";
        if (rule.MaxLength is { } max && value.Length > max)
            return "The actual length is greater than the MaxLength value.";
        if (rule.Min is { } low && decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number < low)
            return "The MinInclusive constraint failed.";
        if (rule.Max is { } high && decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && number > high)
            return "The MaxInclusive constraint failed.";
        return null;
    }

    private static string? CheckBuiltIn(string value, string type)
    {
        try
        {
            switch (type)
            {
                case "xs:boolean":
                    XmlConvert.ToBoolean(value.Trim());
                    break;
                case "xs:int":
                    XmlConvert.ToInt32(value.Trim());
                    break;
                case "xs:short":
                    XmlConvert.ToInt16(value.Trim());
                    break;
                case "xs:unsignedShort":
                    XmlConvert.ToUInt16(value.Trim());
                    break;
                case "xs:long":
                    XmlConvert.ToInt64(value.Trim());
                    break;
                case "xs:double" or "xs:float":
                    XmlConvert.ToDouble(value.Trim());
                    break;
                case "xs:dateTime":
                    if (!value.Contains('T', StringComparison.Ordinal))
                        throw new FormatException();
                    XmlConvert.ToDateTimeOffset(value.Trim());
                    break;
                case "xs:date":
                    if (value.Contains('T', StringComparison.Ordinal) || value.Trim().Length < 10)
                        throw new FormatException();
                    XmlConvert.ToDateTimeOffset(value.Trim());
                    break;
                case "xs:time":
                    XmlConvert.ToDateTime(value.Trim(), XmlDateTimeSerializationMode.RoundtripKind);
                    break;
                case "xs:duration":
                    XmlConvert.ToTimeSpan(value.Trim());
                    break;
                case "xs:base64Binary":
                    Convert.FromBase64String(value);
                    break;
            }

            return null;
        }
        catch (Exception e) when (e is FormatException or OverflowException or XmlException or ArgumentException)
        {
            return $"The string is not a valid {type[3..]} value.";
        }
    }
}
