using CrmSync.Engine.Targets;

namespace CrmSync.Engine.Exchange;

/// <summary>A target's settings with its secret opened: what a connector is made from. Never stored, never logged.</summary>
public sealed class TargetConnection(SyncTarget target, string secret)
{
    public SyncTarget Target { get; } = target;

    /// <summary>Password or client secret in the clear.</summary>
    public string Secret { get; } = secret;

    public override string ToString() => $"connection to {Target.Name}";
}
