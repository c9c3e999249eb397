namespace CrmSync.Engine.Items;

/// <summary>Which mapped fields differ between two contents, and how to carry chosen fields over. Pure.</summary>
public static class ScheduleComparison
{
    /// <summary>The fields in which <paramref name="left"/> and <paramref name="right"/> mean different things.</summary>
    public static ScheduleFields Difference(ScheduleContent left, ScheduleContent right)
    {
        var fields = ScheduleFields.None;
        void Note(ScheduleFields field, bool same) => fields |= same ? ScheduleFields.None : field;

        Note(ScheduleFields.Subject, BodyText.SameLine(left.Subject, right.Subject));
        Note(ScheduleFields.Body, BodyText.SameTextAs(left.Body, right.Body));
        Note(ScheduleFields.Time, left.Time.SameTimeAs(right.Time));
        Note(ScheduleFields.Location, BodyText.SameLine(left.Location, right.Location));
        Note(ScheduleFields.Importance, left.Importance == right.Importance);
        Note(ScheduleFields.Organizer, left.Organizer is null ? right.Organizer is null : left.Organizer.SameAs(right.Organizer));
        Note(ScheduleFields.Attendees, SameInvitations(left.Attendees, right.Attendees));
        Note(ScheduleFields.Responses, SameResponses(left.Attendees, right.Attendees));
        Note(ScheduleFields.Cancelled, left.IsCancelled == right.IsCancelled);
        Note(ScheduleFields.OnlineMeetingUrl, (left.OnlineMeetingUrl ?? "") == (right.OnlineMeetingUrl ?? ""));
        Note(ScheduleFields.ShowAs, left.ShowAs == right.ShowAs);
        Note(ScheduleFields.Sensitivity, left.Sensitivity == right.Sensitivity);
        Note(ScheduleFields.Categories, left.Categories.ToHashSet(StringComparer.Ordinal).SetEquals(right.Categories));
        Note(ScheduleFields.Reminder, left.ReminderMinutes == right.ReminderMinutes);
        Note(ScheduleFields.OwnResponse, left.OwnResponse == right.OwnResponse);
        return fields;
    }

    /// <summary>A copy of <paramref name="target"/> that has the named fields of <paramref name="source"/>.</summary>
    public static ScheduleContent WithFieldsOf(this ScheduleContent target, ScheduleContent source, ScheduleFields fields)
    {
        if (fields == ScheduleFields.None)
            return target;
        bool Take(ScheduleFields field) => (fields & field) != 0;
        return target with
        {
            Subject = Take(ScheduleFields.Subject) ? source.Subject : target.Subject,
            Body = Take(ScheduleFields.Body) ? source.Body : target.Body,
            Time = Take(ScheduleFields.Time) ? source.Time : target.Time,
            Location = Take(ScheduleFields.Location) ? source.Location : target.Location,
            Importance = Take(ScheduleFields.Importance) ? source.Importance : target.Importance,
            Organizer = Take(ScheduleFields.Organizer) ? source.Organizer : target.Organizer,
            Attendees = AttendeesOf(target, source, Take(ScheduleFields.Attendees), Take(ScheduleFields.Responses)),
            IsCancelled = Take(ScheduleFields.Cancelled) ? source.IsCancelled : target.IsCancelled,
            OnlineMeetingUrl = Take(ScheduleFields.OnlineMeetingUrl) ? source.OnlineMeetingUrl : target.OnlineMeetingUrl,
            ShowAs = Take(ScheduleFields.ShowAs) ? source.ShowAs : target.ShowAs,
            Sensitivity = Take(ScheduleFields.Sensitivity) ? source.Sensitivity : target.Sensitivity,
            Categories = Take(ScheduleFields.Categories) ? source.Categories : target.Categories,
            ReminderMinutes = Take(ScheduleFields.Reminder) ? source.ReminderMinutes : target.ReminderMinutes,
            OwnResponse = Take(ScheduleFields.OwnResponse) ? source.OwnResponse : target.OwnResponse,
        };
    }

    /// <summary>One text for all contents that mean the same in every field that people set: two are equal exactly when <see cref="Difference"/> finds no such field.</summary>
    public static string CanonicalText(ScheduleContent content)
    {
        var time = content.Time.IsAllDay ? $"{content.Time.StartWall.Date}/{content.Time.EndWall.Date}" : $"{content.Time.Start}/{content.Time.End}";
        var people = content.Attendees.Select(attendee => $"{attendee.Who.Address.ToUpperInvariant()}:{attendee.Role}").Order(StringComparer.Ordinal);
        return string.Join('\u0001', [
            content.Subject.Trim(), BodyText.Canonical(content.Body), time, content.Location.Trim(), $"{content.Importance}", string.Join(';', people),
            $"{content.ShowAs}", $"{content.Sensitivity}", string.Join(';', content.Categories.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)), $"{content.ReminderMinutes}",
        ]);
    }

    private static IReadOnlyList<Attendee> AttendeesOf(ScheduleContent target, ScheduleContent source, bool invitations, bool responses)
    {
        if (!invitations && !responses)
            return target.Attendees;
        var list = invitations ? source.Attendees : target.Attendees;
        var answers = responses ? source.Attendees : target.Attendees;
        return
        [
            .. list.Select(attendee => attendee with
            {
                Response = answers.FirstOrDefault(other => other.Who.SameAs(attendee.Who))?.Response ?? attendee.Response,
            }),
        ];
    }

    private static bool SameInvitations(IReadOnlyList<Attendee> left, IReadOnlyList<Attendee> right) =>
        left.Count == right.Count && left.All(attendee => right.Any(attendee.SameInvitationAs));

    // Only people on both lists are compared: an added or removed attendee is a change of invitations, not of responses.
    private static bool SameResponses(IReadOnlyList<Attendee> left, IReadOnlyList<Attendee> right) =>
        left.All(attendee => right.FirstOrDefault(other => other.Who.SameAs(attendee.Who)) is not { } other
            || Answered(other.Response) == Answered(attendee.Response));

    // An attendee whom nobody asked yet reads as Unknown, an invited one as NotResponded (NoResponseReceived): neither is an answer.
    private static AttendeeResponse Answered(AttendeeResponse response) =>
        response == AttendeeResponse.NotResponded ? AttendeeResponse.Unknown : response;
}
