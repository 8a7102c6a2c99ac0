"""Taking a decision of staff back within 30 days, unless something happened meanwhile."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import (
    Comment,
    Decision,
    Event,
    HeldEdit,
    Revision,
    State,
    Thread,
    Topic,
)
from forum.discussions.services.acts import as_text, in_transaction, log
from forum.discussions.services.editing import take_comment
from forum.discussions.services.states import MODERATION, change_state
from forum.discussions.services.topics import settings_of


def undo(*, decision_id: int, by: Reader) -> Decision:
    """Take a decision back; the event says "undo" and what it was.

    Raises Decision.DoesNotExist; ValidationError: undone-already, too-late, changed-meanwhile.
    """

    def write() -> Decision:
        decision = Decision.objects.select_related("event").get(pk=decision_id)
        if decision.undone_at:
            raise ValidationError(_("This was undone already."), "undone-already")
        if not decision.is_undoable:
            raise ValidationError(_("The 30 days for undoing this are over."), "too-late")
        try:
            topic_ids = _WAYS[decision.event.verb](decision.event, decision.details, by)
        except (Comment.DoesNotExist, Revision.DoesNotExist, Topic.DoesNotExist):
            refuse()
        rows = Decision.objects.filter(pk=decision_id, undone_at=None)
        if not rows.update(undone_at=timezone.now()):
            raise ValidationError(_("This was undone already."), "undone-already")
        tree.recount_topics(*topic_ids)
        return decision

    return in_transaction(write)


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
    now, _event = change_state(
        comment.pk, event.before, frozenset({event.after}), "undo", by, details["reason"]
    )
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
        for start in range(0, len(pks), 500):
            waiting.filter(pk__in=pks[start : start + 500]).update(state=state, state_at=now)
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
    text.body, text.body_format = earlier.body, earlier.body_format
    text.body_html = markup.render(earlier.body, earlier.body_format)
    text.html_version = markup.HTML_VERSION
    text.save(update_fields=["body", "body_format", "body_html", "html_version"])
    earlier.delete()
    Revision.objects.filter(comment=comment, redacted_at=details["at"]).update(redacted_at=None)
    changes = {"edited_at": _moment(details["edited_at"])}
    if "staff_edited_at" in details:
        changes["staff_edited_at"] = _moment(details["staff_edited_at"])
    Comment.objects.filter(pk=comment.pk).update(**changes)
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


def _dropped_edit(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    comment = take_comment(event.comment_id or 0)
    if as_text(comment.edited_at) != details["at"] or HeldEdit.objects.filter(comment=comment):
        refuse()
    dropped = Revision.objects.get(pk=details["revision"])
    _hold_again(comment, dropped.body, details)
    dropped.delete()
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
    comment = _take(event)
    now = timezone.now()
    if comment.locked_at or not tree.lock_branch(comment.pk, thread_id=comment.thread_id, at=now):
        refuse()
    _tell(event, comment, comment.thread.topic_id, by)
    return [comment.thread.topic_id]


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


_WAYS: dict[str, Callable[[Event, dict[str, Any], Reader], list[int]]] = {
    **dict.fromkeys(MODERATION, _state),
    "purge": _purge,
    "redact": _text,
    "edit-staff": _text,
    "edit-accept": _text,
    "edit-drop": _dropped_edit,
    "detach": _detach,
    "merge": _merge,
    "move": _move,
    "lock-branch": _lock,
    "open-branch": _open,
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
