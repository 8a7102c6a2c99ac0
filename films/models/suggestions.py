"""What somebody suggested: a film that is not here, or what a film should say instead."""

import secrets

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films.models.film import Film
from forum.accounts.models import User

SUGGESTION_CHARS = 4_000
SUGGESTED = [  # of a suggestion, in the order of its form
    "title",
    "original_title",
    "year",
    "runtime_minutes",
    "directors",
    "countries",
    "languages",
    "imdb_id",
    "wikidata_id",
    "video",
    "description",
]


def new_key() -> str:
    return secrets.token_urlsafe(18)


class Suggestion(models.Model):
    """A suggestion and what became of it. `film`: the one to be corrected, else the one made of it.

    fields: {name of SUGGESTED: text as it was written}, of a correction only what differs. Who has `key`
    may read it: that is how guests hear what became of theirs.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for staff")
        ACCEPTED = "accepted", _("taken")
        DECLINED = "declined", _("not taken")

    key = models.CharField(max_length=24, unique=True, default=new_key, editable=False)
    film = models.ForeignKey(Film, null=True, on_delete=models.SET_NULL, related_name="suggestions")
    is_correction = models.BooleanField(default=False)
    member = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    fields = models.JSONField(default=dict)
    evidence = models.TextField(_("sources"))
    created_at = models.DateTimeField(_("suggested"), default=timezone.now)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    taken = models.JSONField(default=list)  # names of fields
    answer = models.TextField(_("answer"), blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        default_permissions = []  # who may change films may decide
        indexes = [models.Index(fields=["state", "id"], name="suggestion_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at__isnull=True)
                | models.Q(state__in=["accepted", "declined"], decided_at__isnull=False),
                name="suggestion_decided_at_a_moment",
            )
        ]

    def __str__(self) -> str:
        return str(self.film) if self.is_correction else str(self.fields.get("title", ""))

    def get_absolute_url(self) -> str:
        return reverse("suggestion", args=[self.key])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
