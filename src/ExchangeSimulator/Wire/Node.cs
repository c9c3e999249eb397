namespace CrmSync.ExchangeSimulator.Wire;

/// <summary>One element of a request or of a stored value: a tree lighter than the framework's, which remembers where it stood in the text.</summary>
public sealed class Node(string ns, string name)
{
    /// <summary>"m" messages, "t" types, "s" SOAP, "xs"; any other namespace in full.</summary>
    public string Ns { get; } = ns;
    public string Name { get; } = name;
    public List<KeyValuePair<string, string>> Attributes { get; } = [];
    public List<Node> Children { get; } = [];
    public string Text { get; set; } = "";
    public int Line { get; init; }
    public int Position { get; init; }

    /// <summary>Name with prefix, as the table of schema facts writes it.</summary>
    public string Qualified { get; } = ns.Length <= 2 ? ns + ":" + name : name;

    public string? this[string attribute]
    {
        get
        {
            foreach (var (name, value) in Attributes)
            {
                if (name == attribute)
                    return value;
            }

            return null;
        }
    }

    public Node? Child(string name) => Children.Find(c => c.Name == name);

    public string? ChildText(string name) => Child(name)?.Text;

    public static Node Types(string name, string text = "", params ReadOnlySpan<Node> children)
    {
        var node = new Node("t", name) { Text = text };
        foreach (var child in children)
            node.Children.Add(child);
        return node;
    }

    public Node With(string attribute, string? value)
    {
        Attributes.RemoveAll(a => a.Key == attribute);
        if (value != null)
            Attributes.Add(new(attribute, value));
        return this;
    }

    /// <summary>Same name, attributes, text and children.</summary>
    public bool IsSameAs(Node other)
    {
        if (Name != other.Name || Ns != other.Ns || Text != other.Text || Attributes.Count != other.Attributes.Count || Children.Count != other.Children.Count)
            return false;
        for (var i = 0; i < Attributes.Count; i++)
        {
            if (other[Attributes[i].Key] != Attributes[i].Value)
                return false;
        }

        for (var i = 0; i < Children.Count; i++)
        {
            if (!Children[i].IsSameAs(other.Children[i]))
                return false;
        }

        return true;
    }

    public Node Holding(Node child)
    {
        Children.Add(child);
        return this;
    }

    public Node DeepCopy()
    {
        var copy = new Node(Ns, Name) { Text = Text };
        copy.Attributes.AddRange(Attributes);
        foreach (var child in Children)
            copy.Children.Add(child.DeepCopy());
        return copy;
    }
}
