using System.Globalization;
using System.Text;

namespace CrmSync.ExchangeSimulator.Mailboxes;

/// <summary>
/// What a SyncState says once it is decoded: everything up to <paramref name="Base"/> is known to the client; a page read newest first goes on
/// below <paramref name="Before"/> until the range up to <paramref name="Top"/> is done. Items made after <paramref name="CreateFloor"/> may not have
/// reached the client yet (they can move out of a range while it is being read), so they come as Create once more.
/// </summary>
public sealed record SyncPosition(string Scope, long Epoch, long Base, long Top, long Before, long CreateFloor)
{
    private const string Magic = "S1";

    public static SyncPosition Start(string scope, long epoch) => new(scope, epoch, 0, 0, 0, 0);

    public bool IsInRange => Top > Base;

    public string Encode()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Magic}|{Scope}|{Epoch}|{Base}|{Top}|{Before}|{CreateFloor}|");
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(text + Sum(text)));
    }

    /// <summary>Null for anything that this server did not make.</summary>
    public static SyncPosition? Decode(string state)
    {
        var bytes = new byte[state.Length];
        if (!Convert.TryFromBase64String(state, bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var at = text.LastIndexOf('|') + 1;
        var parts = text.Split('|');
        if (at == 0 || parts.Length != 8 || parts[0] != Magic || text[at..] != Sum(text[..at]))
            return null;
        var numbers = new long[5];
        for (var i = 0; i < 5; i++)
        {
            if (!long.TryParse(parts[i + 2], CultureInfo.InvariantCulture, out numbers[i]))
                return null;
        }

        return new(parts[1], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    private static string Sum(string text)
    {
        var sum = 17u;
        foreach (var c in text)
            sum = (sum * 31) + c;
        return sum.ToString("x8", CultureInfo.InvariantCulture);
    }
}
