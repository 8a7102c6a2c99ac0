"""That a film changed, for what is kept of lists; and that one went into another."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films.models.film import Film
from forum.accounts.models import User


class FilmChange(models.Model):
    """That a film changed in what lists show of it; rows are written by the database (touched.py).

    `mark`: the transaction on PostgreSQL, a number drawn by chance on SQLite.
    """

    film_id = models.BigIntegerField()
    mark = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.pk}: {self.film_id}"


class FilmMerge(models.Model):
    """That a film went into another one, and what moved, so that it can be undone."""

    film = models.ForeignKey(Film, on_delete=models.PROTECT, related_name="merges")
    into = models.ForeignKey(Film, on_delete=models.PROTECT, related_name="merges_into")
    by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    moved = models.JSONField(default=dict)  # as services/merging.py writes it
    undone_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("merge of films")
        verbose_name_plural = _("merges of films")
        constraints = [
            models.UniqueConstraint(
                fields=["film"], condition=Q(undone_at=None), name="film_merged_once"
            ),
            models.CheckConstraint(
                condition=~Q(film=models.F("into")), name="film_merged_into_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.film_id} → {self.into_id}"
