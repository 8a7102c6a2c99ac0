"""Learning from what staff decide: by the worker, after the commit, each comment once.

A comment teaches what staff said of it last (approved: no spam; marked as spam: spam), as long as it
stands as they left it and says what it said then. Whatever changes that sets CommentText.is_to_learn;
the worker compares what it should teach with what it has taught, so that looking twice changes nothing.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from forum.discussions.models import Comment, CommentText, Event, State
from forum.moderation.models import Lesson, SpamWord
from forum.moderation.spam import bayes, features, table

AT_ONCE = 200  # comments in one transaction
LINE_FROM = 2_000  # lessons, the latest, by which the line is drawn
DRAWN_AT_ONCE = 500  # lessons, up to which it is drawn anew with each
_SPAM = frozenset({"spam"})
_HAM = frozenset({"approve", "restore", "keep"})
Words = dict[int, list[int]]  # {key: [spam, ham]}


class Verdict(NamedTuple):
    """What staff said of a comment once, and what it did to its state."""

    event_id: int
    at: datetime
    verb: str
    before: str
    after: str

    @property
    def is_spam(self) -> bool:
        return self.verb in _SPAM


def learn_decided() -> int:
    """Learn from what was decided or changed since the last time; return from how many comments.

    For settings.ERRANDS.
    """
    waiting = CommentText.objects.filter(is_to_learn=True).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        _look_at(ids)
    return len(ids)


def _look_at(ids: Sequence[int]) -> None:
    with transaction.atomic():
        table.lock()
        # Who decides just now waits for the text, and sets it to be looked at again.
        rows = CommentText.objects.select_for_update(no_key=True, skip_locked=True)
        held = list(rows.filter(pk__in=ids, is_to_learn=True).values_list("pk", flat=True))
        _learn(held)
        CommentText.objects.filter(pk__in=held).update(is_to_learn=False)
    table.look_again()


def forget_gone() -> str:
    """Unlearn the comments that were deleted for good; return what was done, in words."""
    rows = Lesson.objects.filter(~Exists(Comment.objects.filter(pk=OuterRef("pk"))))
    gone = list(rows.values_list("pk", flat=True))
    for ids in _parts(gone):
        with transaction.atomic():
            table.lock()
            _learn(ids)
    return f"lessons of comments that are gone: {len(gone):,} forgotten"


def learn_all() -> tuple[int, int]:
    """Forget everything and learn it anew from the decisions; return how many lessons of (spam, ham).

    In parts, so that nobody waits to post meanwhile; a worker finishes what is cut short.
    """
    verdicts = _standing(Event.objects.all())
    # In the order in which they were made, so that each is scored by what was known then.
    ordered = sorted(verdicts, key=lambda pk: verdicts[pk].event_id)
    with transaction.atomic():
        table.lock()
        Lesson.objects.all().delete()
        SpamWord.objects.exclude(key=SpamWord.TOTAL).delete()
        SpamWord.objects.update(spam=0, ham=0)
    for ids in _parts(ordered):
        CommentText.objects.filter(pk__in=ids).update(is_to_learn=True)
    for ids in _parts(ordered):
        _look_at(ids)
    total = SpamWord.objects.get(key=SpamWord.TOTAL)
    return total.spam, total.ham


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def draw_line() -> str:
    """Draw the line anew from which a comment is held; return what was done, in words. For TICKS."""
    with transaction.atomic():
        table.lock()
        line = _draw_line()
    return f"spam is held from a score of {line}"


def _draw_line() -> int:
    """Draw the line by the latest comments that are no spam, each as if it had not been learned. Under
    the lock.
    """
    rows = Lesson.objects.filter(is_spam=False).order_by("-event_id").values_list("keys", flat=True)
    latest = [_unpacked(keys) for keys in rows[:LINE_FROM]]
    counts = table.read({key for keys in latest for key in keys})
    total = counts.get(SpamWord.TOTAL, (0, 0))
    line = bayes.FIRST_LINE
    if bayes.is_taught(total):
        found = ([counts[key] for key in keys if key in counts] for keys in latest)
        line = bayes.line(bayes.score_without(each, total, is_spam=False) for each in found)
    table.write({SpamWord.LINE: (line, 0)})
    return line


def _learn(comment_ids: Sequence[int]) -> None:
    """Make the counts agree with what these comments teach now. Under the lock."""
    wanted = dict(_wanted(comment_ids))
    held = Lesson.objects.in_bulk(comment_ids)
    changed = [
        pk
        for pk in comment_ids
        if (pk in wanted) != (pk in held)
        or (pk in wanted and wanted[pk][0].event_id != held[pk].event_id)
    ]
    if not changed:
        return
    keys = {key for pk in changed if pk in held for key in _unpacked(held[pk].keys)}
    keys |= {key for pk in changed if pk in wanted for key in wanted[pk][1]}
    counts: Words = defaultdict(lambda: [0, 0])
    for key, (spam, ham) in table.read(keys).items():
        counts[key] = [spam, ham]
    line = counts.pop(SpamWord.LINE, None)
    for pk in changed:
        if pk in held:
            _count(counts, _unpacked(held[pk].keys), held[pk].is_spam, -1)
    Lesson.objects.filter(pk__in=[pk for pk in changed if pk in held]).delete()
    lessons = []
    fresh = [pk for pk in changed if pk in wanted]
    for pk in sorted(fresh, key=lambda pk: wanted[pk][0].event_id):
        verdict, has = wanted[pk]
        lessons.append(_lesson(pk, verdict, has, counts))
        _count(counts, has, verdict.is_spam, +1)
    Lesson.objects.bulk_create(lessons)
    table.write({key: (spam, ham) for key, (spam, ham) in counts.items()})
    if line is None or sum(counts[SpamWord.TOTAL]) < DRAWN_AT_ONCE:
        _draw_line()  # later, once an hour


def _lesson(pk: int, verdict: Verdict, keys: list[int], counts: Words) -> Lesson:
    """Return the lesson, with the score that its text has before it is learned."""
    total = counts[SpamWord.TOTAL]
    score = None
    if bayes.is_taught((total[0], total[1])):
        pairs = [(counts[key][0], counts[key][1]) for key in keys if key in counts]
        score = bayes.score(pairs, (total[0], total[1]))
    return Lesson(
        comment_id=pk,
        is_spam=verdict.is_spam,
        event_id=verdict.event_id,
        at=verdict.at,
        score=score,
        keys=struct.pack(f"<{len(keys)}I", *keys),
    )


def _count(counts: Words, keys: Iterable[int], is_spam: bool, change: int) -> None:
    at = 0 if is_spam else 1
    for key in (SpamWord.TOTAL, *keys):
        counts[key][at] += change


def _unpacked(keys: bytes | memoryview) -> list[int]:
    return list(struct.unpack(f"<{len(keys) // 4}I", keys))


def _wanted(comment_ids: Sequence[int]) -> Iterator[tuple[int, tuple[Verdict, list[int]]]]:
    """Yield (comment, (verdict, keys)) of those among these that teach something now."""
    verdicts = _standing(Event.objects.filter(comment_id__in=comment_ids))
    rows = CommentText.objects.filter(pk__in=list(verdicts)).order_by("pk")
    fields = ("pk", "body", "comment__state", "comment__edited_at")
    for pk, body, state, edited_at in rows.values_list(*fields):
        verdict = verdicts[pk]
        stands = state == (State.SPAM if verdict.is_spam else State.PUBLIC)
        if stands and (edited_at is None or edited_at < verdict.at):
            yield pk, (verdict, features.of(body))


def _standing(events: Any) -> dict[int, Verdict]:
    """Return what staff said last of each comment and was not taken back, where that was spam or no spam."""
    said: dict[int, list[Verdict]] = defaultdict(list)
    undone: dict[int, list[Verdict]] = defaultdict(list)
    rows: Any = events.verdicts().filter(comment_id__isnull=False).order_by("pk")
    fields = ("comment_id", "pk", "at", "verb", "before", "after")
    for comment_id, *values in rows.values_list(*fields).iterator(chunk_size=2_000):
        one = Verdict(*values)
        if one.verb != "undo":
            said[comment_id].append(one)
        else:
            _take_back(one, said[comment_id], undone[comment_id])
    last = {pk: stack[-1] for pk, stack in said.items() if stack}
    return {pk: verdict for pk, verdict in last.items() if verdict.verb in _SPAM | _HAM}


def _take_back(undo: Verdict, said: list[Verdict], undone: list[Verdict]) -> None:
    """Follow an undo: it takes the last verdict back, or puts one that was taken back in force again (an
    appeal that was won no more). Others, of a lock or a text, say nothing here.
    """
    last = said[-1] if said else None
    if last and (
        undo.before == last.verb or (undo.before, undo.after) == (last.after, last.before)
    ):
        undone.append(said.pop())
    elif undone and undone[-1].after == undo.after:
        said.append(undone.pop())
