"""Appeals: what an author says against a decision; once a decision, and decided by somebody else.

Where nobody else is there to decide, who decided first may decide again, and the page says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import notices, tree
from forum.discussions.models import (
    REPORT_CHARS,
    UNDO_WINDOW,
    Appeal,
    Comment,
    Decision,
    Event,
    State,
)
from forum.discussions.services.acts import as_text, in_transaction, log, undoable
from forum.discussions.services.deciding import decides_in, is_own
from forum.discussions.services.settling import settle, tell_author_inside, tell_reporters
from forum.discussions.services.states import change_state
from forum.discussions.services.undoing import take_back

APPEAL_WINDOW = timedelta(days=180)  # against what can be set right later than UNDO_WINDOW too
KEPT, OVERTURNED = Appeal.Outcome.KEPT, Appeal.Outcome.OVERTURNED
# Decisions about a comment that its author can appeal against. Not spam: a spammer learns nothing.
STATE_VERBS = ("remove", "hold")
TEXT_VERBS = ("redact", "edit-staff", "edit-drop", "fold")
APPEALABLE = (*STATE_VERBS, *TEXT_VERBS)
OTHERS_ASKED = 50  # moderators, at most, who might decide in somebody's place
RIGHT = "discussions.moderate_comment"


def appealable(comment: Comment) -> Event | None:
    """Return the decision about a comment that can be appealed against now; None if none can.

    The last one that is in force, that nobody appealed against, and that is not too long ago. Two
    queries at most.
    """
    if comment.state == State.SPAM:
        return None
    rows = Event.objects.filter(comment_id=comment.pk, verb__in=APPEALABLE, appeal=None)
    for event in rows.select_related("decision").order_by("-pk")[:10]:
        if is_in_force(event, comment) and timezone.now() < appeal_until(event):
            return event
    return None


def appeal_until(event: Event) -> datetime:
    """Return until when this decision can be appealed against."""
    return event.at + (APPEAL_WINDOW if event.verb in STATE_VERBS else UNDO_WINDOW)


def is_in_force(event: Event, comment: Comment) -> bool:
    """Return True if the comment is still as this decision left it."""
    decision: Decision | None = getattr(event, "decision", None)
    if decision and decision.undone_at:
        return False
    if event.verb not in STATE_VERBS:
        return decision is not None and comment.state in (State.PUBLIC, State.HELD)
    if comment.state != event.after:
        return False
    return decision is None or decision.details.get("at") == as_text(comment.state_at)


def appeal(*, comment_id: int, by: Reader, words: str) -> Appeal:
    """The author says what speaks against the decision that is in force.

    Raises ValidationError: not-yours, words-missing, words-long, appeal-none (nothing can be appealed
    against, or that was done already), moved.
    """
    words = words.replace("\x00", " ").strip()
    if not words:
        raise ValidationError(_("Please say why you think so."), "words-missing")
    if len(words) > REPORT_CHARS:
        text = _("At most %(most)s characters, please; these are %(length)s.")
        given = {"most": f"{REPORT_CHARS:,}", "length": f"{len(words):,}"}
        raise ValidationError(text, "words-long", given)

    def write() -> Appeal:
        tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        if not comment.is_by(by):
            raise ValidationError(_("Only its author can do that."), "not-yours")
        event = appealable(comment)
        if event is None:
            text = _("There is no decision here that you could appeal against, or you did already.")
            raise ValidationError(text, "appeal-none")
        log(by, "appeal", comment, comment.thread.topic_id, before=event.verb, reason=event.reason)
        return Appeal.objects.create(event=event, comment=comment, words=words)

    return in_transaction(write)


# -------------------------------------------------------------------------------- who decides, and how


@dataclass(frozen=True)
class Judge:
    """Whether somebody may decide an appeal; `is_alone`: they decided before, and nobody else can."""

    may: bool
    is_alone: bool = False
    words: str = ""


def judge_of(appeal: Appeal, by: Reader) -> Judge:
    """Say whether `by` may decide; two queries at most. Nobody decides about their own comment."""
    if not by.user or not by.may_moderate():
        return Judge(False, words=_("You may not decide this."))
    if is_own(appeal.comment, by):
        return Judge(False, words=_("The comment is yours: somebody else decides."))
    topic_id = appeal.comment.thread.topic_id
    if not decides_in(by, topic_id):
        return Judge(False, words=_("You moderate other films or categories."))
    if appeal.event.actor_id != by.user.pk:
        return Judge(True)
    others = User.objects.with_perm(RIGHT, backend=settings.AUTHENTICATION_BACKENDS[0])
    others = others.filter(is_staff=True).exclude(
        pk__in=[by.user.pk, appeal.comment.member_id or 0]
    )
    if any(decides_in(Reader(user=one), topic_id) for one in others[:OTHERS_ASKED]):
        return Judge(
            False, words=_("You made this decision: another moderator decides the appeal.")
        )
    return Judge(True, is_alone=True)


def decide_appeal(*, appeal_id: int, by: Reader, outcome: str, answer: str) -> Appeal:
    """Staff: keep a decision (with an answer to its author) or take it back.

    Raises Appeal.DoesNotExist; ValidationError: outcome-unknown, answer-missing, answer-long,
    not-allowed, decided-already, changed-meanwhile, moved.
    """
    answer = answer.replace("\x00", " ").strip()
    if outcome not in (KEPT, OVERTURNED):
        raise ValidationError(_("Please choose what becomes of the decision."), "outcome-unknown")
    if outcome == KEPT and not answer:
        raise ValidationError(_("Please tell the author why it stays."), "answer-missing")
    if len(answer) > REPORT_CHARS:
        text = _("At most %(most)s characters, please.") % {"most": f"{REPORT_CHARS:,}"}
        raise ValidationError(text, "answer-long")

    def write() -> Appeal:
        found = Appeal.objects.select_related("event").get(pk=appeal_id)
        tree.lock_thread_of(found.comment_id)
        found.comment = Comment.objects.with_text().get(pk=found.comment_id)
        judge = judge_of(found, by)
        if not judge.may:
            raise ValidationError(judge.words, "not-allowed")
        is_undone = outcome == OVERTURNED and _take_back(found, by)
        _decided(found, by, outcome, answer, is_undone)
        return found

    return in_transaction(write)


def _decided(found: Appeal, by: Reader, outcome: str, answer: str, is_undone: bool) -> None:
    """Write what was decided, and tell the author; the last of its transaction."""
    before, comment = found.event, found.comment
    verb = "appeal-kept" if outcome == KEPT else "appeal-won"
    topic_id = comment.thread.topic_id
    event = log(by, verb, comment, topic_id, before=before.verb, reason=before.reason)
    changes = {"decided_at": event.at, "decided_by": by.user, "outcome": outcome, "answer": answer}
    if not Appeal.objects.open().filter(pk=found.pk).update(**changes):
        raise ValidationError(_("This appeal was decided already."), "decided-already")
    for name, value in changes.items():
        setattr(found, name, value)
    if outcome == KEPT or (before.verb in STATE_VERBS and is_undone):
        undoable(event, before=before.pk)
    notices.tell_author(comment, verb, by=by, message=answer)
    tell_author_inside(comment, by)


def _take_back(found: Appeal, by: Reader) -> bool:
    """Undo the decision and return True; where its time for that is over, bring the comment back
    before readers, as a decision of its own.
    """
    decision = Decision.objects.select_related("event").filter(event=found.event).first()
    if decision and decision.undone_at is None:
        take_back(decision, by)
        return True
    comment = found.comment
    if found.event.verb not in STATE_VERBS or comment.state != found.event.after:
        text = _("Something happened here meanwhile, so this cannot be undone any more.")
        raise ValidationError(text, "changed-meanwhile")
    verb = "restore" if comment.state == State.REMOVED else "approve"
    now, event = change_state(comment.pk, State.PUBLIC, frozenset({comment.state}), verb, by, "")
    undoable(event, at=as_text(now.state_at), reason=comment.reason)
    settle(now, event)
    tree.recount_topics(now.thread.topic_id)
    tell_reporters(event)
    return False
