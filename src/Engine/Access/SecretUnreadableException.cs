namespace CrmSync.Engine.Access;

/// <summary>A stored secret does not open: the key ring is not the one that sealed it. The message says what to do.</summary>
public sealed class SecretUnreadableException(string message, Exception inner) : Exception(message, inner);
