using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;

namespace CrmSync.Server.Api;

/// <summary>One field of an undo: what it says now and what it would say.</summary>
public sealed record UndoFieldJson(string Field, object? Now, object? Then);

/// <summary>What an undo would do.</summary>
/// <param name="Revives">The item was deleted and would come back, with its copy in Exchange.</param>
public sealed record UndoPreviewJson(bool Revives, IReadOnlyList<UndoFieldJson> Fields)
{
    public static UndoPreviewJson Of(UndoPreview preview) => new(
        preview.Revives, [.. preview.Fields.Each().Select(field => new UndoFieldJson(FieldNames.NameOf(field), FieldValues.Of(preview.Now, field), FieldValues.Of(preview.Then, field)))]);
}
