namespace CrmSync.Bench.InitialSync;

/// <summary>What the floor program keeps of one appointment: what the engine's rows hold, as flat fields.</summary>
public sealed class FloorItem
{
    public string Id = "";
    public string Key = "";
    public string Subject = "";
    public string Body = "";
    public bool IsHtml;
    public string Location = "";
    public string Importance = "Normal";
    public string Sensitivity = "Normal";
    public string ShowAs = "Busy";
    public string OrganizerName = "";
    public string OrganizerAddress = "";
    public string? GlobalObjectId;
    public string Zone = "UTC";
    public DateTime Start;
    public DateTime End;
    public bool IsAllDay;
    public bool ReminderIsSet;
    public int ReminderMinutes;
    public Guid ItemId;
    public Guid PairId;
}

/// <summary>One page of changes, read.</summary>
public sealed record FloorPage(IReadOnlyList<FloorItem> Items, string SyncState, bool IsLast, long Bytes, int Requests);
