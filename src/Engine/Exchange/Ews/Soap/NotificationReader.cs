namespace CrmSync.Engine.Exchange.Ews.Soap;

/// <summary>Reads one Notification element, of a push post or of a streaming answer.</summary>
internal static class NotificationReader
{
    public static async ValueTask<PushNotification> ReadAsync(SoapReader reader)
    {
        var subscription = "";
        string? previous = null;
        string? watermark = null;
        var hasChanges = false;
        var moreEvents = false;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            switch (reader.Name)
            {
                case "SubscriptionId":
                    subscription = await reader.TextAsync();
                    break;
                case "PreviousWatermark":
                    previous = await reader.TextAsync();
                    break;
                case "MoreEvents":
                    moreEvents = WireText.ReadBoolean(await reader.TextAsync());
                    break;
                default:
                    var isStatus = reader.Name == "StatusEvent";
                    var (concernsItem, mark) = await ReadEventAsync(reader);
                    hasChanges |= concernsItem && !isStatus;
                    watermark = mark ?? watermark;
                    break;
            }
        }
        return new(subscription, previous, watermark, hasChanges, moreEvents);
    }

    // An event with FolderId is about the folder itself, usually its counters: it comes with every item event and says nothing more
    // (ews/protocol.md section 9).
    private static async ValueTask<(bool ConcernsItem, string? Watermark)> ReadEventAsync(SoapReader reader)
    {
        var concernsItem = false;
        string? watermark = null;
        var depth = reader.Depth;
        while (await reader.NextChildAsync(depth))
        {
            if (reader.Name is "ItemId" or "OldItemId")
                concernsItem = true;
            else if (reader.Name == "Watermark")
                watermark = await reader.TextAsync();
        }
        return (concernsItem, watermark);
    }
}
