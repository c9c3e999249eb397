using CrmSync.Engine.Crm;
using Microsoft.EntityFrameworkCore;

namespace CrmSync.Engine.Store.Mapping;

/// <summary>The CRM's own items and people.</summary>
internal static class CrmMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<ScheduleItem>(item =>
        {
            item.ToTable("ScheduleItem").HasKey(row => row.Id);
            item.Property(row => row.Id).ValueGeneratedNever();
            item.Property(row => row.StartWall).HasMaxLength(19);
            item.Property(row => row.EndWall).HasMaxLength(19);
            item.Property(row => row.UpdatedBy).HasMaxLength(300);
            // Zones and the organizer's address (an X.500 name can be long) are as Exchange gave them: no bound of ours may refuse a page.
            item.HasIndex(row => new { row.OwnerId, row.StartUtc });
            item.HasIndex(row => new { row.StartUtc, row.Id });
        });
        model.Entity<Participation>(personal =>
        {
            personal.ToTable("Participation").HasKey(row => new { row.ItemId, row.UserId });
            personal.HasIndex(row => row.UserId);
        });
        model.Entity<Occurrence>(occurrence =>
        {
            occurrence.ToTable("Occurrence").HasKey(row => new { row.ItemId, row.OriginalStartWall });
            occurrence.Property(row => row.OriginalStartWall).HasMaxLength(19);
        });
        model.Entity<TaskItem>(task =>
        {
            task.ToTable("TaskItem").HasKey(row => row.Id);
            task.Property(row => row.Id).ValueGeneratedNever();
            task.Property(row => row.StartDate).HasMaxLength(10);
            task.Property(row => row.DueDate).HasMaxLength(10);
            task.Property(row => row.CompletedDate).HasMaxLength(10);
            task.Property(row => row.UpdatedBy).HasMaxLength(300);
            task.HasIndex(row => new { row.OwnerId, row.DueDate });
        });
        model.Entity<ContactItem>(contact =>
        {
            contact.ToTable("ContactItem").HasKey(row => row.Id);
            contact.Property(row => row.Id).ValueGeneratedNever();
            contact.Property(row => row.DisplayName).HasMaxLength(400);
            contact.Property(row => row.UpdatedBy).HasMaxLength(300);
            contact.HasIndex(row => row.OwnerId);
            contact.HasIndex(row => row.DisplayName);
        });
        model.Entity<ContactCoverage>(coverage =>
        {
            coverage.ToTable("ContactCoverage").HasKey(row => new { row.UserId, row.ContactId });
            coverage.HasIndex(row => row.ContactId);
        });
        model.Entity<CrmUser>(user =>
        {
            user.ToTable("CrmUser").HasKey(row => row.Id);
            user.Property(row => row.Id).ValueGeneratedNever();
            user.Property(row => row.Version).IsConcurrencyToken();
            user.Property(row => row.Name).HasMaxLength(100);
            user.Property(row => row.DisplayName).HasMaxLength(200);
            user.Property(row => row.Mail).HasMaxLength(320);
            user.Property(row => row.TimeZone).HasMaxLength(200);
            user.HasIndex(row => row.Name).IsUnique();
            user.HasIndex(row => row.Mail);
        });
        model.Entity<Team>(team =>
        {
            team.ToTable("Team").HasKey(row => row.Id);
            team.Property(row => row.Id).ValueGeneratedNever();
            team.Property(row => row.Name).HasMaxLength(200);
            team.HasIndex(row => row.Name).IsUnique();
        });
        model.Entity<Resource>(resource =>
        {
            resource.ToTable("Resource").HasKey(row => row.Id);
            resource.Property(row => row.Id).ValueGeneratedNever();
            resource.Property(row => row.Name).HasMaxLength(200);
            resource.HasIndex(row => row.UserId).IsUnique();
        });
        model.Entity<WorkingHours>(hours => hours.ToTable("WorkingHours").HasKey(row => new { row.UserId, row.DayOfWeek, row.StartMinute }));
    }
}
