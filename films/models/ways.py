"""Ways to a film: from another one, and from an address that it had before."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from films.models.film import Film
from films.models.labels import Person


class RelatedQuerySet(models.QuerySet["Related"]):
    def shown(self) -> "RelatedQuerySet":
        """Those that lead to a film that anybody may see, the nearest first."""
        return self.filter(other__state=Film.State.PUBLISHED).order_by("position", "pk")


class Related(models.Model):
    """That somebody who is at a film may like another, and why. related.py finds them.

    `number`: of the people whom both have in their credits, or who spoke about both.
    """

    class Why(models.TextChoices):
        PEOPLE = "people", _("the same people made it")
        TALKERS = "talkers", _("the same people talk about it")
        SHELF = "shelf", _("the same shelf, near in time")

    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="related", db_index=False)
    other = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=8, choices=Why.choices)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=1)

    objects = RelatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["film", "other"], name="related_film_once"),
            models.CheckConstraint(
                condition=~Q(film=models.F("other")), name="related_to_another_film"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.film_id} → {self.other_id}"


class FormerSlug(models.Model):
    """An address that a film had before; it answers 301 for ever."""

    slug = models.CharField(max_length=220, unique=True)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug
