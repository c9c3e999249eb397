namespace CrmSync.Engine;

/// <summary>Named places around every I/O at which a test build can be made to die (invariant 13).</summary>
/// <remarks>
/// Armed by the environment: <c>CRMSYNC_CRASH_AT=name</c> or <c>name:3</c> for the third time it is reached; <c>CRMSYNC_CRASH_FILE=file</c> takes the same
/// from a file that may change while the process runs; <c>CRMSYNC_CRASH_LOG=file</c> appends each name that is reached. Only builds with CRASH_POINTS contain any of this; in a release build <see cref="Reach"/> is empty.
/// </remarks>
public static class CrashPoints
{
#if CRASH_POINTS
    private static readonly string? ArmedByFile = Environment.GetEnvironmentVariable("CRMSYNC_CRASH_FILE");
    private static readonly string? Log = Environment.GetEnvironmentVariable("CRMSYNC_CRASH_LOG");
    private static readonly Lock Gate = new();
    private static string? _armed;
    private static int _left;

    static CrashPoints() => Arm(Environment.GetEnvironmentVariable("CRMSYNC_CRASH_AT"));

    /// <summary>Set by in-process simulations instead of the environment: throws or returns.</summary>
    public static AsyncLocal<Action<string>?> Handler { get; } = new();
#endif

    /// <summary>The place called <paramref name="name"/> (room.step.before or .after).</summary>
    public static void Reach(string name)
    {
#if CRASH_POINTS
        Handler.Value?.Invoke(name);
        if (_armed is null && ArmedByFile is null && Log is null)
            return;
        lock (Gate)
        {
            if (Log is not null)
                File.AppendAllText(Log, name + "\n");
            if (ArmedByFile is not null && File.Exists(ArmedByFile) && File.ReadAllText(ArmedByFile) is var text && text != _armed)
                Arm(text);
            if (_armed?.Split(':')[0] == name && --_left == 0)
                System.Diagnostics.Process.GetCurrentProcess().Kill(); // as abrupt as kill -9: no finally, no flush
        }
#endif
    }

#if CRASH_POINTS
    private static void Arm(string? point)
    {
        _armed = point;
        _left = point?.Split(':') is [_, var count] ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) : 1;
    }
#endif
}
