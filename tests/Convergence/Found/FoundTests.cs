using CrmSync.Convergence.Sweep;

namespace CrmSync.Convergence.Found;

/// <summary>What once went wrong and was found by the seeds, each as the smallest run. Others of their kind are in Roads/InFlightTests, over HTTP.</summary>
public sealed class FoundTests
{
    [Fact]
    public void One_busy_answer_hides_no_edit_that_a_person_made_in_the_moment_of_our_delete() => Play(FoundStories.BusyAfterOurDelete);

    [Fact]
    public void A_restored_copy_that_is_deleted_before_the_next_read_is_missed() => Play(FoundStories.RestoredAndDeletedAgain);

    [Fact]
    public void An_attendees_copy_that_an_update_mail_brings_back_does_not_overwrite_the_organizers_meeting() => Play(FoundStories.AttendeesCopyComesBack);

    [Fact]
    public void A_copy_that_comes_back_to_its_buried_pair_makes_neither_itself_nor_its_link_stale() => Play(FoundStories.BuriedCopyComesBack);

    [Fact]
    public void A_colleague_who_joins_is_no_edit_for_newest_wins() => Play(FoundStories.ColleagueJoinsDuringAConflict);

    [Fact]
    public void An_edit_that_no_copy_can_take_is_kept_as_a_conflicts_loser() => Play(FoundStories.EditThatNoCopyTakes);

    [Fact]
    public void An_item_that_could_not_be_read_three_times_is_read_when_the_server_is_well_again() => Play(FoundStories.UnreadableForAWhile);

    [Fact]
    public void An_item_that_we_created_and_a_person_deleted_before_the_folder_was_read_again_is_gone_from_both() => Play(FoundStories.DeletedBeforeTheFolderIsRead);

    [Fact]
    public void The_copy_that_becomes_a_meetings_authority_is_read_then() => Play(FoundStories.NewAuthorityIsBehind);

    [Fact]
    public void A_meeting_that_a_person_edits_between_our_create_and_its_record_stays_one_CRM_item() => Play(FoundStories.InvitedBeforeTheCreateIsRecorded);

    [Fact]
    public void An_edit_that_restores_a_meeting_brings_everybodys_copy_back() => Play(FoundStories.RestoredForEverybody);

    [Fact]
    public void An_edit_made_while_our_create_is_in_doubt_is_not_taken_for_our_own_write() => Play(FoundStories.EditWhileTheCreateIsInDoubt);

    [Fact]
    public void An_edit_made_before_our_create_is_recorded_is_not_taken_for_our_own_write() => Play(FoundStories.EditBeforeTheCreateIsRecorded);

    [Fact]
    public void A_pair_that_was_read_for_another_reason_does_not_count_as_seen_by_the_feed() => Play(FoundStories.ReadForAnotherReason);

    [Fact]
    public void A_meeting_that_was_deleted_in_Outlook_while_its_create_was_in_doubt_is_not_made_again() => Play(FoundStories.MeetingDeletedInDoubt);

    [Fact]
    public void A_created_item_that_is_found_and_cannot_be_read_just_then_is_not_created_again() => Play(FoundStories.FoundButUnreadable);

    [Fact]
    public void An_earlier_attempt_that_arrives_late_does_not_undo_the_edit_that_the_next_one_carried() => Play(FoundStories.EarlierAttemptArrives);

    [Fact]
    public void An_item_taken_back_in_the_CRM_while_our_delete_is_under_way_comes_back_in_Exchange() => Play(FoundStories.TakenBackWhileDeleting);

    [Fact]
    public void A_cancelled_copy_stays_what_it_is_beside_the_invitation_to_the_meeting_that_was_taken_back() => Play(FoundStories.CancelledCopyBesideANewInvitation);

    [Fact]
    public void A_delete_of_ours_that_arrives_late_takes_nothing_along_that_an_edit_has_restored() => Play(FoundStories.LateDelete);

    [Fact]
    public void An_edit_that_was_taken_back_in_the_CRM_while_its_answer_was_lost_does_not_come_back_from_Exchange() => Play(FoundStories.TakenBackWhileAnUpdateIsInDoubt);

    [Fact]
    public void An_update_that_arrives_late_undoes_nothing_that_was_taken_back_although_another_was_sent_after_it() => Play(FoundStories.TakenBackWhileTwoUpdatesAreInDoubt);

    [Fact]
    public void A_look_at_an_item_does_not_forget_the_update_that_is_still_under_way_to_it() => Play(FoundStories.ComparedWhileAnUpdateIsInDoubt);

    [Fact]
    public void A_meeting_that_its_organizer_deleted_is_not_invited_from_while_a_person_is_asked_about_it() => Play(FoundStories.MeetingDeletedInDoubtAndAsked);

    [Fact]
    public void A_late_create_from_which_a_person_invited_is_called_off_and_becomes_no_second_meeting() => Play(FoundStories.LateCreateInvitedFrom);

    [Fact]
    public void A_late_create_that_cannot_be_removed_just_then_is_removed_later() => Play(FoundStories.LateCreateNotRemoved);

    [Fact]
    public void A_late_create_that_a_person_edits_in_the_moment_of_its_removal_is_called_off_and_the_edit_is_kept() => Play(FoundStories.LateCreateEditedAtItsRemoval);

    [Fact]
    public void An_item_that_moved_while_its_old_place_could_not_be_read_enters_once() => Play(FoundStories.MovedWhileItCannotBeRead);

    [Fact]
    public void An_item_that_is_deleted_between_the_two_halves_of_a_page_is_missed() => Play(FoundStories.DeletedBetweenTwoHalves);

    [Fact]
    public void An_item_that_is_taken_back_in_the_CRM_after_both_sides_deleted_it_is_made_anew() => Play(FoundStories.TakenBackAfterItWasGone);

    [Fact]
    public void An_item_that_both_sides_take_back_is_there_once() => Play(FoundStories.TakenBackOnBothSides);

    [Fact]
    public void A_copy_that_comes_back_is_not_in_the_quarantine_of_the_one_that_was_deleted() => Play(FoundStories.CopyComesBackFromQuarantine);

    [Fact]
    public void An_item_that_is_taken_back_before_our_delete_is_recorded_comes_back_in_Exchange() => Play(FoundStories.TakenBackBeforeItsDeleteIsRecorded);

    [Fact]
    public void A_dry_run_beside_two_late_creates_comes_to_an_end() => Play(FoundStories.DryRunBesideLateCreates);

    [Fact]
    public void A_meeting_that_its_organizer_deletes_before_an_attendees_copy_is_read_does_not_come_back_to_the_organizer() => Play(FoundStories.DeletedByTheOrganizerBeforeAnybodyJoined);

    [Fact]
    public void An_attendee_who_deletes_a_meeting_that_an_edit_then_restores_is_out_of_it() => Play(FoundStories.DeletedByAnAttendeeWhileTheCrmHadDeleted);

    private static void Play(Scenario story)
    {
        var run = SweepRun.Run(story);

        run.Violation.ShouldBeNull($"Repeat it with: --found {story.Name}\n{run.Story}");
    }
}
