using System.Text.Json;
using CrmSync.Engine.Access;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Crm;

/// <summary>What can be set about a person.</summary>
public sealed record PersonSettings(string Name, string DisplayName, string Mail, string TimeZone = "UTC", Guid? TeamId = null, bool IsResource = false, bool IsActive = true);

/// <summary>The people (and resources) of the CRM.</summary>
public sealed class PeopleService(CrmSyncStore store)
{
    /// <summary>By name.</summary>
    /// <param name="text">Part of name, display name or mail; null: all.</param>
    /// <param name="after">Name of the last one of the page before.</param>
    public async Task<Page<CrmUser>> ListAsync(string? text, string? after, int max, CancellationToken cancellation)
    {
        max = PageKey.Bounded(max);
        await using var database = await store.ReadAsync(cancellation);
        var users = database.Users.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(text))
        {
            var part = text.Trim().ToLowerInvariant();
            users = users.Where(user => user.Name.Contains(part) || user.Mail.Contains(part) || user.DisplayName.ToLower().Contains(part));
        }
        if (!string.IsNullOrEmpty(after))
            users = users.Where(user => user.Name.CompareTo(after) > 0);
        return PageKey.Cut(await users.OrderBy(user => user.Name).Take(max + 1).ToListAsync(cancellation), max, user => user.Name);
    }

    public async Task<CrmUser?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var database = await store.ReadAsync(cancellation);
        return await database.Users.AsNoTracking().FirstOrDefaultAsync(user => user.Id == id, cancellation);
    }

    /// <summary>By short name or mail address.</summary>
    public async Task<CrmUser?> FindAsync(string nameOrMail, CancellationToken cancellation)
    {
        var wanted = nameOrMail.Trim().ToLowerInvariant();
        await using var database = await store.ReadAsync(cancellation);
        return await database.Users.AsNoTracking().FirstOrDefaultAsync(user => user.Name == wanted || user.Mail == wanted, cancellation);
    }

    public Task<Outcome<CrmUser>> CreateAsync(Viewer viewer, PersonSettings settings, CancellationToken cancellation) =>
        SaveAsync(viewer, null, null, settings, cancellation);

    public Task<Outcome<CrmUser>> UpdateAsync(Viewer viewer, Guid id, long? expectedVersion, PersonSettings settings, CancellationToken cancellation) =>
        SaveAsync(viewer, id, expectedVersion, settings, cancellation);

    /// <summary>Removes a person without links and items; others are made inactive instead.</summary>
    public async Task<Outcome<CrmUser>> DeleteAsync(Viewer viewer, Guid id, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        return await store.WriteAsync<Outcome<CrmUser>>(
            async transaction =>
            {
                var database = transaction.Database;
                if (await database.Users.FirstOrDefaultAsync(user => user.Id == id, cancellation) is not { } user)
                    return (false, new Problem(ProblemKind.NotFound, $"There is no person {id}."));
                if (await database.Links.AnyAsync(link => link.UserId == id, cancellation) || await database.Participations.AnyAsync(part => part.UserId == id, cancellation))
                    return (false, new Problem(ProblemKind.Conflict, $"{user.DisplayName} has links or items. Remove the links first, or make the person inactive."));
                database.Users.Remove(user);
                await database.SaveChangesAsync(cancellation);
                await AuditLogWriter.AppendAsync(transaction, viewer, "person.delete", user.Name, JsonOf(user), null, cancellation);
                return (true, user);
            },
            cancellation);
    }

    private async Task<Outcome<CrmUser>> SaveAsync(Viewer viewer, Guid? id, long? expectedVersion, PersonSettings settings, CancellationToken cancellation)
    {
        if (ConfigurationAccess.RefuseChange(viewer) is { } refusal)
            return refusal;
        var (name, mail) = ((settings.Name ?? "").Trim().ToLowerInvariant(), (settings.Mail ?? "").Trim().ToLowerInvariant());
        var problems = new List<FieldProblem>();
        if (name.Length is 0 or > 100 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            problems.Add(new FieldProblem("name", "A short name without blanks is needed, at most 100 characters.", "Give a name such as anna."));
        if (string.IsNullOrWhiteSpace(settings.DisplayName) || settings.DisplayName.Length > 200)
            problems.Add(new FieldProblem("displayName", "It is needed, at most 200 characters.", "Give the name that people read."));
        if (!ScheduleValidation.IsAddress(mail))
            problems.Add(new FieldProblem("mail", $"'{mail}' is no mail address.", "Give an address such as anna@contoso.test."));
        if (TimeZones.Find(settings.TimeZone) is null)
            problems.Add(new FieldProblem("timeZone", $"'{settings.TimeZone}' is no known time zone.", "Use an IANA id such as Europe/Berlin or a Windows id."));
        if (Problem.Of(problems) is { } invalid)
            return invalid;
        return await store.WriteAsync<Outcome<CrmUser>>(
            async transaction =>
            {
                var database = transaction.Database;
                if (await database.Users.AnyAsync(user => user.Id != id && (user.Name == name || user.Mail == mail), cancellation))
                    return (false, Problem.Of([new FieldProblem("name", $"Another person has the name {name} or the address {mail}.", "Choose another.")])!);
                var user = id is null ? null : await database.Users.FirstOrDefaultAsync(row => row.Id == id, cancellation);
                if (id is not null && user is null)
                    return (false, new Problem(ProblemKind.NotFound, $"There is no person {id}."));
                if (user is not null && expectedVersion is { } expected && expected != user.Version)
                    return (false, ConfigurationAccess.Stale("Person", user.Name, expected, user.Version));
                var before = user is null ? null : JsonOf(user);
                if (user is null)
                    database.Add(user = new CrmUser { Id = store.Ids.NewId(), Name = name, DisplayName = "", Mail = mail, CreatedAt = store.UtcNow });
                (user.Name, user.Mail, user.DisplayName, user.TimeZone) = (name, mail, settings.DisplayName.Trim(), settings.TimeZone);
                (user.TeamId, user.IsResource, user.IsActive) = (settings.TeamId, settings.IsResource, settings.IsActive);
                user.Version++;
                user.UpdatedAt = store.UtcNow;
                await database.SaveChangesAsync(cancellation);
                await AuditLogWriter.AppendAsync(
                    transaction, viewer, before is null ? "person.create" : "person.update", user.Name, before, JsonOf(user), cancellation);
                return (true, user);
            },
            cancellation);
    }

    private static string JsonOf(CrmUser user) => JsonSerializer.Serialize(user, CrmJson.Stored.CrmUser);
}

/// <summary>Who may configure and who may operate (design.md section 7).</summary>
internal static class ConfigurationAccess
{
    public static Problem? RefuseChange(Viewer viewer) => viewer.Role == ConsoleRole.Administrator
        ? null
        : new Problem(ProblemKind.Forbidden, "Only an administrator may change the configuration.");

    public static Problem? RefuseOperation(Viewer viewer) => viewer.Role is ConsoleRole.Administrator or ConsoleRole.Operator
        ? null
        : new Problem(ProblemKind.Forbidden, "Only an operator or an administrator may do this.");

    public static Problem Stale(string what, string name, long expected, long actual) =>
        new(ProblemKind.Stale, $"{what} {name} is at version {actual}, not {expected}: somebody changed it. Read it again, then repeat the change.");
}
