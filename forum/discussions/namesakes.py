"""Two people of one name in one talk: the later one is called "another" (docs/decisions/0152)."""

from functools import lru_cache

from forum import sql
from forum.accounts.models import Pen
from forum.accounts.names import skeleton
from forum.discussions.models import Comment, State, Thread

_OF_TALK = (
    f"FROM {Comment._meta.db_table} c JOIN {Thread._meta.db_table} t ON t.id = c.thread_id"
    " WHERE t.topic_id = %s"
)


def is_namesake(name: str, pen: Pen | None, topic_id: int) -> bool:
    """Return True if a guest who writes by this name in this talk is "another" of that name.

    Who wrote here by a name like it is called as then. Else whoever else wrote here by one, in what
    is public now, was first: another guest, or somebody whose words were imported. Two queries at
    most, the second only with a guest's first words here; members' names guests cannot take.
    """
    wanted = _looks(name)
    if pen:
        own = sql.rows(
            f"SELECT DISTINCT c.author_name, c.is_namesake {_OF_TALK} AND c.pen_id = %s",
            [topic_id, pen.pk],
        )
        called = [bool(another) for written, another in own if _looks(written) == wanted]
        if called:
            return all(called)
    others = sql.rows(
        f"SELECT DISTINCT c.author_name {_OF_TALK} AND c.member_id IS NULL"
        f" AND c.state = '{State.PUBLIC.value}' AND (c.pen_id IS NULL OR c.pen_id <> %s)",
        [topic_id, pen.pk if pen else 0],
    )
    return any(_looks(written) == wanted for (written,) in others)


@lru_cache(maxsize=20_000)
def _looks(name: str) -> str:
    """Return the skeleton of a name; the names of a large talk are asked about again and again."""
    return skeleton(name)
