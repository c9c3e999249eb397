namespace CrmSync.Engine.Items;

/// <summary>What kind of item a link synchronizes.</summary>
public enum ItemKind
{
    Schedule = 0,
    Task = 1,
    Contact = 2,
}

/// <summary>How the time of a schedule item shows to others (EWS LegacyFreeBusyStatus).</summary>
public enum ShowAs
{
    Free = 0,
    Tentative = 1,
    Busy = 2,
    OutOfOffice = 3,
    WorkingElsewhere = 4,
}

public enum Sensitivity
{
    Normal = 0,
    Personal = 1,
    Private = 2,
    Confidential = 3,
}

public enum Importance
{
    Low = 0,
    Normal = 1,
    High = 2,
}

public enum BodyFormat
{
    Text = 0,
    Html = 1,
}

public enum AttendeeRole
{
    Required = 0,
    Optional = 1,
    Resource = 2,
}

/// <summary>An answer to an invitation (EWS ResponseType). Organizer is the answer of the one who invited.</summary>
public enum AttendeeResponse
{
    Unknown = 0,
    Organizer = 1,
    Tentative = 2,
    Accepted = 3,
    Declined = 4,
    NotResponded = 5,
}
