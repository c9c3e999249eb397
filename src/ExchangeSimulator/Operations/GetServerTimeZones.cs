using System.Collections.Frozen;
using System.Globalization;
using System.Xml;
using CrmSync.ExchangeSimulator.Mailboxes;
using CrmSync.ExchangeSimulator.Wire;

namespace CrmSync.ExchangeSimulator.Operations;

/// <summary>The time zones of the server under their Windows ids.</summary>
public static class GetServerTimeZones
{
    private static readonly FrozenDictionary<string, TimeZoneInfo> Zones = TimeZoneInfo.GetSystemTimeZones()
        .Select(z => z.HasIanaId ? (TimeZoneInfo.TryConvertIanaIdToWindowsId(z.Id, out var id) ? id : null) : z.Id)
        .Where(id => id != null).Append("UTC").Distinct().Select(id => (Id: id!, Zone: ExchangeTime.FindZone(id)))
        .Where(z => z.Zone != null).ToFrozenDictionary(z => z.Id, z => z.Zone!);

    public static void Run(OperationContext context, ResponseWriter writer)
    {
        var ids = context.Request.Child("Ids")?.Children.ConvertAll(i => i.Text);
        var full = context.Request["ReturnFullTimeZoneData"] is not ("false" or "0");
        writer.Messages("GetServerTimeZones", [context.Request], _ =>
        {
            var chosen = (ids ?? [.. Zones.Keys.Order(StringComparer.Ordinal)]).Where(Zones.ContainsKey).ToList();
            return () =>
            {
                writer.StartM("TimeZoneDefinitions");
                foreach (var id in chosen)
                    Definition(writer, id, Zones[id], full, context.Organisation.Now.Year);
                writer.End();
            };
        });
    }

    private static void Definition(ResponseWriter writer, string id, TimeZoneInfo zone, bool full, int year)
    {
        writer.StartT("TimeZoneDefinition");
        writer.Xml.WriteAttributeString("Id", id);
        writer.Xml.WriteAttributeString("Name", zone.DisplayName);
        if (full)
            Rules(writer, id, zone, year);
        writer.End();
    }

    /// <summary>The rule of the current year: enough for clients that fall back to periods.</summary>
    private static void Rules(ResponseWriter writer, string id, TimeZoneInfo zone, int year)
    {
        var changes = Changes(zone, year);
        var standard = $"trule:Microsoft/Registry/{id}/1-Standard";
        var daylight = $"trule:Microsoft/Registry/{id}/1-Daylight";
        var hasRule = changes.Count == 2;
        var offset = hasRule ? changes.Min(c => c.After) : zone.GetUtcOffset(new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        writer.StartT("Periods");
        Period(writer, "Standard", standard, offset);
        if (hasRule)
            Period(writer, "Daylight", daylight, changes.Max(c => c.After));
        writer.End();
        writer.StartT("TransitionsGroups");
        writer.StartT("TransitionsGroup");
        writer.Xml.WriteAttributeString("Id", "0");
        if (hasRule)
        {
            foreach (var (wall, after) in changes)
                Transition(writer, after > offset ? daylight : standard, wall);
        }
        else
        {
            writer.StartT("Transition");
            To(writer, "Period", standard);
            writer.End();
        }

        writer.End();
        writer.End();
        writer.StartT("Transitions");
        writer.StartT("Transition");
        To(writer, "Group", "0");
        writer.End();
        writer.End();
    }

    /// <summary>Moments of the year at which the offset changes, as wall-clock time before the change, with the offset after it.</summary>
    private static List<(DateTime Wall, TimeSpan After)> Changes(TimeZoneInfo zone, int year)
    {
        var changes = new List<(DateTime, TimeSpan)>();
        var at = new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var before = zone.GetUtcOffset(at);
        for (; at.Year == year; at = at.AddMinutes(30))
        {
            var now = zone.GetUtcOffset(at);
            if (now == before)
                continue;
            changes.Add((DateTime.SpecifyKind(at + before, DateTimeKind.Unspecified), now));
            before = now;
        }

        return changes;
    }

    private static void Period(ResponseWriter writer, string name, string id, TimeSpan offset)
    {
        writer.StartT("Period");
        writer.Xml.WriteAttributeString("Bias", XmlConvert.ToString(-offset));
        writer.Xml.WriteAttributeString("Name", name);
        writer.Xml.WriteAttributeString("Id", id);
        writer.End();
    }

    private static void Transition(ResponseWriter writer, string to, DateTime wall)
    {
        writer.StartT("RecurringDayTransition");
        To(writer, "Period", to);
        writer.T("TimeOffset", XmlConvert.ToString(wall.TimeOfDay));
        writer.T("Month", wall.Month.ToString(CultureInfo.InvariantCulture));
        writer.T("DayOfWeek", wall.DayOfWeek.ToString());
        var isLast = wall.Day + 7 > DateTime.DaysInMonth(wall.Year, wall.Month);
        writer.T("Occurrence", isLast ? "-1" : ((wall.Day + 6) / 7).ToString(CultureInfo.InvariantCulture));
        writer.End();
    }

    private static void To(ResponseWriter writer, string kind, string target)
    {
        writer.StartT("To");
        writer.Xml.WriteAttributeString("Kind", kind);
        writer.Xml.WriteString(target);
        writer.End();
    }
}
