namespace CrmSync.Testing;

/// <summary>The PostgreSQL of the test command; without it the test is skipped, or fails where nothing may be skipped.</summary>
public static class Postgres
{
    public static string Required()
    {
        if (Environment.GetEnvironmentVariable("CRMSYNC_TEST_POSTGRES") is { Length: > 0 } connection)
            return connection;
        const string Reason = "CRMSYNC_TEST_POSTGRES is not set: no PostgreSQL to test with. eng/test.sh starts one.";
        if (Environment.GetEnvironmentVariable("CRMSYNC_REQUIRE_TRUTH") == "1")
            Assert.Fail(Reason);
        Assert.Skip(Reason);
        return "";
    }
}
