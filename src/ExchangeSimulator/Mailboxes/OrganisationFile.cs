namespace CrmSync.ExchangeSimulator.Mailboxes;

public static class OrganisationFile
{
    public static void Load(Organisation organisation, string path)
    {
    }

    public static void KeepSaved(Organisation organisation, string path, CancellationToken stopping)
    {
    }
}
