using System.Globalization;
using CrmSync.Engine.Exchange.Ews.Soap;
using CrmSync.Engine.Items;

namespace CrmSync.Engine.Exchange.Ews.Mapping;

/// <summary>Our stamp on an Exchange item: three named properties in one property set (invariant 6).</summary>
/// <remarks>
/// The set and the names are part of every customer's data: they never change. Three names in all, never one per record, because a mailbox has a
/// quota of distinct named properties (ews/protocol.md section 5).
/// </remarks>
internal static class StampProperties
{
    public static readonly ExtendedField Install = ExtendedField.Named(PropertySet, "CrmSyncInstall", "String");
    public static readonly ExtendedField Intent = ExtendedField.Named(PropertySet, "CrmSyncIntent", "String");
    public static readonly ExtendedField Attempt = ExtendedField.Named(PropertySet, "CrmSyncAttempt", "Integer");

    private const string PropertySet = "6f0c4c0e-52a5-4b0c-9d0b-7b8f2a6e31c4";

    /// <summary>The three properties with their values, in the order in which they are written.</summary>
    public static IEnumerable<(ExtendedField Field, string Value)> Of(Stamp stamp) =>
    [
        (Install, Text(stamp.InstallId)),
        (Intent, Text(stamp.IntentId)),
        (Attempt, stamp.Attempt.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>The one spelling of an id, so that a search on the server finds it.</summary>
    public static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    /// <summary>The stamp from its three values; null when one is missing or was tampered with.</summary>
    public static Stamp? Read(string? install, string? intent, string? attempt) =>
        Guid.TryParseExact(install, "D", out var installId) && Guid.TryParseExact(intent, "D", out var intentId)
        && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Stamp(installId, intentId, number)
            : null;
}
