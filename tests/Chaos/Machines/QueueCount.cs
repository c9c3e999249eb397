namespace CrmSync.Chaos.Machines;

/// <summary>How many messages passed through the queue: counted by triggers in the database itself, so that no kill of a server and no crash of the database loses one.</summary>
public static class QueueCount
{
    public const string Arrange =
        """
        CREATE SCHEMA rig;
        CREATE TABLE rig.passed (kind text, number bigint);
        CREATE FUNCTION rig.count_done() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO rig.passed SELECT 'done', count(*) FROM old_rows HAVING count(*) > 0; RETURN NULL; END $$;
        CREATE FUNCTION rig.count_coalesced() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO rig.passed SELECT 'coalesced', count(*) FROM new_rows JOIN old_rows USING ("Id") WHERE old_rows."Revision" <> new_rows."Revision" HAVING count(*) > 0; RETURN NULL; END $$;
        CREATE TRIGGER done AFTER DELETE ON "ExchangeSyncQueue" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rig.count_done();
        CREATE TRIGGER coalesced AFTER UPDATE ON "ExchangeSyncQueue" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rig.count_coalesced();
        """;

    public const string Read = "SELECT kind, sum(number)::bigint FROM rig.passed GROUP BY kind";
}
