using CrmSync.Engine.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace CrmSync.AdminConsole.Parts;

/// <summary>Who sits at this circuit. Asked anew for each call: an account may have been disabled since the page was opened.</summary>
public sealed class ConsoleUser(AuthenticationStateProvider authentication)
{
    /// <summary>Network address of the browser, for the audit log.</summary>
    public string? Address { get; set; }

    public async Task<Caller> CallerAsync() => Caller.Of((await authentication.GetAuthenticationStateAsync()).User, Address);

    public async Task<Viewer> ViewerAsync() => (await CallerAsync()).ToViewer();
}
