"""The talk: a Topic has Threads, a Thread is one tree of Comments, their text lies beside them.

forum/discussions/tree is the only writer of tree fields; services/ of everything else.
"""

from forum.discussions.models.comments import (
    TAKEN_AWAY,
    Comment,
    CommentManager,
    CommentQuerySet,
    Waits,
)
from forum.discussions.models.events import VERDICTS, Decision, Event
from forum.discussions.models.inbox import WORDS_CHARS, Follow, Mute, Notice
from forum.discussions.models.mentions import Mention
from forum.discussions.models.people import CLAIM_UNDO, Claim, Visit
from forum.discussions.models.proofs import Proof
from forum.discussions.models.reports import REPORT_CHARS, Appeal, Report
from forum.discussions.models.sanctions import (
    STAFF_WORDS_CHARS,
    Breach,
    Caution,
    Note,
    Removed,
    about,
)
from forum.discussions.models.states import (
    BODY_CHARS,
    EDIT_WINDOW,
    EDITED_AFTER,
    LONG_EDIT_WINDOW,
    MODERATORS,
    UNDELETE_WINDOW,
    UNDO_WINDOW,
    FoldReason,
    Reason,
    State,
)
from forum.discussions.models.texts import CommentText, HeldEdit, Revision
from forum.discussions.models.topics import (
    MOST_PINNED,
    FormerNumber,
    Thread,
    Topic,
    TopicQuerySet,
)
from forum.discussions.models.votes import DOWN, NONE, UP, Vote, voter

__all__ = [
    "BODY_CHARS",
    "CLAIM_UNDO",
    "DOWN",
    "EDITED_AFTER",
    "EDIT_WINDOW",
    "LONG_EDIT_WINDOW",
    "MODERATORS",
    "MOST_PINNED",
    "NONE",
    "REPORT_CHARS",
    "STAFF_WORDS_CHARS",
    "TAKEN_AWAY",
    "UNDELETE_WINDOW",
    "UNDO_WINDOW",
    "UP",
    "VERDICTS",
    "WORDS_CHARS",
    "Appeal",
    "Breach",
    "Caution",
    "Claim",
    "Comment",
    "CommentManager",
    "CommentQuerySet",
    "CommentText",
    "Decision",
    "Event",
    "FoldReason",
    "Follow",
    "FormerNumber",
    "HeldEdit",
    "Mention",
    "Mute",
    "Note",
    "Notice",
    "Proof",
    "Reason",
    "Removed",
    "Report",
    "Revision",
    "State",
    "Thread",
    "Topic",
    "TopicQuerySet",
    "Visit",
    "Vote",
    "Waits",
    "about",
    "voter",
]
