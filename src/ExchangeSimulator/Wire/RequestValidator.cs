namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>A request that breaks the schema: where, and how.</summary>
public sealed class SchemaViolation(Node at, string violation) : Exception(violation)
{
    public int Line { get; } = at.Line;
    public int Position { get; } = at.Position;
}

/// <summary>Checks a request element against the table of schema facts, as Exchange does before it looks at anything else (protocol.md 1).</summary>
public sealed class RequestValidator(SchemaTable table)
{
    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";

    /// <summary>Takes a SOAP envelope apart: its header, if any, and the one request in its body.</summary>
    /// <exception cref="SchemaViolation">It is no envelope, or holds what does not belong there.</exception>
    public static (Node? Header, Node Request) Open(Node envelope)
    {
        if (envelope.Qualified != "s:Envelope")
            throw new SchemaViolation(envelope, $"The '{Names.Lengthen(envelope.Ns)}:{envelope.Name}' element is not declared.");
        var body = envelope.Children.Find(c => c.Qualified == "s:Body");
        foreach (var node in new[] { envelope, body })
        {
            if (node != null && !string.IsNullOrWhiteSpace(node.Text))
                throw new SchemaViolation(node, $"The {Described(node)} cannot contain text.");
        }

        if (body is not { Children.Count: 1 })
            throw new SchemaViolation(body ?? envelope, "The SOAP body must hold exactly one request.");
        return (envelope.Children.Find(c => c.Qualified == "s:Header"), body.Children[0]);
    }

    /// <exception cref="SchemaViolation">The first violation found.</exception>
    public void Check(Node root)
    {
        var type = table.TypeOf(root.Qualified)
            ?? throw new SchemaViolation(root, $"The '{Names.Lengthen(root.Ns)}:{root.Name}' element is not declared.");
        CheckElement(root, type);
    }

    private void CheckElement(Node node, string type)
    {
        if (table.Complex(type) is not { } rule)
        {
            if (type == "xs:anyType")
                return;
            foreach (var attribute in node.Attributes.Where(a => !a.Key.StartsWith(Xsi, StringComparison.Ordinal)))
                throw new SchemaViolation(node, $"The '{attribute.Key}' attribute is not declared.");
            if (node.Children.Count > 0)
                throw InvalidChild(node, node.Children[0], []);
            CheckValue(node, node.Text, type, $"The {Described(node)} is invalid");
            return;
        }

        CheckAttributes(node, rule);
        if (rule.TextType != null)
        {
            if (node.Children.Count > 0)
                throw InvalidChild(node, node.Children[0], []);
            CheckValue(node, node.Text, rule.TextType, $"The {Described(node)} is invalid");
            return;
        }

        if (!string.IsNullOrWhiteSpace(node.Text))
            throw new SchemaViolation(node, $"The {Described(node)} cannot contain text.{Expected(rule.Content is null ? [] : Openers(rule.Content))}");
        CheckChildren(node, rule);
    }

    private void CheckAttributes(Node node, ComplexRule rule)
    {
        foreach (var (name, value) in node.Attributes)
        {
            if (name.StartsWith(Xsi, StringComparison.Ordinal))
                continue;
            var declared = Array.Find(rule.Attributes, a => a.Name == name)
                ?? throw new SchemaViolation(node, $"The '{name}' attribute is not declared.");
            CheckValue(node, value, declared.Type, $"The '{name}' attribute is invalid");
        }

        foreach (var attribute in rule.Attributes)
        {
            if (attribute.Required && node[attribute.Name] == null)
                throw new SchemaViolation(node, $"The required attribute '{attribute.Name}' is missing.");
        }
    }

    private void CheckChildren(Node node, ComplexRule rule)
    {
        // evolution-ews 3.46 asks for no attachments at all, against the schema, and lives on an answer (clients.md 4).
        if (node is { Qualified: "m:AttachmentIds", Children.Count: 0 })
            return;
        var at = 0;
        var expected = new List<Particle>();
        if (rule.Content != null && !Match(node, rule.Content, ref at, expected))
            throw Failed(node, at, expected);
        if (at < node.Children.Count)
            throw Failed(node, at, expected);
    }

    private static SchemaViolation Failed(Node node, int at, List<Particle> expected) => at < node.Children.Count
        ? InvalidChild(node, node.Children[at], [.. expected.SelectMany(Openers).Distinct()])
        : new SchemaViolation(node, $"The {Described(node)} has incomplete content.{Expected(expected.SelectMany(Openers).Distinct())}");

    /// <summary>Takes as many children as the particle allows. The schema is deterministic, so taking greedily is exact.</summary>
    private bool Match(Node node, Particle particle, ref int at, List<Particle> expected)
    {
        var count = 0;
        while (count < particle.Max)
        {
            var before = at;
            if (at >= node.Children.Count || !Opens(particle, node.Children[at]))
            {
                expected.Add(particle);
                break;
            }

            expected.Clear();
            if (!MatchOnce(node, particle, ref at, expected))
                return false;
            count++;
            if (at == before)
                break;
        }

        return count >= particle.Min || particle is GroupParticle { CanBeEmpty: true };
    }

    private bool MatchOnce(Node node, Particle particle, ref int at, List<Particle> expected)
    {
        switch (particle)
        {
            case ElementParticle element:
                CheckElement(node.Children[at++], element.Type);
                return true;
            case AnyParticle:
                at++;
                return true;
            case GroupParticle { IsChoice: true } choice:
                var child = node.Children[at];
                var chosen = Array.Find(choice.Parts, p => Opens(p, child));
                return chosen == null || Match(node, chosen, ref at, expected);
            case GroupParticle sequence:
                foreach (var part in sequence.Parts)
                {
                    if (!Match(node, part, ref at, expected))
                        return false;
                }

                return true;
            default:
                return true;
        }
    }

    private static bool Opens(Particle particle, Node child) => particle switch
    {
        ElementParticle element => element.Name == child.Qualified,
        GroupParticle group => group.First == null || group.First.Contains(child.Qualified),
        _ => true,
    };

    private static IEnumerable<string> Openers(Particle particle) => particle switch
    {
        ElementParticle element => [element.Name],
        GroupParticle group => group.First ?? [],
        _ => [],
    };

    private void CheckValue(Node node, string value, string type, string what)
    {
        var error = SimpleValues.Check(table, value, type);
        if (error != null)
            throw new SchemaViolation(node, $"{what} - The value '{Shortened(value)}' is invalid according to its datatype '{LongType(type)}' - {error}");
    }

    private static string Shortened(string value) => value.Length > 200 ? value[..200] : value;

    private static string LongType(string type) => type.StartsWith("xs:", StringComparison.Ordinal)
        ? "http://www.w3.org/2001/XMLSchema:" + type[3..]
        : Names.Lengthen(type[..1]) + ":" + type[2..];

    private static string Described(Node node) => $"element '{node.Name}' in namespace '{Names.Lengthen(node.Ns)}'";

    private static SchemaViolation InvalidChild(Node node, Node child, IReadOnlyCollection<string> expected) =>
        new(child, $"The {Described(node)} has invalid child {Described(child)}.{Expected(expected)}");

    private static string Expected(IEnumerable<string> names)
    {
        var list = string.Join(", ", names.Select(n => $"'{n[2..]}' in namespace '{Names.Lengthen(n[..1])}'"));
        return list.Length == 0 ? "" : $" List of possible elements expected: {list}.";
    }
}
