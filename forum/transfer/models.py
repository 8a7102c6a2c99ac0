"""What came from elsewhere, by which import, and what the demo made."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
    twin = models.CharField(max_length=64, blank=True)  # its id at Disqus, in another's file
    made = models.BooleanField(default=True)  # False: the comment was here, from another system

    class Meta:
        # What differs most comes first: the index is told apart at its first column.
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "item", "site", "system"], name="import_ref_once"
            )
        ]
        indexes = [models.Index(fields=["twin"], name="import_ref_by_twin", condition=~Q(twin=""))]

    def __str__(self) -> str:
        return f"{self.system} {self.source_id}"


class FilmRef(models.Model):
    """A page of an export and the film that it became or was matched to."""

    system = models.CharField(max_length=16)
    site = models.CharField(max_length=200)
    item = models.CharField(max_length=200)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="+")
    batch = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(null=True)  # the film's updated_at when this import made it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "site", "item"], name="film_ref_once")
        ]
        indexes = [models.Index(fields=["batch"], name="film_ref_by_batch")]

    def __str__(self) -> str:
        return f"{self.system} {self.item}"


class OldAddress(models.Model):
    """Path and query of a page on the site that was left; answers 301 to its film."""

    address = models.CharField(max_length=500, unique=True)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="old_addresses")
    batch = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.address


class ImportBatch(models.Model):
    """A file that somebody brought by the admin, and what became of it.

    choices: {ref of a page: film's id, "new" or "skip"}; report: what transfer/reporting.py tells.
    """

    class State(models.TextChoices):
        CHECK = "check", _("waits to be read")
        CHECKING = "checking", _("is being read")
        CHECKED = "checked", _("read, nothing written")
        LOAD = "load", _("waits to be brought in")
        LOADING = "loading", _("is being brought in")
        LOADED = "loaded", _("brought in")
        UNDO = "undo", _("waits to be rolled back")
        UNDOING = "undoing", _("is being rolled back")
        UNDONE = "undone", _("rolled back")
        FAILED = "failed", _("stopped")

    # What a waiting batch becomes while the worker has it, and then.
    WORK = {
        State.CHECK: (State.CHECKING, State.CHECKED),
        State.LOAD: (State.LOADING, State.LOADED),
        State.UNDO: (State.UNDOING, State.UNDONE),
    }
    STUCK_AFTER = timedelta(minutes=10)  # without a word from the worker

    system = models.CharField(_("format"), max_length=16)
    name = models.CharField(_("file"), max_length=200)  # as the person's machine called it
    stored = models.CharField(max_length=40, unique=True, editable=False)  # its name here
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    creates = models.BooleanField(default=False)  # films of pages that have none here
    created_at = models.DateTimeField(_("brought"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.CHECK)
    state_at = models.DateTimeField(default=timezone.now)  # also of the last word of progress
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)  # 0: not known
    phase = models.CharField(max_length=8, blank=True)  # what done and total count
    error = models.TextField(blank=True)
    wrote = models.BooleanField(default=False)  # an import of it began, and was not rolled back
    choices = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ["add"]  # who may bring files may do all with them
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:transfer_importbatch_change", args=[self.pk])

    @property
    def label(self) -> str:
        """What its rows are marked with."""
        return f"import-{self.pk}"

    @property
    def path(self) -> Path:
        return Path(settings.IMPORTS_ROOT) / self.stored

    @property
    def is_file_here(self) -> bool:
        return self.path.is_file()

    @property
    def is_at_work(self) -> bool:
        return any(self.state in (waits, works) for waits, (works, _done) in self.WORK.items())

    @property
    def is_stuck(self) -> bool:
        """A worker has it or should have, and has said nothing for long."""
        return self.is_at_work and timezone.now() - self.state_at > self.STUCK_AFTER

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None

    def may(self, act: str) -> bool:
        """Return whether "check", "load" or "undo" may be asked for now."""
        if self.is_at_work and not self.is_stuck:
            return False
        if act == "undo":
            return self.wrote
        if self.state == self.State.UNDONE and act == "load":
            return False  # it is read once more first
        return self.is_file_here and (act == "check" or bool(self.report))


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
