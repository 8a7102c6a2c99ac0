"""What came from elsewhere, and what the demo made."""

from django.db import models

from films.models import Film


class ImportRef(models.Model):
    """A source's own id of a comment that came in. It outlives purge and erasure, so that a second
    run does not bring the dead back; ids are plain numbers for that reason.
    """

    system = models.CharField(max_length=16)  # wordpress, …
    site = models.CharField(max_length=200)  # the export's own address or name
    item = models.CharField(max_length=200)  # the page the comment stood on
    source_id = models.CharField(max_length=64)
    batch = models.CharField(max_length=40)
    comment_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "site", "item", "source_id"], name="import_ref_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.source_id}"


class FilmRef(models.Model):
    """A page of an export and the film that it became or was matched to."""

    system = models.CharField(max_length=16)
    site = models.CharField(max_length=200)
    item = models.CharField(max_length=200)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "site", "item"], name="film_ref_once")
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.item}"


class OldAddress(models.Model):
    """Path and query of a page on the site that was left; answers 301 to its film."""

    address = models.CharField(max_length=500, unique=True)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="old_addresses")

    def __str__(self) -> str:
        return self.address


class DemoObject(models.Model):
    """Something that load_demo made, so that clear_demo takes out exactly that."""

    kind = models.CharField(max_length=16)  # film, person, category, user, pen, topic, comment
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="demo_object_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
