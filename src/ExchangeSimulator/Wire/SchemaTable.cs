using System.Globalization;
using System.Text.RegularExpressions;

namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>How often and in which way something may stand inside an element.</summary>
public abstract record Particle(int Min, int Max);

/// <summary>One element with its type.</summary>
public sealed record ElementParticle(string Name, string Type, int Min, int Max) : Particle(Min, Max);

/// <summary>A sequence or a choice.</summary>
public sealed record GroupParticle(bool IsChoice, Particle[] Parts, int Min, int Max) : Particle(Min, Max)
{
    /// <summary>Names that may open this group; null stands for any element.</summary>
    public HashSet<string>? First { get; init; }
    public bool CanBeEmpty { get; init; }
}

/// <summary>Any element of any namespace.</summary>
public sealed record AnyParticle(int Min, int Max) : Particle(Min, Max);

public sealed record AttributeRule(string Name, string Type, bool Required);

public sealed record ComplexRule(string Name, AttributeRule[] Attributes, Particle? Content, string? TextType);

/// <summary>What a simple value must look like.</summary>
public sealed record SimpleRule(string Name)
{
    public string Base { get; init; } = "xs:string";
    public string? ListItem { get; init; }
    public string[]? Union { get; init; }
    public HashSet<string> Enumeration { get; } = new(StringComparer.Ordinal);
    public List<Regex> Patterns { get; } = [];
    public decimal? Min { get; set; }
    public decimal? Max { get; set; }
    public int? MinLength { get; set; }
    public int? MaxLength { get; set; }
}

/// <summary>The committed facts of the published schema for the requests served here: element order, types, enumerations, attributes.</summary>
public sealed class SchemaTable
{
    private readonly Dictionary<string, string> _elements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComplexRule> _complex = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimpleRule> _simple = new(StringComparer.Ordinal);

    private SchemaTable()
    {
    }

    public static SchemaTable Shared { get; } = Load();

    public string? TypeOf(string element) => _elements.GetValueOrDefault(element);

    public ComplexRule? Complex(string type) => _complex.GetValueOrDefault(type);

    public SimpleRule? Simple(string type) => _simple.GetValueOrDefault(type);

    /// <summary>Names of the direct child elements of a type, in schema order, without prefix.</summary>
    public IReadOnlyList<string> ChildOrder(string type)
    {
        var names = new List<string>();
        Collect(_complex[type].Content, names);
        return names;
    }

    private static void Collect(Particle? particle, List<string> names)
    {
        if (particle is ElementParticle element)
            names.Add(element.Name[2..]);
        else if (particle is GroupParticle group)
            Array.ForEach(group.Parts, p => Collect(p, names));
    }

    private static SchemaTable Load()
    {
        using var stream = typeof(SchemaTable).Assembly.GetManifestResourceStream("schema-facts.txt")!;
        return Parse(new StreamReader(stream).ReadToEnd());
    }

    public static SchemaTable Parse(string text)
    {
        var table = new SchemaTable();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2)
                continue;
            switch (words[0])
            {
                case "E":
                    table._elements[words[1]] = words[2];
                    break;
                case "C":
                    table._complex[words[1]] = ReadComplex(words);
                    break;
                case "S":
                    table._simple[words[1]] = ReadSimple(words);
                    break;
            }
        }

        return table;
    }

    private static ComplexRule ReadComplex(string[] words)
    {
        var attributes = new List<AttributeRule>();
        Particle? content = null;
        string? text = null;
        for (var i = 2; i < words.Length;)
        {
            if (words[i][0] == '@')
            {
                var (name, type) = Split(words[i++][1..]);
                attributes.Add(new(name.TrimEnd('?'), type, !name.EndsWith('?')));
            }
            else if (words[i].StartsWith("text=", StringComparison.Ordinal))
            {
                text = words[i++][5..];
            }
            else
            {
                content = ReadParticle(words, ref i);
            }
        }

        return new(words[1], [.. attributes], content, text);
    }

    private static (string Name, string Type) Split(string word)
    {
        var at = word.IndexOf('=', StringComparison.Ordinal);
        return (word[..at], word[(at + 1)..]);
    }

    private static Particle ReadParticle(string[] words, ref int i)
    {
        var word = words[i++];
        if (word[0] is ',' or '|')
        {
            var (min, max, _) = Occurs(word[1..^1]);
            var parts = new List<Particle>();
            while (words[i] != ")")
                parts.Add(ReadParticle(words, ref i));
            i++;
            return Group(word[0] == '|', [.. parts], min, max);
        }

        if (word.StartsWith("any", StringComparison.Ordinal) && !word.Contains('=', StringComparison.Ordinal))
        {
            var (min, max, _) = Occurs(word[3..]);
            return new AnyParticle(min, max);
        }

        var (name, type) = Split(word);
        var (from, to, rest) = Occurs(name);
        return new ElementParticle(rest, type, from, to);
    }

    private static GroupParticle Group(bool choice, Particle[] parts, int min, int max)
    {
        HashSet<string>? first = new(StringComparer.Ordinal);
        var empty = !choice;
        foreach (var part in parts)
        {
            if (part is AnyParticle || part is GroupParticle { First: null })
                first = null;
            else if (choice || empty)
                first?.UnionWith(part is ElementParticle e ? [e.Name] : ((GroupParticle)part).First!);
            var skippable = part.Min == 0 || part is GroupParticle { CanBeEmpty: true };
            empty = choice ? empty || skippable : empty && skippable;
        }

        return new(choice, parts, min, max) { First = first, CanBeEmpty = empty || parts.Length == 0 };
    }

    private static (int Min, int Max, string Name) Occurs(string word)
    {
        if (word.EndsWith('?'))
            return (0, 1, word[..^1]);
        if (word.EndsWith('*'))
            return (0, int.MaxValue, word[..^1]);
        if (word.EndsWith('+'))
            return (1, int.MaxValue, word[..^1]);
        if (!word.EndsWith('}'))
            return (1, 1, word);
        var at = word.IndexOf('{', StringComparison.Ordinal);
        var bounds = word[(at + 1)..^1].Split(',');
        var max = bounds[1] == "n" ? int.MaxValue : int.Parse(bounds[1], CultureInfo.InvariantCulture);
        return (int.Parse(bounds[0], CultureInfo.InvariantCulture), max, word[..at]);
    }

    private static SimpleRule ReadSimple(string[] words)
    {
        if (words[2].StartsWith("list=", StringComparison.Ordinal))
            return new(words[1]) { ListItem = words[2][5..] };
        if (words[2].StartsWith("union=", StringComparison.Ordinal))
            return new(words[1]) { Union = words[2][6..].Split('|') };
        var rule = new SimpleRule(words[1]) { Base = words[2] };
        foreach (var word in words.Skip(3))
        {
            var (facet, value) = Split(word);
            value = value.Replace("\\x20", " ", StringComparison.Ordinal);
            switch (facet)
            {
                case "enum":
                    rule.Enumeration.Add(value);
                    break;
                case "pattern":
                    rule.Patterns.Add(new Regex($"^(?:{value})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
                    break;
                case "min":
                    rule.Min = decimal.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "max":
                    rule.Max = decimal.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "minLength":
                    rule.MinLength = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "maxLength":
                    rule.MaxLength = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "length":
                    rule.MinLength = rule.MaxLength = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
            }
        }

        return rule;
    }
}
