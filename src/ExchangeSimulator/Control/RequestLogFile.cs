using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrmSync.ExchangeSimulator.Control;

/// <summary>
/// One line of JSON for each request. Credentials never come here; in bodies the paths of push addresses, SyncStates, tokens and
/// file contents are masked. At 64 MB the file is put aside once and begun anew.
/// </summary>
public sealed partial class RequestLogFile(string path, bool withBodies) : IDisposable
{
    private const long MaxBytes = 64 * 1024 * 1024;
    private const int MaxBody = 64 * 1024;
    private readonly object _gate = new();
    private FileStream? _file;

    public void Add(LoggedRequest request, ReadOnlySpan<byte> body, ReadOnlySpan<byte> reply)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(withBodies ? (object)new { request, body = Masked(body), reply = Masked(reply) } : request, JsonSerializerOptions.Web);
        lock (_gate)
        {
            _file ??= Open(FileMode.Append);
            if (_file.Length + line.Length > MaxBytes)
            {
                _file.Dispose();
                File.Move(path, path + ".1", overwrite: true);
                _file = Open(FileMode.Create);
            }

            _file.Write(line);
            _file.WriteByte((byte)'\n');
            _file.Flush();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    /// <summary>A body as text, with what must not lie about replaced by its length.</summary>
    public static string Masked(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxBody)]);
        text = PushUrl().Replace(text, m => m.Groups[1].Value + (Uri.TryCreate(m.Groups[2].Value, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : "") + "/***");
        return Secret().Replace(text, m => string.Create(CultureInfo.InvariantCulture, $"{m.Groups[1].Value}***{m.Groups[2].Length}***"));
    }

    private FileStream Open(FileMode mode)
    {
        var stream = new FileStream(path, mode, FileAccess.Write, FileShare.Read);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return stream;
    }

    [GeneratedRegex("(<(?:\\w+:)?URL>)([^<]*)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PushUrl();

    [GeneratedRegex("(<(?:\\w+:)?(?:SyncState|CallerData|Password|Content|MimeContent|SerializedSecurityContext|PictureData)(?: [^>]*)?>)([^<]+)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}
