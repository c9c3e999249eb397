using System.Globalization;

namespace CrmSync.Bench.Figures;

/// <summary>Median and extent of repeated measurements.</summary>
public sealed record Summary(double Median, double Min, double Max)
{
    /// <summary>Beyond this the figure is not to be quoted.</summary>
    public const double LargestSpread = 0.25;

    /// <summary>(max - min) / median.</summary>
    public double Spread => Median == 0 ? 0 : (Max - Min) / Median;

    public bool IsSteady => Spread <= LargestSpread;

    public static Summary Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new(Percentile(sorted, 0.5), sorted[0], sorted[^1]);
    }

    /// <summary>The value below which that share of the sorted values lies.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share)
    {
        var place = share * (sorted.Count - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    public string ToText(string format) => string.Create(
        CultureInfo.InvariantCulture, $"{Median.ToString(format, CultureInfo.InvariantCulture)} ({Min.ToString(format, CultureInfo.InvariantCulture)} - {Max.ToString(format, CultureInfo.InvariantCulture)}, spread {100 * Spread:F0} %)");
}
