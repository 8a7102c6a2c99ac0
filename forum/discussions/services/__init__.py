"""One function for each thing that people do to the talk.

Each is one transaction, has no request inside, raises ValidationError with a code, returns the
object and writes its Event. Locks are taken in one order: Thread rows ascending, comment rows,
others, Topic rows ascending and last (a wholly new thread takes its Topic first and then only
inserts); see tree/ and docs/decisions/0001.
"""

from forum.discussions.services.acts import Author
from forum.discussions.services.editing import decide_edit, edit_comment, text_version
from forum.discussions.services.leaving import erase_member, former_member, leave, stay
from forum.discussions.services.mending import edit_as_staff, redact_comment
from forum.discussions.services.moving import (
    detach_branch,
    lock_branch,
    merge_thread,
    move_thread,
)
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
from forum.discussions.services.topics import (
    lock_topic,
    open_topic,
    raise_versions_of,
    rename_topic,
    set_topic,
)
from forum.discussions.services.undoing import undo

__all__ = [
    "MODERATION",
    "Author",
    "MovedThread",
    "Posted",
    "check_body",
    "claim_pen",
    "decide_edit",
    "delete_comment",
    "detach_branch",
    "edit_as_staff",
    "edit_comment",
    "erase_comment",
    "erase_member",
    "forget_decisions",
    "former_member",
    "hide_branch",
    "is_out_of_reach",
    "leave",
    "lock_branch",
    "lock_topic",
    "member_seen",
    "merge_thread",
    "moderate",
    "move_talk",
    "move_talk_back",
    "move_thread",
    "open_topic",
    "post_comment",
    "present_topic_id",
    "purge_branch",
    "purge_what_is_due",
    "raise_versions_of",
    "redact_comment",
    "reinstate",
    "rename_member",
    "rename_topic",
    "seen_of",
    "set_state",
    "set_topic",
    "stay",
    "suspend",
    "text_version",
    "unclaim",
    "undelete_comment",
    "undo",
    "was_public",
]
