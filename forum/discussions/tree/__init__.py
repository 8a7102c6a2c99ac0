"""The only module that writes tree fields or knows what lft, rght, tree_id and level mean.

One tree a thread: tree_id = thread_id, a root is 1..2n, siblings stand in order of arrival. Why not
django-mptt's own writers: docs/decisions/0001. Every function that writes must run inside
`transaction.atomic()`; the order of locks is Thread rows (ascending), comment rows, others, and
Topic rows last (services/). On SQLite the IMMEDIATE transaction is the lock.
"""

from forum.discussions.tree.branches import hide_branch, lock_branch, purge, unlock_branch
from forum.discussions.tree.checking import Fault, check
from forum.discussions.tree.counting import lock_topics, recount_threads, recount_topics
from forum.discussions.tree.loading import (
    Load,
    Loaded,
    bulk_load,
    bulk_load_many,
    bulk_reply,
    unload,
)
from forum.discussions.tree.mending import Node, Repair, renumber, repair, repair_topics
from forum.discussions.tree.reading import (
    TABLE,
    Found,
    Row,
    Step,
    ancestors,
    as_text,
    branch_rows,
    depth_of,
    find_number,
    ordinals_down_to,
    rows_of,
    rows_with,
    some_with,
)
from forum.discussions.tree.writing import (
    Moved,
    Place,
    detach,
    insert_reply,
    insert_root,
    keep_number,
    lock,
    lock_thread_of,
    merge,
    move,
    number_thread,
    place,
)

__all__ = [
    "TABLE",
    "Fault",
    "Found",
    "Load",
    "Loaded",
    "Moved",
    "Node",
    "Place",
    "Repair",
    "Row",
    "Step",
    "ancestors",
    "as_text",
    "branch_rows",
    "bulk_load",
    "bulk_load_many",
    "bulk_reply",
    "check",
    "depth_of",
    "detach",
    "find_number",
    "hide_branch",
    "insert_reply",
    "insert_root",
    "keep_number",
    "lock",
    "lock_branch",
    "lock_thread_of",
    "lock_topics",
    "merge",
    "move",
    "number_thread",
    "ordinals_down_to",
    "place",
    "purge",
    "recount_threads",
    "recount_topics",
    "renumber",
    "repair",
    "repair_topics",
    "rows_of",
    "rows_with",
    "some_with",
    "unload",
    "unlock_branch",
]
