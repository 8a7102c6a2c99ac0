"""What a text must pass before it is posted or changed: settings.COMMENT_CHECKS, dotted paths.

A check is a pure function of a Draft: it returns a Verdict, or None (nothing to say). Its name is the
last part of its path. All run in their order, before any lock; the gravest answer counts: refuse over
spam over hold over public. One that raises was not run, and is a hold.

What checks need of layers above is gathered before they run: settings.COMMENT_FACTS names functions
of the draft, whose answers stand in draft.known. So the same function judges what is posted now and
what was posted in the last 30 days under rules that are only tried (forum/moderation/trying.py).
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from forum.discussions.models.states import BODY_CHARS
from forum.discussions.trust import NO_RECORD, Record

log = logging.getLogger(__name__)

PUBLIC, HOLD, SPAM, REFUSE = "public", "hold", "spam", "refuse"
NOT_RUN = "not-run"  # a result, never a verdict
_GRAVITY = (PUBLIC, HOLD, SPAM, REFUSE)
# What a check looks at, where that is known before there is a text (asks_about)
SENDING, PLACE = "sending", "place"


@dataclass(frozen=True)
class Sent:
    """How a form was sent. None of it says anything about a text that came by no form."""

    wait_s: int = 0  # over a limit: seconds to wait
    trap: str = ""  # what stands in the field that people leave empty
    asks_token: bool = False  # the form had to say when it was made
    age_s: int | None = None  # since then; None: it did not say, or says it of another form
    proof: str = ""  # of work: "good", "bad", "missing"; "": none is asked for


class Written(NamedTuple):
    """One of the author's latest comments."""

    id: int
    at: datetime
    state: str
    thread_id: int
    topic_id: int | None  # of the last day; else None
    body: str | None  # of the last minute; else None
    is_approved: bool
    reported: int  # reports of late that staff agreed with


@dataclass(frozen=True)
class Draft:
    """What a check may look at: plain values, nothing of the database."""

    body: str
    html: str
    name: str
    is_member: bool
    is_staff: bool
    is_reply: bool
    is_edit: bool
    topic_id: int
    network_key: str
    parent_id: int | None = None
    thread_id: int = 0  # of a reply
    at: datetime | None = None  # when it is posted
    topic_since: datetime | None = None  # when its talk was opened
    is_locked: bool = False  # the talk
    is_held_here: bool = False  # as staff have set the talk
    is_author_held: bool = False  # as staff have set the author
    sent: Sent | None = None  # None: by no form
    record: Record = NO_RECORD
    recent: tuple[Written, ...] = ()  # by the same author, the latest first, this one not
    known: Mapping[str, Any] = field(default_factory=dict)  # COMMENT_FACTS; None: could not be told


@dataclass(frozen=True)
class Verdict:
    """outcome: "public", "hold", "spam" or "refuse"; a code for the log, words for the person.

    `spam_score`, 0 to 1000, is kept with the text, whatever the outcome. note: what its result keeps in
    place of the code. was_run: False where the outcome stands in for an answer that could not be had.
    """

    outcome: str
    code: str = ""
    words: str = ""
    spam_score: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)  # of the words
    note: str = ""
    was_run: bool = True

    @property
    def told(self) -> str:
        """The words, with their params."""
        return self.words % self.params if self.params else self.words


class Result(NamedTuple):
    """What one check said: an outcome of a Verdict, or NOT_RUN."""

    name: str
    outcome: str
    code: str


@dataclass(frozen=True)
class Judgement(Verdict):
    """The gravest verdict, what each check said, and of what."""

    results: tuple[Result, ...] = ()
    draft: Draft = field(kw_only=True)


Check = Callable[[Draft], Verdict | None]
_NOTHING = Verdict(PUBLIC)


def asks_about(what: str) -> Callable[[Check], Check]:
    """Mark a check that can be asked before there is a text: about SENDING or about the PLACE."""

    def mark(check: Check) -> Check:
        check.asks_about = what  # type: ignore[attr-defined]
        return check

    return mark


@cache
def _load(paths: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(import_string(path) for path in paths)


def names() -> list[str]:
    """Return the names of the checks in their order."""
    return [path.rpartition(".")[2] for path in settings.COMMENT_CHECKS]


def gather(draft: Draft, facts: Sequence[str] | None = None) -> Draft:
    """Return the draft with what layers above know of it; `facts`: only these."""
    for name, path in settings.COMMENT_FACTS.items():
        if facts is not None and name not in facts:
            continue
        try:
            fact = import_string(path)(draft)
        except Exception:
            log.exception("%s could not be told of a comment", name)
            fact = None
        draft = replace(draft, known={**draft.known, name: fact})
    return draft


def run(draft: Draft, only: str = "") -> Judgement:
    """Return the gravest verdict of all checks, public where none objects, with each result.

    `only`: SENDING or PLACE, the checks that ask about it.
    """
    gravest, score, results = _NOTHING, None, []
    checks = _load(tuple(settings.COMMENT_CHECKS))
    for name, check in zip(names(), checks, strict=True):
        if only and getattr(check, "asks_about", "") != only:
            continue
        verdict = _ask(check, draft)
        score = score if verdict.spam_score is None else verdict.spam_score
        outcome = verdict.outcome if verdict.was_run else NOT_RUN
        results.append(Result(name, outcome, verdict.note or verdict.code))
        if _GRAVITY.index(verdict.outcome) > _GRAVITY.index(gravest.outcome):
            gravest = verdict
    told = vars(gravest) | {"spam_score": score}
    return Judgement(**told, results=tuple(results), draft=draft)


def _ask(check: Check, draft: Draft) -> Verdict:
    try:
        verdict = check(draft) or _NOTHING
        _GRAVITY.index(verdict.outcome)
    except Exception:
        log.exception("the check %s failed: the comment is held", check)
        words = _("A check could not be made, so a moderator reads it first.")
        return Verdict(HOLD, "check-failed", words, was_run=False)
    return verdict


def wrong_length(body: str) -> Verdict | None:
    """Refuse a text without words, and one of more than BODY_CHARS; it is asked before any parsing."""
    if not body.strip():
        return Verdict(REFUSE, "body-empty", _("Please write something before you post."))
    if len(body) > BODY_CHARS:
        words = _("A comment can have at most %(limit)s characters; this one has %(length)s.")
        told = {"limit": f"{BODY_CHARS:,}", "length": f"{len(body):,}"}
        return Verdict(REFUSE, "body-long", words % told)
    return None


def told(checked: Iterable[Sequence[str]] | None) -> list[Result]:
    """Return what each check of the settings said of a comment, from CommentText.checked.

    One that was not asked, as it came later or nothing was, is NOT_RUN; what a check said that is
    there no more stands last.
    """
    said = {one[0]: Result(*[*one, "", ""][:3]) for one in checked or ()}
    found = [said.pop(name, Result(name, NOT_RUN, "")) for name in names()]
    return [*found, *said.values()]
