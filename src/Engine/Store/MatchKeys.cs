using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CrmSync.Engine.Store;

/// <summary>What twins have in common: subject, start and end.</summary>
public sealed record MatchKey(string Subject, DateTime StartUtc, DateTime EndUtc)
{
    public long Hash => MatchKeys.HashOf(Subject, StartUtc, EndUtc);
}

/// <summary>Hashes by which rows are found. The full values are always compared afterwards.</summary>
public static class MatchKeys
{
    /// <summary>First 8 bytes of SHA-256 of an opaque id; the id itself is compared as well (invariant 8).</summary>
    public static long HashOf(string id) => First8(Encoding.UTF8.GetBytes(id));

    /// <summary>Subject without case and surrounding blanks, start and end to the second.</summary>
    public static long HashOf(string subject, DateTime startUtc, DateTime endUtc) =>
        First8(Encoding.UTF8.GetBytes($"{subject.Trim().ToUpperInvariant()}\n{startUtc.Ticks / TimeSpan.TicksPerSecond}\n{endUtc.Ticks / TimeSpan.TicksPerSecond}"));

    private static long First8(byte[] bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
