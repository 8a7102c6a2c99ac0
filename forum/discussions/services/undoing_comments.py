"""How what staff decided about comments, branches and talks is taken back: a way for each verb.

Each locks, looks whether all is still as the decision left it, puts back what was, writes its event
and returns the topics that are to be counted again, whose locks come last.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import (
    Comment,
    CommentText,
    Decision,
    Event,
    HeldEdit,
    Revision,
    State,
    Thread,
    Topic,
)
from forum.discussions.services.acts import WayBack, as_text, from_text, log, refuse_to_undo
from forum.discussions.services.branches import refuse_too_many, set_fold
from forum.discussions.services.editing import CHANGED, take_comment
from forum.discussions.services.settling import settle
from forum.discussions.services.states import MODERATION, change_state
from forum.discussions.services.topics import settings_of
from forum.discussions.services.waiting import keep_due, keep_thread
from forum.discussions.services.wording import tell, worded


def _take(event: Event) -> Comment:
    """Return the comment as it is, its thread locked."""
    tree.lock_thread_of(event.comment_id or 0)
    return Comment.objects.select_related("thread", "text").get(pk=event.comment_id)


def _tell(event: Event, comment: Comment, topic_id: int, by: Reader) -> None:
    log(by, "undo", comment, topic_id, before=event.verb)


def _in_two_threads(root_id: int, parent_id: int) -> tuple[Comment, Comment]:
    """Return both comments as they are, their threads locked; refuse if one is gone or they stand in
    one thread.
    """
    homes = tree.lock_threads_of([root_id, parent_id])
    if len(set(homes.values())) < 2:
        refuse_to_undo()
    rows = Comment.objects.select_related("thread").in_bulk([root_id, parent_id])
    return rows[root_id], rows[parent_id]


def _state(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    if comment.state != event.after or as_text(comment.state_at) != details["at"]:
        refuse_to_undo()
    if newcomer_at := from_text(details.get("newcomer_at", "")):
        Comment.objects.filter(pk=comment.pk).update(newcomer_at=newcomer_at)
    if event.before == event.after:  # staff were asked about it, and it stayed as it was
        CommentText.objects.filter(pk=comment.pk).update(is_to_learn=True)
        _tell(event, comment, comment.thread.topic_id, by)
        return []
    now, _event = change_state(
        comment.pk, event.before, frozenset({event.after}), "undo", by, details["reason"]
    )
    if held_at := from_text(details.get("held_at", "")):  # it has waited since then
        now.state_at = held_at
        Comment.objects.filter(pk=now.pk).update(state_at=held_at)
        keep_due(now)
    return [now.thread.topic_id]


def _purge(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    if comment.state != State.PURGED:
        refuse_to_undo()
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
        refuse_to_undo()
    earlier, text = Revision.objects.get(pk=details["revision"]), comment.text
    if event.verb == "edit-accept":
        _hold_again(comment, text, details)
    text.body, text.body_format, text.is_to_learn = earlier.body, earlier.body_format, True
    text.checked, text.spam_score = earlier.checked, earlier.spam_score
    html, people = worded(earlier.body, comment.thread.topic_id, earlier.body_format)
    text.show(html)
    text.save(update_fields=CHANGED)
    tell(comment, people)
    earlier.delete()
    Revision.objects.filter(comment=comment, redacted_at=details["at"]).update(redacted_at=None)
    changes = {"edited_at": from_text(details["edited_at"])}
    if "staff_edited_at" in details:
        changes["staff_edited_at"] = from_text(details["staff_edited_at"])
    Comment.objects.filter(pk=comment.pk).update(**changes)
    keep_due(comment)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _dropped_edit(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = take_comment(event.comment_id or 0)
    if as_text(comment.edited_at) != details["at"] or HeldEdit.objects.filter(comment=comment):
        refuse_to_undo()
    dropped = Revision.objects.get(pk=details["revision"])
    _hold_again(comment, dropped, details)
    dropped.delete()
    keep_due(comment)
    _tell(event, comment, comment.thread.topic_id, by)
    return []


def _hold_again(comment: Comment, said: CommentText | Revision, details: dict[str, Any]) -> None:
    HeldEdit.objects.create(
        comment=comment,
        body=said.body,
        code=details["code"],
        checked=said.checked,
        spam_score=said.spam_score,
        created_at=datetime.fromisoformat(details["created_at"]),
    )


def _detach(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    root, parent = _in_two_threads(event.comment_id or 0, details["parent"])
    thread_id, target_id, home_id = root.thread_id, parent.thread_id, root.thread.topic_id
    if root.parent_id or home_id != details["topic"] or parent.state == State.PURGED:
        refuse_to_undo()
    tree.keep_number(root, home_id)
    tree.merge(thread_id, under_id=parent.pk, target_id=target_id, ordinal=details["ordinal"])
    tree.recount_threads(target_id)
    _tell(event, Comment.objects.get(pk=root.pk), parent.thread.topic_id, by)
    return [home_id, parent.thread.topic_id]


def _merge(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    home_id = details["home"]
    if comment.parent_id != details["under"] or not Topic.objects.filter(pk=home_id).exists():
        refuse_to_undo()
    topic_id = comment.thread.topic_id
    tree.keep_number(comment, topic_id)
    thread = tree.detach(comment.pk, source_id=comment.thread_id, topic_id=home_id)
    tree.number_thread(thread.pk, details["ordinal"])
    Thread.objects.filter(pk=thread.pk).update(pinned_at=from_text(details.get("pinned", "")))
    tree.recount_threads(comment.thread_id, thread.pk)
    _tell(event, Comment.objects.get(pk=comment.pk), home_id, by)
    return [topic_id, home_id]


def _move(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    root = _take(event)
    home_id, topic_id = details["home"], root.thread.topic_id
    if root.parent_id or topic_id != details["topic"]:
        refuse_to_undo()
    if Thread.objects.filter(topic_id=home_id, ordinal=details["ordinal"]).exists():
        refuse_to_undo()
    tree.keep_number(root, topic_id)
    tree.move(root, topic_id=Topic.objects.get(pk=home_id).pk)
    tree.number_thread(root.thread_id, details["ordinal"])
    pinned_at = from_text(details.get("pinned", ""))
    Thread.objects.filter(pk=root.thread_id).update(pinned_at=pinned_at)
    _tell(event, root, home_id, by)
    return [topic_id, home_id]


def _lock(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = _take(event)
    since = from_text(details["at"])
    if not tree.unlock_branch(comment.pk, thread_id=comment.thread_id, since=since):
        refuse_to_undo()
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _open(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """What was locked is locked again since when it was, and below a locked top what came since."""
    comment = _take(event)
    if Comment.objects.in_branch(comment.pk).filter(locked_at__isnull=False).exists():
        refuse_to_undo()
    locks = details.get("locks") or {as_text(timezone.now()): [comment.pk]}
    for at, ids in locks.items():
        for start in range(0, len(ids), 500):
            some = Comment.objects.in_branch(comment.pk).filter(pk__in=ids[start : start + 500])
            some.update(locked_at=from_text(at))
    top_at = Comment.objects.values_list("locked_at", flat=True).get(pk=comment.pk)
    if top_at:
        tree.lock_branch(comment.pk, thread_id=comment.thread_id, at=top_at)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _fold(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment, at = _take(event), from_text(details["at"])
    if comment.folded_at != (at if event.verb == "fold" else None):
        refuse_to_undo()
    set_fold(comment, *((None,) if event.verb == "fold" else (at, details["reason"])))
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _slow(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """What the branch had before comes back, and what was replied since has what most of it had."""
    comment = _take(event)
    if comment.slow_s != details["now"]:
        refuse_to_undo()
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
    thread, at = comment.thread, from_text(details["at"])
    if comment.parent_id or thread.pinned_at != (at if event.verb == "pin" else None):
        refuse_to_undo()
    if event.verb == "unpin":
        refuse_too_many(thread)
    Thread.objects.filter(pk=thread.pk).update(pinned_at=None if event.verb == "pin" else at)
    _tell(event, comment, thread.topic_id, by)
    return [thread.topic_id]


def _feature(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment, at = _take(event), from_text(details["at"])
    if comment.featured_at != (at if event.verb == "feature" else None):
        refuse_to_undo()
    back = None if event.verb == "feature" else at
    Comment.objects.filter(pk=comment.pk).update(featured_at=back)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _split(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """The replies go back to their places; the words that began the thread are taken away, and what
    answers those stays under them.
    """
    root, parent = _in_two_threads(details["root"], event.comment_id or 0)
    thread_id, target_id, home_id = root.thread_id, parent.thread_id, root.thread.topic_id
    replies = list(Comment.objects.filter(pk__in=details["replies"], parent_id=root.pk))
    is_whole = len(replies) == len(details["replies"]) and home_id == details["topic"]
    if not is_whole or parent.state == State.PURGED or root.state == State.PURGED:
        refuse_to_undo()
    tree.keep_numbers(replies, home_id)
    ordinals = {int(pk): ordinal for pk, ordinal in details["replies"].items()}
    tree.transplant(ordinals, source_id=thread_id, target_id=target_id, under_id=parent.pk)
    if root.state in (State.PUBLIC, State.HELD):
        change_state(root.pk, State.REMOVED, frozenset({root.state}), "undo", by, "")
    tree.recount_threads(thread_id, target_id)
    _tell(event, parent, parent.thread.topic_id, by)
    return [home_id, parent.thread.topic_id]


def _topic(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    topic = Topic.objects.select_for_update(no_key=True).get(pk=event.topic_id or 0)
    now = settings_of(topic)
    if any(now[name] != value for name, value in details["after"].items()):
        refuse_to_undo()
    for name, value in details["before"].items():
        setattr(topic, name, from_text(value) if name.endswith("_at") else value)
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
        refuse_to_undo()
    was = decision.event
    now, _event = change_state(
        comment.pk, was.after, frozenset({was.before}), "undo", by, was.reason
    )
    details = decision.details | {"at": as_text(now.state_at)}
    Decision.objects.filter(pk=decision.pk).update(undone_at=None, details=details)
    settle(now, was)
    return [now.thread.topic_id]


WAYS: dict[str, WayBack] = {
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
