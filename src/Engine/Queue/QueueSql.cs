using CrmSync.Engine.Store;

namespace CrmSync.Engine.Queue;

/// <summary>The queue's statements, in the words that the databases share. Locks: the LinkWork row first, then messages.</summary>
public static class QueueSql
{
    /// <summary>The lease check: must touch one row (invariant 5). It also locks the row, so nobody enqueues, claims or releases beside us.</summary>
    public const string HoldLease =
        """UPDATE "LinkWork" SET "Epoch" = "Epoch" WHERE "LinkId" = @link AND "Owner" = @owner AND "Epoch" = @epoch""";

    /// <summary>Locks a link's row without a lease; run sorted by link before anything else is written.</summary>
    public const string LockLink = """UPDATE "LinkWork" SET "Epoch" = "Epoch" WHERE "LinkId" = @link""";

    public const string Done = """DELETE FROM "ExchangeSyncQueue" WHERE "Id" = @id AND "Revision" = @revision""";

    /// <summary>The priority of what a person asked for (Inbound.InboundPriority.Person says the same; the queue knows no room above it).</summary>
    public const int PersonPriority = 1;

    /// <summary>When a wish wants to be looked at: a hint not before the gap after the last session.</summary>
    public static string Wish(StoreDialect dialect) =>
        $"(CASE WHEN @hint = 1 THEN {dialect.Greatest($"{dialect.NowMs} + @delay", "COALESCE(w.\"LastEndedAtMs\", 0) + @gap")} ELSE {dialect.NowMs} + @delay END)";

    /// <summary>The earlier of what was and what is wished, but not before the end of the rest that mailbox or target asked for.</summary>
    public static string ReadyAfterWish(StoreDialect dialect, string wish) =>
        dialect.Greatest(dialect.Least($"COALESCE(w.\"ReadyAtMs\", {wish})", wish), "COALESCE(w.\"DeferredUntilMs\", 0)");

    public const string PriorityAfterWish = """CASE WHEN w."ReadyAtMs" IS NULL OR @priority < w."Priority" THEN @priority ELSE w."Priority" END""";

    /// <summary>
    /// A further wish: the revision rises, a dead letter lives again. A look at a folder that failed keeps its back-off, unless a person asks; a new
    /// edit of an item is tried at once, since it may be the cure.
    /// </summary>
    public static string NotBeforeAfterWish(StoreDialect dialect) =>
        $"""CASE WHEN q."State" = 1 THEN {dialect.NowMs} + @delay WHEN @kind IN (0, 3) AND q."Error" IS NOT NULL AND @priority <> {PersonPriority} THEN q."NotBeforeMs" ELSE {dialect.Least("q.\"NotBeforeMs\"", $"{dialect.NowMs} + @delay")} END""";

    /// <summary>When a freed link is ready again: its earliest waiting message, a hint not before the gap has passed.</summary>
    public static string Waiting(StoreDialect dialect) =>
        $"""
        SELECT MIN(CASE WHEN q."Kind" = 0 THEN {dialect.Greatest("q.\"NotBeforeMs\"", $"{dialect.NowMs} + @gap")} ELSE q."NotBeforeMs" END) AS "Ready", MIN(q."Priority") AS "Priority"
        FROM "ExchangeSyncQueue" q WHERE q."LinkId" = @link AND q."State" = 0
        """;

    public static string FreeAssignments(StoreDialect dialect) =>
        $"""
        "Owner" = NULL, "LeaseUntilMs" = NULL, "LastEndedAtMs" = {dialect.NowMs}, "Priority" = COALESCE(m."Priority", 0),
        "ReadyAtMs" = CASE WHEN m."Ready" IS NULL THEN NULL ELSE {dialect.Greatest(dialect.Greatest("m.\"Ready\"", $"{dialect.NowMs} + @notBefore"), "COALESCE(w.\"DeferredUntilMs\", 0)")} END
        """;

    public static string Renew(StoreDialect dialect) =>
        $"""UPDATE "LinkWork" SET "LeaseUntilMs" = {dialect.NowMs} + @lease WHERE "LinkId" = @link AND "Owner" = @owner AND "Epoch" = @epoch""";

    public static string Defer(StoreDialect dialect, bool oneMailbox) =>
        $"""
        UPDATE "LinkWork" SET "DeferredUntilMs" = {dialect.Greatest("COALESCE(\"DeferredUntilMs\", 0)", $"{dialect.NowMs} + @delay")},
        "ReadyAtMs" = CASE WHEN "ReadyAtMs" IS NULL THEN NULL ELSE {dialect.Greatest("\"ReadyAtMs\"", $"{dialect.NowMs} + @delay")} END
        WHERE "TargetId" = @target{(oneMailbox ? " AND \"Mailbox\" = @mailbox" : "")}
        """;

    /// <summary>Milliseconds until a link can be claimed; a leased one counts at its lease's end, so that a dead worker's link is taken over.</summary>
    public static string NextReadyIn(StoreDialect dialect) =>
        $"""
        SELECT MIN(CASE WHEN "Owner" IS NULL THEN "ReadyAtMs" ELSE {dialect.Greatest("\"ReadyAtMs\"", "COALESCE(\"LeaseUntilMs\", 0) + 1")} END) - {dialect.NowMs}
        FROM "LinkWork" WHERE "IsPaused" = {dialect.False} AND "ReadyAtMs" IS NOT NULL
        """;

    /// <summary>What of a link is due, for EF's raw queries: {0} is the link, {1} <see cref="StoreDialect.NowValue"/>.</summary>
    public static string Due(StoreDialect dialect) =>
        $"SELECT * FROM \"ExchangeSyncQueue\" WHERE \"LinkId\" = {{0}} AND \"State\" = 0 AND \"NotBeforeMs\" <= {(dialect.NowValue is null ? dialect.NowMs : "{1}")}";

    /// <summary>A failed message: parked only if nothing newer was wished since it was read.</summary>
    public static string Retry(StoreDialect dialect) =>
        $"""
        UPDATE "ExchangeSyncQueue" SET "Attempts" = "Attempts" + @counts,
        "NotBeforeMs" = CASE WHEN @revision = 0 OR "Revision" = @revision THEN {dialect.NowMs} + @delay ELSE "NotBeforeMs" END,
        "State" = CASE WHEN @dead = 1 AND (@revision = 0 OR "Revision" = @revision) THEN 1 ELSE 0 END, "Error" = @error, "ErrorCode" = @code
        WHERE "Id" = @id AND "LinkId" = @link
        """;

    /// <summary>Upserts for the two databases that know ON CONFLICT.</summary>
    public static string WakeLinkOnConflict(StoreDialect dialect) =>
        $"""
        INSERT INTO "LinkWork" AS w ("LinkId", "TargetId", "Mailbox", "ReadyAtMs", "Priority", "IsPaused", "Epoch")
        SELECT l."Id", l."TargetId", l."Mailbox", {dialect.NowMs} + @delay, @priority, {dialect.False}, 0 FROM "SyncLink" l WHERE l."Id" = @link
        ON CONFLICT ("LinkId") DO UPDATE SET "ReadyAtMs" = {ReadyAfterWish(dialect, Wish(dialect))}, "Priority" = {PriorityAfterWish}
        """;

    public static string PutMessageOnConflict(StoreDialect dialect) =>
        $"""
        INSERT INTO "ExchangeSyncQueue" AS q ("Id", "Kind", "LinkId", "ItemId", "Revision", "Priority", "State", "Attempts", "NotBeforeMs", "EnqueuedAtMs", "TraceId")
        SELECT @id, @kind, @link, @item, 1, @priority, 0, 0, {dialect.NowMs} + @delay, {dialect.NowMs}, @trace FROM "SyncLink" l WHERE l."Id" = @link
        ON CONFLICT ("LinkId", "Kind", "ItemId") DO UPDATE SET
        "Revision" = q."Revision" + 1, "Priority" = {dialect.Least("q.\"Priority\"", "@priority")}, "NotBeforeMs" = {NotBeforeAfterWish(dialect)},
        "Attempts" = CASE WHEN q."State" = 1 THEN 0 ELSE q."Attempts" END, "State" = 0, "TraceId" = COALESCE(excluded."TraceId", q."TraceId")
        """;
}
