using System.Collections.Concurrent;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication.ExtendedProtection;
using Microsoft.AspNetCore.Connections.Features;

namespace CrmSync.ExchangeSimulator.Hosting;

/// <summary>NTLM and Negotiate handshakes, each bound to its connection (protocol.md 2). Needs the system's GSSAPI with gss-ntlmssp.</summary>
public sealed class NtlmConnections : IDisposable
{
    private readonly ConcurrentDictionary<string, NegotiateAuthentication> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _users = new(StringComparer.Ordinal);

    public readonly record struct Result(string? User, string? Challenge);

    /// <summary>Writes the account file that the system's NTLM reads its passwords from.</summary>
    public static void WriteAccounts(string path, IEnumerable<(string User, string Password)> accounts)
    {
        File.WriteAllLines(path, accounts.SelectMany(a => new[] { $"CONTOSO:{a.User}:{a.Password}", $":{a.User}:{a.Password}" }));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // The runtime keeps its own copy of the environment on Unix: native code sees only what is set natively.
        if (!OperatingSystem.IsWindows())
            _ = SetNative("NTLM_USER_FILE", path, 1);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetNative(string name, string value, int overwrite);

    public Result Check(HttpContext context, string header)
    {
        var connection = context.Connection.Id;
        var scheme = header.StartsWith("NTLM ", StringComparison.OrdinalIgnoreCase) ? "NTLM" : header.StartsWith("Negotiate ", StringComparison.OrdinalIgnoreCase) ? "Negotiate" : null;
        if (scheme == null)
            return header.Length == 0 && _users.TryGetValue(connection, out var known) ? new(known, null) : default;
        var token = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[(scheme.Length + 1)..].Trim(), token, out var length))
            return default;
        try
        {
            return Step(context, connection, scheme, token.AsSpan(0, length));
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or PlatformNotSupportedException or System.ComponentModel.Win32Exception or DllNotFoundException or EntryPointNotFoundException)
        {
            Forget(connection);
            return default;
        }
    }

    public void Dispose()
    {
        foreach (var id in _running.Keys)
            Forget(id);
    }

    private Result Step(HttpContext context, string connection, string scheme, ReadOnlySpan<byte> token)
    {
        var handshake = _running.GetOrAdd(connection, _ =>
        {
            context.Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.Register(() =>
            {
                Forget(connection);
                _users.TryRemove(connection, out var _);
            });
            return new NegotiateAuthentication(new NegotiateAuthenticationServerOptions { Package = scheme, Policy = new ExtendedProtectionPolicy(PolicyEnforcement.Never) });
        });
        var answer = handshake.GetOutgoingBlob(token, out var status);
        switch (status)
        {
            case NegotiateAuthenticationStatusCode.ContinueNeeded when answer != null:
                return new(null, $"{scheme} {Convert.ToBase64String(answer)}");
            case NegotiateAuthenticationStatusCode.Completed:
                var user = handshake.RemoteIdentity.Name!;
                _users[connection] = user;
                Forget(connection);
                return new(user, null);
            default:
                Forget(connection);
                return default;
        }
    }

    private void Forget(string connection)
    {
        if (_running.TryRemove(connection, out var handshake))
            handshake.Dispose();
    }
}
