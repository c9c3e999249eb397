namespace CrmSync.Engine.Items;

/// <summary>A person by mail address. Addresses are compared without regard to case.</summary>
public sealed record MailAddress(string Address, string? Name = null)
{
    public bool SameAs(MailAddress? other) => other is not null && string.Equals(Address, other.Address, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One invited person or resource. The response is filled on the organizer's copy only (ews/protocol.md section 6).</summary>
public sealed record Attendee(MailAddress Who, AttendeeRole Role, AttendeeResponse Response = AttendeeResponse.Unknown)
{
    public bool SameInvitationAs(Attendee other) => Who.SameAs(other.Who) && Role == other.Role;
}

/// <summary>Text of an item. HTML is rewritten by Exchange on save, so two bodies are compared by <see cref="BodyText.SameTextAs"/>.</summary>
public sealed record ItemBody(BodyFormat Format, string Value)
{
    public static readonly ItemBody Empty = new(BodyFormat.Text, "");
}
