using CrmSync.ExchangeSimulator.Mailboxes;

namespace CrmSync.ExchangeSimulator.Calendars;

/// <summary>Says that an item is not stored itself but stands for one date of a series.</summary>
public sealed record Occurrence(StoredItem Master, DateOnly Date)
{
    public Series Series => Master.Series!;

    public DateTimeOffset OriginalStart => Series.StartOf(Date);

    public bool IsException => Series.Exceptions.ContainsKey(Date);

    /// <summary>
    /// The occurrence as an item. It is a view made on demand: saving it (<see cref="Organisation.Saved"/>) writes what differs back to the master,
    /// whose ChangeKey all of them share (protocol.md 3).
    /// </summary>
    public StoredItem Open()
    {
        var item = Plain();
        if (Series.Exceptions.TryGetValue(Date, out var exception))
            exception.ApplyTo(item);
        return item;
    }

    /// <summary>The occurrence as the series alone would have it.</summary>
    public StoredItem Plain()
    {
        var item = new StoredItem(Master.Kind, Master.Mailbox, OccurrenceIds.Make(Master.Id, Date))
        {
            Folder = Master.Folder,
            Created = Master.Created,
            Modified = Master.Modified,
            ModifiedBy = Master.ModifiedBy,
            Occurrence = this,
            Values = Master.Values.Share(),
            Extended = Master.Extended,
            Attachments = Master.Attachments,
        };
        item.Values.Set("Recurrence", null);
        item.Values.Set("Start", ExchangeTime.Format(Series.StartOf(Date)));
        item.Values.Set("End", ExchangeTime.Format(Series.EndOf(Date)));
        return item;
    }

    /// <summary>Writes the item's differences into the series.</summary>
    public void Commit(StoredItem item) => Master.Series = Series.With(Date, SeriesException.Between(Plain(), item));

    /// <summary>Opens the occurrence of a date, or says why there is none.</summary>
    public static StoredItem Of(StoredItem master, DateOnly date, ExchangeHabits habits)
    {
        var series = master.Series!;
        if (series.Deleted.Contains(date))
            throw new ExchangeError(habits.DeletedOccurrenceCode, "The occurrence was deleted from the recurrence.");
        return series.Lives(date) ? new Occurrence(master, date).Open() : throw ExchangeError.ItemNotFound();
    }

    /// <summary>Opens the occurrence of an index that counts from 1 and counts deleted ones too.</summary>
    public static StoredItem At(StoredItem master, int index, ExchangeHabits habits)
    {
        if (master.Series is not { } series)
            throw new ExchangeError("ErrorCalendarCannotUseIdForRecurringMasterId", "The id is not the id of a recurring master.");
        var date = series.Recurrence.At(index)
            ?? throw new ExchangeError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "The occurrence index is out of the recurrence range.");
        return Of(master, date, habits);
    }
}
