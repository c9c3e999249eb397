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
        var rule = Array.Find(zone.GetAdjustmentRules(), r => r.DateStart.Year <= year && r.DateEnd.Year >= year && r.DaylightDelta != TimeSpan.Zero);
        var standard = $"trule:Microsoft/Registry/{id}/1-Standard";
        var daylight = $"trule:Microsoft/Registry/{id}/1-Daylight";
        var offset = zone.BaseUtcOffset + (rule?.BaseUtcOffsetDelta ?? TimeSpan.Zero);
        writer.StartT("Periods");
        Period(writer, "Standard", standard, offset);
        if (rule != null)
            Period(writer, "Daylight", daylight, offset + rule.DaylightDelta);
        writer.End();
        writer.StartT("TransitionsGroups");
        writer.StartT("TransitionsGroup");
        writer.Xml.WriteAttributeString("Id", "0");
        if (rule != null)
        {
            Transition(writer, daylight, rule.DaylightTransitionStart);
            Transition(writer, standard, rule.DaylightTransitionEnd);
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

    private static void Period(ResponseWriter writer, string name, string id, TimeSpan offset)
    {
        writer.StartT("Period");
        writer.Xml.WriteAttributeString("Bias", XmlConvert.ToString(-offset));
        writer.Xml.WriteAttributeString("Name", name);
        writer.Xml.WriteAttributeString("Id", id);
        writer.End();
    }

    private static void Transition(ResponseWriter writer, string to, TimeZoneInfo.TransitionTime at)
    {
        writer.StartT(at.IsFixedDateRule ? "RecurringDateTransition" : "RecurringDayTransition");
        To(writer, "Period", to);
        writer.T("TimeOffset", XmlConvert.ToString(at.TimeOfDay.TimeOfDay));
        writer.T("Month", at.Month.ToString(CultureInfo.InvariantCulture));
        if (at.IsFixedDateRule)
        {
            writer.T("Day", at.Day.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            writer.T("DayOfWeek", at.DayOfWeek.ToString());
            writer.T("Occurrence", at.Week == 5 ? "-1" : at.Week.ToString(CultureInfo.InvariantCulture));
        }

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
