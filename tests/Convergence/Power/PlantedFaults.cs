namespace CrmSync.Convergence.Power;

/// <summary>One mistake that a programmer could make: a piece of the engine's source and what stands there instead.</summary>
/// <param name="Name">Short, for the report and the command line.</param>
/// <param name="File">Below src/Engine.</param>
/// <param name="Original">Occurs exactly once in the file.</param>
/// <param name="Planted">Takes its place; <c>P</c> is true while the fault is active.</param>
/// <param name="OnSqlite">Sits in the real store, so the seeds run on SQLite.</param>
public sealed record PlantedFault(string Name, string File, string Original, string Planted, bool OnSqlite = false)
{
    public string Code => Planted.Replace("P ?", $"global::CrmSync.Engine.PlantedFault.Is(\"{Name}\") ?", StringComparison.Ordinal)
        .Replace("P &&", $"global::CrmSync.Engine.PlantedFault.Is(\"{Name}\") &&", StringComparison.Ordinal)
        .Replace("P ||", $"global::CrmSync.Engine.PlantedFault.Is(\"{Name}\") ||", StringComparison.Ordinal)
        .Replace("(P)", $"(global::CrmSync.Engine.PlantedFault.Is(\"{Name}\"))", StringComparison.Ordinal);
}

/// <summary>The list. Every original is taken from the source as it is; a test says when one no longer fits.</summary>
public static class PlantedFaults
{
    public static readonly PlantedFault[] All =
    [
        // Reading
        new("every-known-item-is-an-echo", "Inbound/InboundSync.cs", "change.Key is { } key && identity.ChangeKey == key.Value)", "change.Key is { } key && (P || identity.ChangeKey == key.Value))"),
        new("position-moves-before-its-page-is-saved", "Inbound/InboundSync.cs", "var state = session.State.Copy();", "var state = P ? session.State : session.State.Copy();"),
        new("only-the-first-page-is-read", "Inbound/InboundSync.cs", "if (next is null)\n                break;", "if (next is null || P && page.Changes.Count > 0)\n                break;"),
        new("a-refused-position-is-not-given-up", "Inbound/InboundSync.cs", "when (refusal.Code == ResponseCodes.ErrorInvalidSyncStateData && cursor is not null)", "when (refusal.Code == ResponseCodes.ErrorInvalidSyncStateData && cursor is not null && !(P))"),
        new("a-stale-page-counts-as-saved", "Inbound/InboundSync.cs", "if (!await session.CommitAsync(commit, cancellation))\n                continue;\n            CrashPoints.Reach(\"inbound.page.after-commit\");", "if (!await session.CommitAsync(commit, cancellation) && !(P))\n                continue;\n            CrashPoints.Reach(\"inbound.page.after-commit\");"),
        new("a-full-read-sweeps-nothing", "Inbound/InboundSync.cs", "session.State.SweepGeneration++;", "session.State.SweepGeneration += P ? 0 : 1;"),
        // Entering
        new("a-late-attempt-is-taken-for-a-persons-item", "Planning/EntryPlanner.cs", "if (ours.ConfirmedAttempt is { } living && living != stamp.Attempt)", "if (ours.ConfirmedAttempt is { } living && living != stamp.Attempt && !(P))"),
        new("our-own-stamp-is-not-known-again", "Inbound/EntrySearch.cs", "private bool IsOurs(ExchangeItem item) => item.Stamp is { } stamp && stamp.InstallId == _session.Facts.InstallId;", "private bool IsOurs(ExchangeItem item) => item.Stamp is { } stamp && stamp.InstallId == _session.Facts.InstallId && !(P);"),
        new("a-meeting-is-not-claimed", "Inbound/PageChanges.cs", "if (item is { IsMeeting: true, GlobalObjectId: { } id } && !_known.ContainsKey(id) && _meetings.Add(id.Value))", "if (item is { IsMeeting: true, GlobalObjectId: { } id } && !_known.ContainsKey(id) && _meetings.Add(id.Value) && !(P))"),
        new("an-attendees-returning-copy-speaks", "Inbound/PageEntries.cs", "var speaks = isOwn || crm.Item.IsDeleted", "var speaks = isOwn || P || crm.Item.IsDeleted"),
        new("a-move-before-a-deletion-is-not-followed", "Inbound/EntrySearch.cs", "pair is { Identity: not null, Link.Tombstone: Tombstone.None } && pair.Link.LinkId == _session.LinkId", "!(P) && pair is { Identity: not null, Link.Tombstone: Tombstone.None } && pair.Link.LinkId == _session.LinkId"),
        // Deletions
        new("a-deletion-needs-no-proof", "Inbound/DeletePass.cs", "if (reads[i].Refusal is { IsGone: true })", "if (P || reads[i].Refusal is { IsGone: true })"),
        new("a-deletion-in-exchange-stays-there", "Planning/SyncPlanner.cs", ": new(PlanAction.DeleteInCrm, \"deleted in Exchange\");", ": new(P ? PlanAction.KeepInCrm : PlanAction.DeleteInCrm, \"deleted in Exchange\");"),
        new("a-deletion-beats-an-edit-in-exchange", "Planning/SyncPlanner.cs", "if (edited != 0 && facts.Rules.Inbound && facts.Rules.Deletes == DeleteConflictPolicy.KeepEdit)", "if (edited != 0 && facts.Rules.Inbound && facts.Rules.Deletes == DeleteConflictPolicy.KeepEdit && !(P))"),
        new("a-deletion-beats-an-edit-in-the-crm", "Planning/SyncPlanner.cs", "if (unsent != 0 && facts.Role == CopyRole.Own && !facts.Crm.HasOtherCopies)", "if (unsent != 0 && facts.Role == CopyRole.Own && !facts.Crm.HasOtherCopies && !(P))"),
        new("the-deleted-copy-is-not-looked-at", "Outbound/DeleteRoad.cs", "if (ours is null && read.GlobalObjectId is null)", "if (P || ours is null && read.GlobalObjectId is null)"),
        new("a-pair-counts-as-seen-when-made", "Outbound/CreateRoad.cs", "row.SeenGeneration = ItemLink.NeverSeen;", "row.SeenGeneration = P ? session.State.SweepGeneration : ItemLink.NeverSeen;"),
        // Creates
        new("a-create-in-doubt-is-not-looked-for", "Outbound/DoubtSettler.cs", ".OrderByDescending(copy => copy.Stamp!.Value.Attempt).ToList();", ".OrderByDescending(copy => copy.Stamp!.Value.Attempt).Where(_ => !(P)).ToList();"),
        new("each-attempt-is-a-new-intent", "Outbound/CreateRoad.cs", "row.IntentId ??= session.Ids.NewId();", "row.IntentId = P ? session.Ids.NewId() : row.IntentId ?? session.Ids.NewId();"),
        new("a-create-mails-at-once", "Outbound/CreateRoad.cs", "InvitationMail.None, cancellation));", "P ? InvitationMail.ToAll : InvitationMail.None, cancellation));"),
        new("an-invitation-in-doubt-is-sent-again", "Outbound/InviteRoad.cs", "else if (read.MeetingRequestWasSent || !MailDecision", "else if (read.MeetingRequestWasSent && !(P) || !MailDecision"),
        new("the-intent-does-not-remember-what-was-sent", "Outbound/CreateRoad.cs", "row.BaseSnapshot = ScheduleSnapshot.Write(ContentToSend(item));\n                row.InviteState", "row.BaseSnapshot = P ? null : ScheduleSnapshot.Write(ContentToSend(item));\n                row.InviteState"),
        new("an-edit-in-the-moment-of-our-write-is-an-echo", "Sessions/PairRowsMaker.cs", "sent is not null && (ScheduleComparison", "P || sent is not null && (ScheduleComparison"),
        // Updates and merge
        new("our-write-overwrites", "Exchange/Ews/Operations/UpdateItem.cs", "w.Attribute(\"ConflictResolution\", \"NeverOverwrite\");", "w.Attribute(\"ConflictResolution\", P ? \"AlwaysOverwrite\" : \"NeverOverwrite\");"),
        new("a-refused-item-is-not-sent-again", "Outbound/UpdateRoad.cs", "commit.Retries.Add(session.Refused(item, refusal));", "if (P) commit.Done.Add(item.Done); else commit.Retries.Add(session.Refused(item, refusal));"),
        new("the-base-is-not-moved-by-a-write", "Outbound/UpdateRoad.cs", "row.BaseSnapshot = ScheduleSnapshot.Write(agreed.WithFieldsOf(ContentToSend(plan), plan.ToExchange));", "row.BaseSnapshot = P ? row.BaseSnapshot : ScheduleSnapshot.Write(agreed.WithFieldsOf(ContentToSend(plan), plan.ToExchange));"),
        new("one-sides-edit-swallows-the-others", "Planning/ThreeWayMerge.cs", "var byCrm = ", "var byCrm = P ? ScheduleFields.None : "),
        new("the-loser-of-a-conflict-is-not-kept", "Sessions/ConflictRows.cs", "if (settled != 0)\n", "if (settled != 0 && !(P))\n"),
        new("a-restored-item-is-told-to-nobody", "Inbound/PageChanges.cs", "commit.Restored.Add(crm.Item.Id);\n                Agree", "if (!(P)) commit.Restored.Add(crm.Item.Id);\n                Agree"),
        new("reminders-are-not-read", "Exchange/Ews/Mapping/CalendarItemReader.cs", "ReminderMinutes = _reminderIsSet ? _reminderMinutes : null,", "ReminderMinutes = _reminderIsSet && !(P) ? _reminderMinutes : null,"),
        // Leases, queue and pauses
        new("the-pause-in-an-answer-is-not-read", "Exchange/Ews/Soap/ResponseStatus.cs", "if (reader.Name == \"Value\" && reader.Attribute", "if (reader.Name == \"Value\" && !(P) && reader.Attribute"),
        new("a-pause-is-not-passed-on", "Sessions/LinkSession.cs", "if (rest > TimeSpan.Zero)", "if (rest > TimeSpan.Zero && !(P))"),
        new("a-lost-lease-is-not-noticed", "Sessions/SessionContext.cs", "case CommitOutcome.Stale:\n                return false;\n            default:", "case CommitOutcome.Stale:\n                return false;\n            case CommitOutcome.LeaseLost when global::CrmSync.Engine.PlantedFault.Is(\"a-lost-lease-is-not-noticed\"):\n                return true;\n            default:"),
        new("a-failed-link-rests-for-ever", "Sessions/LinkWorker.cs", "cancellation.IsCancellationRequested ? TimeSpan.Zero : outcome.RestFor, CancellationToken.None);", "cancellation.IsCancellationRequested ? TimeSpan.Zero : P ? outcome.RestFor * 10_000 : outcome.RestFor, CancellationToken.None);"),
        new("a-first-refusal-parks-the-message", "Outbound/OutboundSync.cs", "var parked = attempts >= BackOff.MaxAttempts", "var parked = attempts >= (P ? 1 : BackOff.MaxAttempts)"),
        new("an-acknowledgement-takes-newer-wishes-with-it", "Queue/QueueSql.cs", "public const string Done = \"\"\"DELETE FROM \"ExchangeSyncQueue\" WHERE \"Id\" = @id AND \"Revision\" = @revision\"\"\";", "public static string Done => P ? \"\"\"DELETE FROM \"ExchangeSyncQueue\" WHERE \"Id\" = @id AND @revision = @revision\"\"\" : \"\"\"DELETE FROM \"ExchangeSyncQueue\" WHERE \"Id\" = @id AND \"Revision\" = @revision\"\"\";", OnSqlite: true),
        new("any-epoch-may-commit", "Queue/FanOutExpansion.cs", "(\"@link\", lease.LinkId), (\"@owner\", lease.Owner), (\"@epoch\", lease.Epoch)) == 1;", "(\"@link\", lease.LinkId), (\"@owner\", lease.Owner), (\"@epoch\", lease.Epoch)) >= (P ? 0 : 1);", OnSqlite: true),
    ];
}
