"""What belongs to one film alone: who made it, its copies, and where it was made."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from films.models.film import Film
from films.models.labels import Person


class Credit(models.Model):
    """What a person did for a film."""

    class Role(models.TextChoices):
        DIRECTOR = "director", _("director")
        WRITER = "writer", _("writer")
        EDITOR = "editor", _("editor")
        CINEMATOGRAPHER = "cinematographer", _("cinematographer")
        COMPOSER = "composer", _("composer")
        PRODUCER = "producer", _("producer")
        NARRATOR = "narrator", _("narrator")
        WITH = "with", _("with")

    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="credits")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="credits")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["film", "person", "role"], name="credit_once")
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()}"


class Source(models.Model):
    """A playable copy of a film; films/sources.py reads the address."""

    class Kind(models.TextChoices):
        YOUTUBE = "youtube", "YouTube"
        VIMEO = "vimeo", "Vimeo"
        ARCHIVE = "archive", "Internet Archive"
        PEERTUBE = "peertube", "PeerTube"
        FILE = "file", _("file")

    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, editable=False)
    address = models.CharField(_("address"), max_length=500)  # as given, of the source's own page
    host = models.CharField(max_length=200, blank=True, editable=False)  # of file and PeerTube
    key = models.CharField(
        max_length=300, editable=False
    )  # the id at that host, or the file's path
    label = models.CharField(_("label"), max_length=80, blank=True)  # "restored copy, 74 minutes"
    length_s = models.PositiveIntegerField(_("length in seconds"), null=True, blank=True)
    offset_s = models.IntegerField(_("offset in seconds"), default=0)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["film", "kind", "host", "key"], name="source_once")
        ]

    def __str__(self) -> str:
        return self.label or self.get_kind_display()


class FilmCountry(models.Model):
    """One code of Film.countries, so that films are found by it. services/storing.py keeps it true."""

    film = models.ForeignKey(Film, on_delete=models.CASCADE, db_index=False, related_name="+")
    code = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["film", "code"], name="film_country_once"),
        ]
        indexes = [models.Index(fields=["code", "film"], name="film_by_country")]

    def __str__(self) -> str:
        return self.code
