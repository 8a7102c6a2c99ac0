"""Letters on their way, the signs of life that workers and ticks leave, and what was counted."""

from datetime import timedelta
from email.utils import format_datetime

from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Seconds until a thing that failed is tried again; the sixth failure, after 14 h 36 min, is the last.
WAITS_S = (60, 5 * 60, 30 * 60, 2 * 3600, 12 * 3600)
TRIES = len(WAITS_S) + 1
ALIVE_S = 120  # a worker that was not seen for so long is taken for dead
ERROR_CHARS = 400


class LetterQuerySet(models.QuerySet["Letter"]):
    def to_address(self, address: str) -> "LetterQuerySet":
        return self.filter(to__iexact=address)

    def waiting(self) -> "LetterQuerySet":
        """Letters that are neither sent nor given up."""
        return self.filter(state__in=Letter.WAITING)

    def failed(self) -> "LetterQuerySet":
        """Letters that nobody tries any more, for staff to look at."""
        return self.filter(state__in=Letter.FAILED)

    def troubled(self) -> "LetterQuerySet":
        """Letters that failed, and those that wait for another try."""
        return self.failed() | self.waiting().exclude(error="")

    def came_back(self, address: str) -> int:
        """Mark an address whose letters come back: nothing more is sent to it for 30 days."""
        words = {"error": "came back, as staff said", "subject": "", "text": "", "html": ""}
        return self.to_address(address).update(state=Letter.State.NO_ADDRESS, **words)

    def taken_by(self, task_id: str) -> "LetterQuerySet":
        return self.filter(state=Letter.State.SENDING, task_id=task_id)

    def marks(self, address: str) -> bool:
        """Return True if a mail server said for good that there is no such address."""
        return self.filter(state=Letter.State.NO_ADDRESS).to_address(address).exists()

    def count_by_state(self) -> dict[str, int]:
        return dict(self.order_by().values_list("state").annotate(n=models.Count("pk")))

    def take(self, letter_id: int, task_id: str) -> "Letter | None":
        """Return the letter for this task to send, counted as a try; None if it is not to be sent.

        One that another task has taken is that task's. The same task, done again because its worker
        died, goes on with it.
        """
        mine = Q(state=Letter.State.QUEUED) | Q(state=Letter.State.SENDING, task_id=task_id)
        changes = {"state": Letter.State.SENDING, "task_id": task_id, "attempts": F("attempts") + 1}
        if not self.filter(mine, pk=letter_id).update(**changes):
            return None
        return self.filter(pk=letter_id).first()


class Letter(models.Model):
    """One mail to one address. The row is the truth; a task of the queue "mail" delivers it.

    Its words go in the moment it is sent, the row 30 days after it was written.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waits")
        SENDING = "sending", _("is being sent")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")
        NO_ADDRESS = "no-address", _("no such address")
        GIVEN_UP = "given-up", _("given up")

    WAITING = (State.QUEUED, State.SENDING)
    FAILED = (State.REFUSED, State.NO_ADDRESS, State.GIVEN_UP)

    kind = models.CharField(_("kind"), max_length=40, blank=True)
    to = models.CharField(_("to"), max_length=320)
    subject = models.CharField(max_length=998, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, unique=True)  # the same at every try
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    task_id = models.CharField(max_length=36, blank=True)  # of the task that has taken it
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(_("what went wrong"), max_length=ERROR_CHARS, blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("worker and mail")  # the name of its page in the admin
        indexes = [
            models.Index(fields=["state", "next_at"], name="letter_by_state"),
            models.Index(fields=["created_at"], name="letter_by_age"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    def message(self, headers: dict[str, str] | None = None) -> EmailMultiAlternatives:
        """Return the mail, with more headers if they are given. Raises BadHeaderError if a line break
        stands in what becomes one.
        """
        message = EmailMultiAlternatives(
            self.subject,
            self.text,
            to=[self.to],
            headers={
                "Message-ID": self.message_id,
                "Date": format_datetime(self.created_at),
                # No answer by machine, so that no mail is ever about a mail.
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                **(headers or {}),
            },
        )
        if self.html:
            message.attach_alternative(self.html, "text/html")
        return message

    def wait_after_failure(self) -> timedelta | None:
        """Return how long to wait before the next try; None if this was the last."""
        if self.attempts > len(WAITS_S):
            return None
        return timedelta(seconds=WAITS_S[max(self.attempts, 1) - 1])


class Sign(models.Model):
    """A worker: that it started, and when it was last seen."""

    name = models.CharField(max_length=64, unique=True)  # machine, process, a random end
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name

    @property
    def is_alive(self) -> bool:
        seen_since = timezone.now() - timedelta(seconds=ALIVE_S)
        return self.ended_at is None and self.seen_at > seen_since


class Tick(models.Model):
    """What was due in one hour of the clock, and what doing it gave, one line each."""

    hour = models.DateTimeField(unique=True)
    done_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"


class Tally(models.Model):
    """A count of one hour, or since ever, that every process of the site adds to."""

    SINCE_EVER = 0

    hour = models.PositiveIntegerField()  # hours since 1970, UTC
    name = models.CharField(max_length=40)
    page = models.CharField(max_length=100, blank=True)
    label = models.CharField(max_length=60, blank=True)
    value = models.FloatField()

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("how the site is doing")  # the name of its page in the admin
        constraints = [
            models.UniqueConstraint(fields=["hour", "name", "page", "label"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hour} {self.name} {self.page} {self.label}"


class Check(models.Model):
    """One look over all rows of a kind: when, over how many, and how many faults it found."""

    what = models.CharField(max_length=40)
    started_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.PositiveBigIntegerField(default=0)  # rows
    faults = models.PositiveBigIntegerField(default=0)
    words = models.TextField(blank=True)  # the first faults, a line each

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        indexes = [models.Index(fields=["what", "started_at"], name="check_by_age")]

    def __str__(self) -> str:
        return f"{self.what} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return (self.done_at - self.started_at).total_seconds() if self.done_at else None
