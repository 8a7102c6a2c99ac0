"""One function for each thing that people do to the talk.

Each is one transaction, has no request inside, raises ValidationError with a code, returns the
object and writes its Event. Locks are taken in one order: Thread rows ascending, comment rows,
others, Topic rows ascending and last (a wholly new thread takes its Topic first and then only
inserts); see tree/ and docs/decisions/0001.
"""

from forum.discussions.services.acts import Author, refuse_closed
from forum.discussions.services.appealing import appeal, decide_appeal
from forum.discussions.services.blocking import block, network_of, unblock
from forum.discussions.services.branches import (
    SLOW_MINUTES,
    feature_comment,
    fold_branch,
    pin_thread,
    slow_branch,
    unfold_branch,
)
from forum.discussions.services.cooling import Cooling, cooling_of
from forum.discussions.services.deciding import (
    REFUSED,
    decides_everywhere,
    decides_in,
    in_scope,
    is_own,
    refuse_decision,
    refuse_foreign,
    refuse_own,
    refuse_scoped,
    topics_of,
)
from forum.discussions.services.editing import (
    chosen_language,
    decide_edit,
    edit_comment,
    text_at,
    text_version,
)
from forum.discussions.services.following import (
    checked_words,
    follow,
    follows,
    may_follow,
    mute_author,
    mute_words,
    refuse_mute,
    unfollow,
    unmute,
)
from forum.discussions.services.forgetting import forget_guest
from forum.discussions.services.judging import check_sent, foretold
from forum.discussions.services.leaving import erase_member, former_member, leave, stay
from forum.discussions.services.mending import edit_as_staff, redact_comment
from forum.discussions.services.moving import (
    detach_branch,
    lock_branch,
    merge_thread,
    move_thread,
)
from forum.discussions.services.noting import add_note, refuse_note, room_for_note, under_its_day
from forum.discussions.services.people import (
    claim_pen,
    is_out_of_reach,
    member_seen,
    reinstate,
    rename_member,
    suspend,
    unclaim,
)
from forum.discussions.services.posting import Posted, check_body, post_comment
from forum.discussions.services.purging import (
    forget_decisions,
    hide_branch,
    purge_branch,
    purge_what_is_due,
)
from forum.discussions.services.removing import Swept, removable, remove_everything
from forum.discussions.services.reporting import (
    REPORT_WORDS,
    Reported,
    forget_reports,
    refuse_report,
    refuse_words,
    report_comment,
    take_back_report,
)
from forum.discussions.services.sanctions import (
    acknowledge,
    close_pen,
    hold_person,
    open_pen,
    person_seen,
    refuse_changed,
    waiting_cautions,
    warn,
    write_note,
)
from forum.discussions.services.splitting import MOST_SPLIT, split_replies
from forum.discussions.services.states import (
    MODERATION,
    delete_comment,
    erase_comment,
    moderate,
    seen_of,
    set_state,
    undelete_comment,
    was_public,
)
from forum.discussions.services.talks import (
    MovedThread,
    move_talk,
    move_talk_back,
    present_topic_id,
)
from forum.discussions.services.telling import forget_comments, read_notices, tell_member
from forum.discussions.services.topics import (
    lock_topic,
    open_topic,
    raise_versions_of,
    rename_topic,
    set_topic,
)
from forum.discussions.services.undoing import decided_together, put_together, undo
from forum.discussions.services.visiting import (
    bring_visits,
    mark_all_read,
    mark_read,
    record_visit,
)
from forum.discussions.services.voting import Voted, forget_votes, take_over_votes, vote
from forum.discussions.services.wording import worded

__all__ = [
    "MODERATION",
    "MOST_SPLIT",
    "REFUSED",
    "REPORT_WORDS",
    "SLOW_MINUTES",
    "Author",
    "Cooling",
    "MovedThread",
    "Posted",
    "Reported",
    "Swept",
    "Voted",
    "acknowledge",
    "add_note",
    "appeal",
    "block",
    "bring_visits",
    "check_body",
    "check_sent",
    "checked_words",
    "chosen_language",
    "claim_pen",
    "close_pen",
    "cooling_of",
    "decide_appeal",
    "decide_edit",
    "decided_together",
    "decides_everywhere",
    "decides_in",
    "delete_comment",
    "detach_branch",
    "edit_as_staff",
    "edit_comment",
    "erase_comment",
    "erase_member",
    "feature_comment",
    "fold_branch",
    "follow",
    "follows",
    "foretold",
    "forget_comments",
    "forget_decisions",
    "forget_guest",
    "forget_reports",
    "forget_votes",
    "former_member",
    "hide_branch",
    "hold_person",
    "in_scope",
    "is_out_of_reach",
    "is_own",
    "leave",
    "lock_branch",
    "lock_topic",
    "mark_all_read",
    "mark_read",
    "may_follow",
    "member_seen",
    "merge_thread",
    "moderate",
    "move_talk",
    "move_talk_back",
    "move_thread",
    "mute_author",
    "mute_words",
    "network_of",
    "open_pen",
    "open_topic",
    "person_seen",
    "pin_thread",
    "post_comment",
    "present_topic_id",
    "purge_branch",
    "purge_what_is_due",
    "put_together",
    "raise_versions_of",
    "read_notices",
    "record_visit",
    "redact_comment",
    "refuse_changed",
    "refuse_closed",
    "refuse_decision",
    "refuse_foreign",
    "refuse_mute",
    "refuse_note",
    "refuse_own",
    "refuse_report",
    "refuse_scoped",
    "refuse_words",
    "reinstate",
    "removable",
    "remove_everything",
    "rename_member",
    "rename_topic",
    "report_comment",
    "room_for_note",
    "seen_of",
    "set_state",
    "set_topic",
    "slow_branch",
    "split_replies",
    "stay",
    "suspend",
    "take_back_report",
    "take_over_votes",
    "tell_member",
    "text_at",
    "text_version",
    "topics_of",
    "unblock",
    "unclaim",
    "undelete_comment",
    "under_its_day",
    "undo",
    "unfold_branch",
    "unfollow",
    "unmute",
    "vote",
    "waiting_cautions",
    "warn",
    "was_public",
    "worded",
    "write_note",
]
