"""Topics: opened, renamed, locked; and what a member's new name changes."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions.models import Comment, Event, Topic
from forum.discussions.services.acts import as_text, log, undoable
from forum.discussions.services.deciding import refuse_foreign, refuse_scoped
from forum.index import folding


def open_topic(*, title: str, by: Reader | None, is_demo: bool = False) -> Topic:
    """Open a topic in the Lobby. Raises ValidationError: title-empty, out-of-scope."""
    refuse_scoped(by)
    title = " ".join(title.split())
    if not title:
        raise ValidationError(_("A topic needs a title."), "title-empty")
    with transaction.atomic():
        topic = Topic.objects.create(
            title=title[:300], folded=folding.titles(title[:300]), is_demo=is_demo
        )
        log(by, "open", None, topic.pk)
    return topic


def rename_topic(*, topic_id: int, title: str, by: Reader | None) -> None:
    """Raises ValidationError "out-of-scope"."""
    refuse_foreign(by, topic_id)
    with transaction.atomic():
        found_by = folding.titles(title[:300])
        Topic.objects.filter(pk=topic_id).update(
            title=title[:300], folded=found_by, version=F("version") + 1
        )
        log(by, "rename", None, topic_id)


def lock_topic(*, topic_id: int, by: Reader | None, locked: bool) -> None:
    """Close a topic for new comments, or open it again."""
    set_topic(topic_id=topic_id, by=by, locked=locked)


def set_topic(
    *,
    topic_id: int,
    by: Reader | None,
    locked: bool | None = None,
    closed: bool | None = None,
    closed_words: str | None = None,
    notice: str | None = None,
    all_held: bool | None = None,
    guests_held: bool | None = None,
) -> list[Event]:
    """Change how a talk is kept; what is None stays. Return an event for each thing that changed.

    Locked: it takes no more comments. Closed: nor edits, and says so with `closed_words`; a closed
    talk is locked, and unlocking opens it again. `notice` stands over the talk. Held: what is
    written, or what guests write, is read by a moderator first. Raises ValidationError
    "out-of-scope".
    """
    refuse_foreign(by, topic_id)
    wanted = {
        "locked": locked,
        "closed": closed,
        "closed_words": None if closed_words is None else " ".join(closed_words.split())[:300],
        "notice": None if notice is None else " ".join(notice.split())[:500],
        "all_held": all_held,
        "guests_held": guests_held,
    }
    with transaction.atomic():
        topic = Topic.objects.select_for_update(no_key=True).get(pk=topic_id)
        before = settings_of(topic)
        _apply(topic, {name: value for name, value in wanted.items() if value is not None})
        after = settings_of(topic)
        events = [
            undoable(
                log(by, verb_of(names, after), None, topic_id),
                before={name: before[name] for name in names},
                after={name: after[name] for name in names},
            )
            for names in SETTINGS
            if any(before[name] != after[name] for name in names)
        ]
        topic.version += 1
        topic.save(update_fields=[*FIELDS, "version"])
    return events


# What is changed and undone together, and the verbs of its being set and taken back.
SETTINGS: dict[tuple[str, ...], tuple[str, str]] = {
    ("locked_at", "closed_at", "closed_words"): ("lock", "unlock"),
    ("notice",): ("notice", "notice-off"),
    ("all_held_at",): ("hold-all", "hold-no-more"),
    ("guests_held_at",): ("hold-guests", "free-guests"),
}
FIELDS = [name for names in SETTINGS for name in names]


def settings_of(topic: Topic) -> dict[str, str]:
    """Return the topic's settings as a decision keeps them; "" is off."""
    values = {name: getattr(topic, name) for name in FIELDS}
    return {
        name: value if isinstance(value, str) else as_text(value) for name, value in values.items()
    }


def verb_of(names: tuple[str, ...], after: dict[str, str]) -> str:
    is_set, is_off = SETTINGS[names]
    if after.get("closed_at"):
        return "close"
    return is_set if after[names[0]] else is_off


def _apply(topic: Topic, wanted: dict[str, Any]) -> None:
    """Set what is wanted on the topic at hand; what is on already keeps its moment."""
    now = timezone.now()
    for name in ("all_held", "guests_held", "locked", "closed"):
        if name in wanted and wanted[name] != bool(getattr(topic, f"{name}_at")):
            setattr(topic, f"{name}_at", now if wanted[name] else None)
    for name in ("notice", "closed_words"):
        setattr(topic, name, wanted.get(name, getattr(topic, name)))
    if wanted.get("closed"):
        topic.locked_at = topic.locked_at or now
    if wanted.get("closed") is False and "locked" not in wanted:
        topic.locked_at = None
    if topic.locked_at is None:
        topic.closed_at = None
    if topic.closed_at is None:
        topic.closed_words = ""


def raise_versions_of(member: User) -> None:
    """A member's name changes: every topic with a comment of theirs shows something new.

    Call it in the transaction that changes the name, before the change: who posts holds a topic and
    asks for the member's row after it, as foreign keys are looked at by the COMMIT, and so must we.
    """
    theirs = Comment.objects.filter(member=member).order_by().values("thread__topic_id")
    rows = Topic.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk")
    Topic.objects.filter(pk__in=[topic.pk for topic in rows]).update(version=F("version") + 1)
