using CrmSync.Engine.Access;

namespace CrmSync.Engine.Store;

/// <summary>Accounts, tokens and setup links: what sign-in remembers.</summary>
public interface IAccessStore
{
    Task<ConsoleAccount?> FindAccountAsync(string userName, CancellationToken cancellation);

    Task AddAccountAsync(ConsoleAccount account, CancellationToken cancellation);

    Task SaveAccountAsync(ConsoleAccount account, CancellationToken cancellation);

    Task<bool> HasAdministratorAsync(CancellationToken cancellation);

    Task ReplaceSetupLinkAsync(SetupLink link, CancellationToken cancellation);

    Task<bool> IsSetupLinkValidAsync(string tokenHash, DateTime now, CancellationToken cancellation);

    Task<bool> UseSetupLinkAsync(string tokenHash, DateTime now, CancellationToken cancellation);

    Task AddTokenAsync(ApiToken token, CancellationToken cancellation);

    Task<ApiToken?> FindTokenAsync(string tokenHash, CancellationToken cancellation);

    Task TokenUsedAsync(Guid id, DateTime now, CancellationToken cancellation);

    Task<IReadOnlyList<ApiToken>> ListTokensAsync(CancellationToken cancellation);

    Task<bool> RevokeTokenAsync(Guid id, DateTime now, CancellationToken cancellation);
}
