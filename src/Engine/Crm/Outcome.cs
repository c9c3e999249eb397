namespace CrmSync.Engine.Crm;

public enum ProblemKind
{
    /// <summary>The request itself is wrong; the fields say what.</summary>
    Invalid = 0,
    NotFound = 1,
    Forbidden = 2,

    /// <summary>Somebody changed it since the version that the caller saw.</summary>
    Stale = 3,

    /// <summary>Right in itself, but not as things are.</summary>
    Conflict = 4,
}

/// <summary>What is wrong with one field: which, why, and what to do.</summary>
public sealed record FieldProblem(string Field, string Cause, string Cure);

/// <summary>Why something was not done, in words for a person.</summary>
public sealed record Problem(ProblemKind Kind, string Text, IReadOnlyList<FieldProblem> Fields)
{
    public Problem(ProblemKind kind, string text)
        : this(kind, text, [])
    {
    }

    /// <summary>Null when there are no problems.</summary>
    public static Problem? Of(IReadOnlyList<FieldProblem> fields) =>
        fields.Count == 0 ? null : new Problem(ProblemKind.Invalid, string.Join(" ", fields.Select(field => $"{field.Field}: {field.Cause}")), fields);
}

/// <summary>A value, or the reason why there is none. Expected ends are values; exceptions are for faults.</summary>
public sealed record Outcome<T>(T? Value, Problem? Problem)
{
    public bool IsDone => Problem is null;

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Problem problem) => new(default, problem);
}

/// <summary>Rows and where to go on.</summary>
/// <param name="Next">Hand it back to get the next page; null: this was the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
