"""One function for each thing that people do to the talk.

Each is one transaction, has no request inside, raises ValidationError with a code, returns the
object and writes its Event. Locks are taken in one order: Thread rows ascending, comment rows,
others, Topic rows ascending and last (a wholly new thread takes its Topic first and then only
inserts); see tree/ and docs/decisions/0001.
"""

from forum.discussions.services.acts import Author
from forum.discussions.services.editing import decide_edit, edit_comment, text_version
from forum.discussions.services.leaving import erase_member, former_member, leave, stay
from forum.discussions.services.moving import detach_branch, merge_thread, move_thread, purge_branch
from forum.discussions.services.people import (
    claim_pen,
    reinstate,
    rename_member,
    suspend,
    unclaim,
)
from forum.discussions.services.posting import Posted, check_body, post_comment
from forum.discussions.services.states import (
    MODERATION,
    delete_comment,
    erase_comment,
    moderate,
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
)

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
    "edit_comment",
    "erase_comment",
    "erase_member",
    "former_member",
    "leave",
    "lock_topic",
    "merge_thread",
    "moderate",
    "move_talk",
    "move_talk_back",
    "move_thread",
    "open_topic",
    "post_comment",
    "present_topic_id",
    "purge_branch",
    "raise_versions_of",
    "reinstate",
    "rename_member",
    "rename_topic",
    "set_state",
    "stay",
    "suspend",
    "text_version",
    "unclaim",
    "undelete_comment",
    "was_public",
]
