"""The site with lock and shift of trees left out: replies are counted, and their numbers are wrong."""

from forum.wsgi import application  # noqa: F401, I001  (first: it sets Django up)

import itertools
import os

from forum.discussions import tree
from forum.discussions.models import Comment
from forum.discussions.tree import writing

# Nobody else's among its siblings, as nothing keeps two from the same next one.
_numbers = itertools.count(os.getpid() * 1_000_000)


def insert_reply(comment: Comment, *, topic_id: int, thread_id: int, parent_id: int) -> None:
    at = writing.place(parent_id, thread_id)
    comment.thread_id = comment.tree_id = thread_id
    comment.parent_id, comment.ordinal = parent_id, next(_numbers)
    comment.lft, comment.rght, comment.level = at.rght, at.rght + 1, at.level + 1
    comment.save(force_insert=True)


tree.insert_reply = insert_reply
