using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>Every stored time is UTC; SQLite and SQL Server forget it, so the kind is put back on read.</summary>
public sealed class UtcConverter() : ValueConverter<DateTime, DateTime>(
    value => value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : DateTime.SpecifyKind(value, DateTimeKind.Utc),
    value => DateTime.SpecifyKind(value, DateTimeKind.Utc));
