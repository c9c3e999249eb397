using CrmSync.Engine.Crm;
using CrmSync.Engine.Items;
using CrmSync.Engine.Store.Rows;

namespace CrmSync.Server.Api;

/// <summary>One field of a conflict: what both last agreed on and what each side says. A value is null where the side has none, or may not be shown.</summary>
public sealed record ConflictFieldJson(string Field, object? Base, object? Crm, object? Exchange);

/// <summary>A conflict of one item.</summary>
/// <param name="Kind">edits: both changed the same fields. deletedInCrm, deletedInExchange: one side deleted what the other had changed.</param>
/// <param name="State">open: waits for a person. settled: decided, its loser can be restored.</param>
/// <param name="IsMasked">Somebody's private item: its values are not shown.</param>
/// <param name="DecidedBy">policy:NAME, user:NAME, token:PREFIX, or engine when both sides came to agree.</param>
public sealed record ConflictJson(
    Guid Id, ConflictKind Kind, ConflictState State, Guid LinkId, Guid ItemId, string Mailbox, string Person, string? Subject, bool IsMasked, DateTime At,
    string Decision, string? DecidedBy, DateTime? DecidedAt, IReadOnlyList<ConflictFieldJson> Fields)
{
    public static ConflictJson Of(ConflictView view) => new(
        view.Row.Id, view.Row.Kind, view.Row.State, view.Row.LinkId, view.Row.ItemId, view.Mailbox, view.Person, view.Subject, view.IsMasked, view.Row.At,
        view.Row.Decision, view.Row.State == ConflictState.Open ? null : view.Row.DecidedBy, view.Row.DecidedAt,
        [.. view.Fields.Each().Select(field => new ConflictFieldJson(FieldNames.NameOf(field), FieldValues.Of(view.Base, field), FieldValues.Of(view.Crm, field), FieldValues.Of(view.Exchange, field)))]);
}

/// <summary>What a person decides about an open conflict.</summary>
/// <param name="Choices">Per contested field crm, exchange or value.</param>
/// <param name="All">One side for all contested fields that <paramref name="Choices"/> does not name.</param>
/// <param name="Values">The person's own values, written as for PATCH /schedule-items.</param>
/// <param name="Keep">For a deletion against an edit: true keeps the edited item, false deletes it.</param>
public sealed record ConflictResolutionJson(
    IReadOnlyDictionary<string, ConflictSide>? Choices = null, ConflictSide? All = null, System.Text.Json.JsonElement? Values = null, bool? Keep = null);

/// <summary>Which fields of a settled conflict's loser to bring back; none: all of them.</summary>
/// <param name="Overwrite">Also where the value was changed again since.</param>
public sealed record ConflictRestoreJson(IReadOnlyList<string>? Fields = null, bool Overwrite = false);
