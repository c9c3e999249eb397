using CrmSync.Engine.Crm;

namespace CrmSync.AdminConsole.Parts;

/// <summary>What the fields of a form share: a name for their ids, and the problems to show beside them.</summary>
public sealed record FormContext(string Name, Problem? Problem)
{
    public FieldProblem? Of(string field) => Problem?.Fields.FirstOrDefault(problem => problem.Field == field);
}
