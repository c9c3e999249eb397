using System.Net;
using System.Net.Sockets;

namespace CrmSync.Engine.Exchange.Ews.Transport;

/// <summary>Connects to a name only at addresses that a target may have, deciding on the address that is really used (quality.md T4).</summary>
/// <remarks>Looked up and connected in one step, so that a name cannot point elsewhere between the check and the use.</remarks>
internal static class AddressGuard
{
    /// <summary>For SocketsHttpHandler.ConnectCallback.</summary>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, bool allowPrivate, CancellationToken cancellation)
    {
        var addresses = await ResolveAsync(endPoint.Host, allowPrivate, cancellation);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The addresses of a host; throws when none is allowed.</summary>
    public static async ValueTask<IPAddress[]> ResolveAsync(string host, bool allowPrivate, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        // Link-local is never a mail server; 169.254.169.254 hands out cloud credentials.
        var allowed = Array.FindAll(addresses, address => !IsLinkLocal(address) && (allowPrivate || IsPublic(address)));
        return allowed.Length > 0
            ? allowed
            : throw new AddressRefusedException($"{host} leads to {addresses[0]}, an internal address. Mark the target as on-premises if the "
                + "server is in your own network.");
    }

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || IsLinkLocal(address))
            return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6UniqueLocal && !address.IsIPv6SiteLocal && !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        var b = address.GetAddressBytes();
        return b[0] switch
        {
            0 or 10 or 127 or >= 224 => false,
            100 => b[1] is < 64 or > 127,
            172 => b[1] is < 16 or > 31,
            192 => b[1] != 168 && !(b[1] == 0 && b[2] == 0),
            198 => b[1] is not (18 or 19),
            _ => true,
        };
    }

    private static bool IsLinkLocal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? address.IsIPv6LinkLocal
            : address.GetAddressBytes() is [169, 254, _, _];
    }
}

/// <summary>A name led to an address that the target may not have; the message is for people.</summary>
internal sealed class AddressRefusedException(string message) : IOException(message);
