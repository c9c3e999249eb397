using System.Security.Claims;
using CrmSync.Engine.Store;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace CrmSync.Server.Security;

/// <summary>When a person last did something on this circuit. What the page refreshes by itself does not count.</summary>
public sealed class CircuitSession(TimeProvider time) : CircuitHandler
{
    private long _lastActive = time.GetTimestamp();

    public TimeSpan Idle => time.GetElapsedTime(Interlocked.Read(ref _lastActive));

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => context =>
    {
        Interlocked.Exchange(ref _lastActive, time.GetTimestamp());
        return next(context);
    };
}

/// <summary>An open page ends as its cookie would: account disabled, password or role changed, 30 minutes idle, 12 hours old (quality.md T9, T10).</summary>
public sealed class CircuitAuthentication(ILoggerFactory loggers, IAccessStore store, CircuitSession session, TimeProvider time)
    : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(20);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        var user = authenticationState.User;
        if (session.Idle > TimeSpan.FromMinutes(30) || ConsoleSignIn.IsTooOld(user.FindFirstValue(ConsoleSignIn.BeganClaim), time))
            return false;
        try
        {
            var account = await store.FindAccountAsync(user.Identity?.Name ?? "", cancellationToken);
            return account is { IsDisabled: false } && account.SecurityStamp == user.FindFirstValue("crmsync:stamp");
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The database is away for the moment: then nothing can be read or done here either. Asked again in 20 s.
            return true;
        }
    }
}
