namespace CrmSync.Engine.Access;

/// <summary>Who asks, as services need to know it to decide what may be seen and done (design.md section 7).</summary>
/// <param name="Actor">Written into rows and the audit log: <c>user:NAME</c>, <c>token:PREFIX</c>.</param>
/// <param name="UserId">The CRM person that asks or is acted for; null for a service.</param>
/// <param name="Role">What may be configured and repaired. A token's scopes are turned into this before a service is called.</param>
/// <param name="ActsForEveryone">May see and write the items of all people; private items are another person's still.</param>
/// <param name="Address">Network address, for the audit log.</param>
public sealed record Viewer(string Actor, Guid? UserId, ConsoleRole Role = ConsoleRole.User, bool ActsForEveryone = false, string? Address = null)
{
    /// <summary>A service that was given the right by name to see other people's private items (scope items.private).</summary>
    public bool SeesPrivate { get; init; }

    /// <summary>The program itself: setup, demo, jobs.</summary>
    public static Viewer System { get; } = new("system", null, ConsoleRole.Administrator, ActsForEveryone: true);
}
