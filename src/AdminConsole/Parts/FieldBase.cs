using CrmSync.Engine.Crm;
using Microsoft.AspNetCore.Components;

namespace CrmSync.AdminConsole.Parts;

/// <summary>What all fields of forms have.</summary>
public abstract class FieldBase<T> : ComponentBase
{
    [CascadingParameter]
    public FormContext Form { get; set; } = new("form", null);

    /// <summary>The setting's name as services name it in problems.</summary>
    [Parameter, EditorRequired]
    public string Name { get; set; } = "";

    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    [Parameter]
    public string? Help { get; set; }

    [Parameter]
    public T? Value { get; set; }

    [Parameter]
    public EventCallback<T> ValueChanged { get; set; }

    [Parameter]
    public bool Disabled { get; set; }

    protected string Id => $"{Form.Name}-{Name}";

    protected FieldProblem? Problem => Form.Of(Name);

    protected string? DescribedBy => (Problem, Help) switch
    {
        (null, null) => null,
        (not null, null) => $"{Id}-problem",
        (null, not null) => $"{Id}-help",
        _ => $"{Id}-problem {Id}-help",
    };

    protected string? Invalid => Problem is null ? null : "true";
}
