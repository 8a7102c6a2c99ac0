"""Members and guests as moderators see them, and which moderators decide about which films."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films.models import Category, Film
from forum.accounts.models import Pen, User


class Person(User):
    """A member, for the pages of moderators."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("member")
        verbose_name_plural = _("members and what they did")


class Guest(Pen):
    """A guest's pen, for the pages of moderators."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("guest")
        verbose_name_plural = _("guests and what they did")


class Scope(models.Model):
    """A part of the site that a moderator decides about; who has none decides everywhere.

    A category or film that goes leaves a row about nothing, so that nobody's part becomes the whole.
    """

    member = models.ForeignKey(
        User,
        verbose_name=_("moderator"),
        on_delete=models.CASCADE,
        related_name="scopes",
        limit_choices_to={"is_staff": True, "is_superuser": False},
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    film = models.ForeignKey(
        Film,
        verbose_name=_("film"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("part of a moderator")
        verbose_name_plural = _("moderators of a part")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["member", "category"], name="scope_category_once"),
            models.UniqueConstraint(fields=["member", "film"], name="scope_film_once"),
            models.CheckConstraint(
                condition=Q(category__isnull=True) | Q(film__isnull=True), name="scope_of_one"
            ),
        ]

    def __str__(self) -> str:
        return str(self.film or self.category or _("what is not there any more"))
