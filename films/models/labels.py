"""What films are found under: the shelves they stand on, and the people in their credits."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from films import words


def check_slug(slug: str) -> None:
    """Raise ValidationError unless `slug` may stand in an address; letters of any script may."""
    if not words.is_slug(slug):
        raise ValidationError(
            _("An address has letters and figures, with a single “-” between words."), code="slug"
        )


class Category(models.Model):
    """A shelf of the catalogue. Every film has one main category and may stand on others too."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.CharField(_("address"), max_length=80, unique=True, validators=[check_slug])

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("category", args=[self.slug])


class Person(models.Model):
    """Somebody in the credits of a film."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("address"), max_length=220, unique=True, validators=[check_slug])
    folded = models.TextField(editable=False)  # words of the name, for search
    slips = models.TextField(
        editable=False, default="", db_default=""
    )  # what they share with slips of the pen

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name", "id"], name="person_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.slug])

    def fold(self) -> None:
        """Set what the name is found by: folded and slips."""
        self.folded = words.search_text(self.name)
        self.slips = words.slips(self.folded.split())
