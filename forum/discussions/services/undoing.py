"""Taking a decision of staff back within 30 days, unless something happened meanwhile."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import (
    Caution,
    Comment,
    CommentText,
    Decision,
    Event,
    HeldEdit,
    Removed,
    Revision,
    State,
    Thread,
    Topic,
)
from forum.discussions.services.acts import as_text, in_transaction, log
from forum.discussions.services.branches import refuse_too_many, set_fold
from forum.discussions.services.deciding import (
    refuse_decision,
    refuse_foreign,
    refuse_person,
)
from forum.discussions.services.editing import take_comment
from forum.discussions.services.people import close_account
from forum.discussions.services.removing import bring_everything_back
from forum.discussions.services.sanctions import rows_of, unsettle
from forum.discussions.services.settling import (
    reopen,
    reopen_appeals,
    settle,
    tell_no_more,
    win_appeal,
)
from forum.discussions.services.states import MODERATION, change_state
from forum.discussions.services.topics import raise_versions_of, settings_of
from forum.discussions.services.waiting import keep_due, keep_thread
from forum.discussions.services.wording import tell, worded


def undo(*, decision_id: int, by: Reader) -> Decision:
    """Take a decision back; the event says "undo" and what it was.

    Raises Decision.DoesNotExist; ValidationError: undone-already, too-late, changed-meanwhile,
    own-comment, out-of-scope, not-allowed.
    """
    _bring_back_what_is_much(decision_id, by)

    def write() -> Decision:
        decision = Decision.objects.select_related("event").get(pk=decision_id)
        if decision.undone_at:
            raise ValidationError(_("This was undone already."), "undone-already")
        if not decision.is_undoable:
            raise ValidationError(_("The 30 days for undoing this are over."), "too-late")
        _refuse_foreign(decision.event, by)
        take_back(decision, by)
        win_appeal(decision.event, by)
        return decision

    return in_transaction(write)


def take_back(decision: Decision, by: Reader) -> None:
    """Do what `undo` says, however long ago it was, within a transaction of the caller's.

    Raises ValidationError: undone-already, changed-meanwhile.
    """
    event = decision.event
    try:
        topic_ids = _WAYS[event.verb](event, decision.details, by)
    except (Comment.DoesNotExist, Revision.DoesNotExist, Topic.DoesNotExist):
        refuse()
    rows = Decision.objects.filter(pk=decision.pk, undone_at=None)
    if not rows.update(undone_at=timezone.now()):
        raise ValidationError(_("This was undone already."), "undone-already")
    told = reopen(event)
    reopen_appeals(event)
    tree.recount_topics(*topic_ids)
    tell_no_more(told)


def _refuse_foreign(event: Event, by: Reader) -> None:
    """Raise ValidationError unless this is for `by` to take back: as for deciding it."""
    if event.comment_id:
        comment = Comment.objects.select_related("thread").filter(pk=event.comment_id).first()
        if comment:
            refuse_decision(comment, by)
    if event.topic_id:
        refuse_foreign(by, event.topic_id)
    else:
        member, pen = User.objects.filter(pk=event.member_id or 0).first(), None
        refuse_person(member, pen, by)


def _bring_back_what_is_much(decision_id: int, by: Reader) -> None:
    """Bring back what is too much for one transaction, in small ones, before the decision is undone."""
    decision = Decision.objects.select_related("event").get(pk=decision_id)
    if decision.event.verb == "remove-all" and decision.is_undoable:
        _refuse_foreign(decision.event, by)
        bring_everything_back(decision, by)


def refuse() -> NoReturn:
    words = _("Something happened here meanwhile, so this cannot be undone any more.")
    raise ValidationError(words, "changed-meanwhile")


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _take(event: Event) -> Comment:
    """Return the comment as it is, its thread locked."""
    tree.lock_thread_of(event.comment_id or 0)
    return Comment.objects.select_related("thread", "text").get(pk=event.comment_id)


def _tell(event: Event, comment: Comment, topic_id: int, by: Reader) -> None:
    log(by, "undo", comment, topic_id, before=event.verb)


# Each way below locks, looks whether all is still as the decision left it, puts back what was, writes
# its event and returns the topics that are to be counted again, whose locks come last.


def _state(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    if comment.state != event.after or as_text(comment.state_at) != details["at"]:
        refuse()
    if newcomer_at := _moment(details.get("newcomer_at", "")):
        Comment.objects.filter(pk=comment.pk).update(newcomer_at=newcomer_at)
    if event.before == event.after:  # staff were asked about it, and it stayed as it was
        CommentText.objects.filter(pk=comment.pk).update(is_to_learn=True)
        _tell(event, comment, comment.thread.topic_id, by)
        return []
    now, _event = change_state(
        comment.pk, event.before, frozenset({event.after}), "undo", by, details["reason"]
    )
    if held_at := _moment(details.get("held_at", "")):  # it has waited since then
        now.state_at = held_at
        Comment.objects.filter(pk=now.pk).update(state_at=held_at)
        keep_due(now)
    return [now.thread.topic_id]


def _purge(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    if comment.state != State.PURGED:
        refuse()
    by_state: dict[str, list[int]] = {}
    for pk, state in details["states"].items():
        by_state.setdefault(state, []).append(int(pk))
    waiting, now = (
        Comment.objects.in_thread(comment.thread_id).in_state(State.PURGED),
        timezone.now(),
    )
    for state, pks in by_state.items():
        changes = {"state": state, "state_at": now, "due_at": now if state == State.HELD else None}
        for start in range(0, len(pks), 500):
            waiting.filter(pk__in=pks[start : start + 500]).update(**changes)
    keep_thread(comment.thread_id)
    log(by, "undo", comment, comment.thread.topic_id, before=State.PURGED, after=event.before)
    tree.recount_threads(comment.thread_id)
    return [comment.thread.topic_id]


def _text(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """A redaction, an edit by staff, or an edit that was accepted: the earlier text comes back."""
    comment = take_comment(event.comment_id or 0)
    if as_text(comment.edited_at) != details["at"] or HeldEdit.objects.filter(comment=comment):
        refuse()
    earlier, text = Revision.objects.get(pk=details["revision"]), comment.text
    if event.verb == "edit-accept":
        _hold_again(comment, text.body, details)
    text.body, text.body_format, text.is_to_learn = earlier.body, earlier.body_format, True
    html, people = worded(earlier.body, comment.thread.topic_id, earlier.body_format)
    text.show(html)
    text.save(update_fields=["body", "body_format", "is_to_learn", *text.SHOWN])
    tell(comment, people)
    earlier.delete()
    Revision.objects.filter(comment=comment, redacted_at=details["at"]).update(redacted_at=None)
    changes = {"edited_at": _moment(details["edited_at"])}
    if "staff_edited_at" in details:
        changes["staff_edited_at"] = _moment(details["staff_edited_at"])
    Comment.objects.filter(pk=comment.pk).update(**changes)
    keep_due(comment)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _dropped_edit(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = take_comment(event.comment_id or 0)
    if as_text(comment.edited_at) != details["at"] or HeldEdit.objects.filter(comment=comment):
        refuse()
    dropped = Revision.objects.get(pk=details["revision"])
    _hold_again(comment, dropped.body, details)
    dropped.delete()
    keep_due(comment)
    _tell(event, comment, comment.thread.topic_id, by)
    return []


def _hold_again(comment: Comment, body: str, details: dict[str, Any]) -> None:
    created_at = datetime.fromisoformat(details["created_at"])
    HeldEdit.objects.create(comment=comment, body=body, code=details["code"], created_at=created_at)


def _detach(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    root_id, parent_id = event.comment_id or 0, details["parent"]
    thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=root_id)
    target_id = Comment.objects.values_list("thread_id", flat=True).get(pk=parent_id)
    if thread_id == target_id:
        refuse()
    tree.lock(thread_id, target_id)
    root = Comment.objects.select_related("thread").get(pk=root_id)
    parent = Comment.objects.select_related("thread").get(pk=parent_id)
    if (root.thread_id, parent.thread_id) != (thread_id, target_id):
        raise tree.Moved
    home_id = root.thread.topic_id
    if root.parent_id or home_id != details["topic"] or parent.state == State.PURGED:
        refuse()
    tree.keep_number(root, home_id)
    tree.merge(thread_id, under_id=parent_id, target_id=target_id, ordinal=details["ordinal"])
    tree.recount_threads(target_id)
    root = Comment.objects.get(pk=root_id)
    _tell(event, root, parent.thread.topic_id, by)
    return [home_id, parent.thread.topic_id]


def _merge(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    home_id = details["home"]
    if comment.parent_id != details["under"] or not Topic.objects.filter(pk=home_id).exists():
        refuse()
    topic_id = comment.thread.topic_id
    tree.keep_number(comment, topic_id)
    thread = tree.detach(comment.pk, source_id=comment.thread_id, topic_id=home_id)
    tree.number_thread(thread.pk, details["ordinal"])
    Thread.objects.filter(pk=thread.pk).update(pinned_at=_moment(details.get("pinned", "")))
    tree.recount_threads(comment.thread_id, thread.pk)
    _tell(event, Comment.objects.get(pk=comment.pk), home_id, by)
    return [topic_id, home_id]


def _move(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    root = _take(event)
    home_id, topic_id = details["home"], root.thread.topic_id
    if root.parent_id or topic_id != details["topic"]:
        refuse()
    if Thread.objects.filter(topic_id=home_id, ordinal=details["ordinal"]).exists():
        refuse()
    tree.keep_number(root, topic_id)
    tree.move(root, topic_id=Topic.objects.get(pk=home_id).pk)
    tree.number_thread(root.thread_id, details["ordinal"])
    pinned_at = _moment(details.get("pinned", ""))
    Thread.objects.filter(pk=root.thread_id).update(pinned_at=pinned_at)
    _tell(event, root, home_id, by)
    return [topic_id, home_id]


def _lock(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    since = _moment(details["at"])
    if not tree.unlock_branch(comment.pk, thread_id=comment.thread_id, since=since):
        refuse()
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _open(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """What was locked is locked again since when it was, and below a locked top what came since."""
    comment = _take(event)
    if Comment.objects.in_branch(comment.pk).filter(locked_at__isnull=False).exists():
        refuse()
    locks = details.get("locks") or {as_text(timezone.now()): [comment.pk]}
    for at, ids in locks.items():
        for start in range(0, len(ids), 500):
            some = Comment.objects.in_branch(comment.pk).filter(pk__in=ids[start : start + 500])
            some.update(locked_at=_moment(at))
    top_at = Comment.objects.values_list("locked_at", flat=True).get(pk=comment.pk)
    if top_at:
        tree.lock_branch(comment.pk, thread_id=comment.thread_id, at=top_at)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _fold(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment, at = _take(event), _moment(details["at"])
    if comment.folded_at != (at if event.verb == "fold" else None):
        refuse()
    set_fold(comment, *((None,) if event.verb == "fold" else (at, details["reason"])))
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _slow(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """What the branch had before comes back, and what was replied since has what most of it had."""
    comment = _take(event)
    if comment.slow_s != details["now"]:
        refuse()
    branch = Comment.objects.in_branch(comment.pk).filter(slow_s=details["now"])
    branch.update(slow_s=details["usual"])
    for had, ids in details["others"].items():
        for start in range(0, len(ids), 500):
            some = Comment.objects.in_branch(comment.pk).filter(pk__in=ids[start : start + 500])
            some.update(slow_s=int(had) or None)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _pin(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    thread, at = comment.thread, _moment(details["at"])
    if comment.parent_id or thread.pinned_at != (at if event.verb == "pin" else None):
        refuse()
    if event.verb == "unpin":
        refuse_too_many(thread)
    Thread.objects.filter(pk=thread.pk).update(pinned_at=None if event.verb == "pin" else at)
    _tell(event, comment, thread.topic_id, by)
    return [thread.topic_id]


def _feature(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment, at = _take(event), _moment(details["at"])
    if comment.featured_at != (at if event.verb == "feature" else None):
        refuse()
    back = None if event.verb == "feature" else at
    Comment.objects.filter(pk=comment.pk).update(featured_at=back)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _split(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """The replies go back to their places; the words that began the thread are taken away, and what
    answers those stays under them.
    """
    root_id, parent_id = details["root"], event.comment_id or 0
    thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=root_id)
    target_id = Comment.objects.values_list("thread_id", flat=True).get(pk=parent_id)
    if thread_id == target_id:
        refuse()
    tree.lock(thread_id, target_id)
    root = Comment.objects.select_related("thread").get(pk=root_id)
    parent = Comment.objects.select_related("thread").get(pk=parent_id)
    if (root.thread_id, parent.thread_id) != (thread_id, target_id):
        raise tree.Moved
    home_id = root.thread.topic_id
    replies = list(Comment.objects.filter(pk__in=details["replies"], parent_id=root_id))
    is_whole = len(replies) == len(details["replies"]) and home_id == details["topic"]
    if not is_whole or parent.state == State.PURGED or root.state == State.PURGED:
        refuse()
    tree.keep_numbers(replies, home_id)
    ordinals = {int(pk): ordinal for pk, ordinal in details["replies"].items()}
    tree.transplant(ordinals, source_id=thread_id, target_id=target_id, under_id=parent_id)
    if root.state in (State.PUBLIC, State.HELD):
        change_state(root_id, State.REMOVED, frozenset({root.state}), "undo", by, "")
    tree.recount_threads(thread_id, target_id)
    _tell(event, parent, parent.thread.topic_id, by)
    return [home_id, parent.thread.topic_id]


def _topic(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    topic = Topic.objects.select_for_update(no_key=True).get(pk=event.topic_id or 0)
    now = settings_of(topic)
    if any(now[name] != value for name, value in details["after"].items()):
        refuse()
    for name, value in details["before"].items():
        setattr(topic, name, _moment(value) if name.endswith("_at") else value)
    topic.save(update_fields=list(details["before"]))
    log(by, "undo", None, topic.pk, before=event.verb)
    return [topic.pk]


def _appeal(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """The appeal waits again; the decision that was taken back by it stands as before."""
    comment, decision = (
        _take(event),
        Decision.objects.select_related("event").filter(event=details["before"]).first(),
    )
    if event.verb == "appeal-kept":
        _tell(event, comment, comment.thread.topic_id, by)
        return []
    if decision is None or comment.state != decision.event.before:
        refuse()
    was = decision.event
    now, _event = change_state(
        comment.pk, was.after, frozenset({was.before}), "undo", by, was.reason
    )
    details = decision.details | {"at": as_text(now.state_at)}
    Decision.objects.filter(pk=decision.pk).update(undone_at=None, details=details)
    settle(now, was)
    return [now.thread.topic_id]


def _told_of(event: Event, by: Reader) -> list[int]:
    """Write the event of an undo about a person, a rule or a block; no topic is touched."""
    member = User(pk=event.member_id) if event.member_id else None
    guest = Pen(pk=event.guest_id) if event.guest_id else None
    log(by, "undo", None, None, before=event.verb, after=event.after, member=member, guest=guest)
    return []


def _person(event: Event) -> Reader:
    """Return whom a decision was about, as they are, their row locked; refuse if they are gone."""
    if event.member_id:
        members = User.objects.select_for_update(no_key=True).filter(pk=event.member_id)
        found = Reader(user=members.first())
    else:
        pens = Pen.objects.select_for_update(no_key=True).filter(pk=event.guest_id or 0)
        found = Reader(pen=pens.first())
    if not found.is_known:
        refuse()
    return found


def _closing(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """A suspension or a ban: the account or pen is opened again."""
    if event.member_id:
        raise_versions_of(User(pk=event.member_id))
    who = _person(event)
    until = _moment(details["until"])
    if who.user:
        if who.user.is_active or who.user.suspended_until != until:
            refuse()
        User.objects.filter(pk=who.user.pk).update(is_active=True, suspended_until=None)
    elif who.pen:
        if not who.pen.closed_at or who.pen.closed_until != until:
            refuse()
        Pen.objects.filter(pk=who.pen.pk).update(closed_at=None, closed_until=None)
    return _told_of(event, by)


def _opening(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """An account or pen that was opened again: it is closed as it was, unless that time is over."""
    if event.member_id:
        raise_versions_of(User(pk=event.member_id))
    who = _person(event)
    until, now = _moment(details["until"]), timezone.now()
    if until and until <= now:
        refuse()
    if who.user:
        if not who.user.is_active:
            refuse()
        close_account(who.user, until)
    elif who.pen:
        if who.pen.closed_at:
            refuse()
        Pen.objects.filter(pk=who.pen.pk).update(closed_at=now, closed_until=until)
    return _told_of(event, by)


def _person_hold(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    who = _person(event)
    if as_text(who.row.held_at) != details["after"]:
        refuse()
    rows_of(who.row).filter(pk=who.row.pk).update(held_at=_moment(details["before"]))
    return _told_of(event, by)


def _warning(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """A warning is withdrawn, read or not; it stays in the person's history, as taken back."""
    who = _person(event)
    caution = Caution.objects.filter(pk=details["caution"], withdrawn_at=None)
    if not caution.update(withdrawn_at=timezone.now()):
        refuse()
    unsettle(who)
    return _told_of(event, by)


def _everything(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    if Removed.objects.filter(decision__event=event).exists():
        refuse()  # some went meanwhile: the next undo brings those back too
    return _told_of(event, by)


def _block(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    rows = Block.objects.in_force().filter(pk=details["block"])
    if not rows.update(lifted_at=timezone.now()):
        refuse()
    return _told_of(event, by)


def _unblock(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    rows = Block.objects.filter(pk=details["block"], until__gt=timezone.now())
    if not rows.exclude(lifted_at=None).exclude(value="").update(lifted_at=None):
        refuse()
    return _told_of(event, by)


_WAYS: dict[str, Callable[[Event, dict[str, Any], Reader], list[int]]] = {
    **dict.fromkeys(MODERATION, _state),
    "purge": _purge,
    "redact": _text,
    "edit-staff": _text,
    "edit-accept": _text,
    "edit-drop": _dropped_edit,
    "appeal-kept": _appeal,
    "appeal-won": _appeal,
    "detach": _detach,
    "merge": _merge,
    "move": _move,
    "lock-branch": _lock,
    "open-branch": _open,
    "suspend": _closing,
    "ban": _closing,
    "reinstate": _opening,
    "hold-person": _person_hold,
    "free-person": _person_hold,
    "warn": _warning,
    "remove-all": _everything,
    "block": _block,
    "unblock": _unblock,
    "fold": _fold,
    "unfold": _fold,
    "slow": _slow,
    "slow-off": _slow,
    "pin": _pin,
    "unpin": _pin,
    "feature": _feature,
    "unfeature": _feature,
    "split": _split,
    **dict.fromkeys(
        (
            "lock",
            "unlock",
            "close",
            "notice",
            "notice-off",
            "hold-all",
            "hold-no-more",
            "hold-guests",
            "free-guests",
        ),
        _topic,
    ),
}
