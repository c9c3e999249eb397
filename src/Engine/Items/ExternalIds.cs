namespace CrmSync.Engine.Items;

/// <summary>Identity of an item in Exchange. Opaque, case-sensitive ASCII; changes when the item moves to another folder.</summary>
/// <remarks>Compared for equality only (ews/protocol.md section 3). Never parsed, ordered or folded.</remarks>
public readonly record struct ItemId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Identity of one version of an Exchange item (EWS ChangeKey, Graph etag). Opaque; equal means unchanged, unequal means look.</summary>
public readonly record struct ChangeKey(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Identity of a folder in Exchange. Opaque; survives a move of the folder.</summary>
public readonly record struct FolderId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Position in a folder's change feed (EWS SyncState, Graph delta link). Opaque; stored and handed back unchanged.</summary>
public readonly record struct Cursor(string Value)
{
    public override string ToString() => $"cursor of {Value.Length} characters";
}

/// <summary>What the copies of one meeting in all mailboxes share: the clean global object id, base64 as Exchange gives it.</summary>
/// <remarks>PidLidCleanGlobalObjectId, 0x23 of the property set Meeting; its date bytes are zero, so that all occurrences share it (ews/protocol.md section 6).</remarks>
public readonly record struct GlobalObjectId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Our mark on an item that we created in Exchange: which installation, which committed intent, which send of it.</summary>
/// <remarks>Invariant 6. Written as three fixed named properties in one constant property set.</remarks>
public readonly record struct Stamp(Guid InstallId, Guid IntentId, int Attempt);
