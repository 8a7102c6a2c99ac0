"""In what states a comment is, why, and how long what can be undone."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

BODY_CHARS = 10_000
EDIT_WINDOW = timedelta(minutes=15)
LONG_EDIT_WINDOW = timedelta(hours=24)  # members, while no reply is public
UNDELETE_WINDOW = timedelta(hours=24)
MODERATORS = "moderator"  # Comment.kind of what a moderator says as one
UNDO_WINDOW = timedelta(days=30)  # for decisions of staff; then what was to be purged goes
EDITED_AFTER = timedelta(minutes=1)  # an edit sooner than this is not shown


class State(models.TextChoices):
    PUBLIC = "public", _("public")
    HELD = "held", _("held")
    SPAM = "spam", _("spam")
    REMOVED = "removed", _("removed")
    DELETED = "deleted", _("deleted")
    ERASED = "erased", _("erased")
    PURGED = "purged", _("to be purged")  # hidden from everybody, deleted after UNDO_WINDOW


class Reason(models.TextChoices):
    """Why staff removes a comment. The codes are stored; the author is told the words."""

    UNKIND = "unkind", _("it attacks a person")
    HATE = "hate", _("it attacks people for what they are")
    ILLEGAL = "illegal", _("it may be against the law")
    PRIVATE = "private", _("it tells what is private")
    ADVERT = "advert", _("it advertises")
    OFF_TOPIC = "off-topic", _("it is not about the film or the talk")
    TWICE = "twice", _("it was posted before")
    COPIED = "copied", _("it copies a text of somebody else")
    OTHER = "other", _("it breaks the house rules")


class FoldReason(models.TextChoices):
    """Why staff folds a branch. The codes are stored; readers see the words, after a colon."""

    OFF_TOPIC = "off-topic", _("it leads away from the film")
    QUARREL = "quarrel", _("a quarrel between a few")
    REPEATS = "repeats", _("it goes in circles")
    SPOILER = "spoiler", _("it gives the ending away")
    SETTLED = "settled", _("it has been answered")
    OTHER = "other", _("it gets in the way of the talk")
