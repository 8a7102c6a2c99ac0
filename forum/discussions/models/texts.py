"""What comments say, what they said before, and what they are to say once staff allow it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions.models.comments import Comment
from forum.index import folding


class CommentText(models.Model):
    """What a comment says, apart from its place: shifting the tree never rewrites a text."""

    class Format(models.TextChoices):
        MARKDOWN = "markdown"
        HTML = "html"
        WP = "wp"
        PLAIN = "plain"

    comment = models.OneToOneField(
        Comment, on_delete=models.PROTECT, primary_key=True, related_name="text"
    )
    body = models.TextField(blank=True)  # as it came
    body_format = models.CharField(max_length=8, choices=Format.choices, default=Format.MARKDOWN)
    body_html = models.TextField(blank=True)  # as it is shown, safe
    html_version = models.PositiveSmallIntegerField()  # the rules that made body_html
    submission = models.UUIDField(null=True, unique=True)  # of the form, so that twice makes one
    author_url = models.CharField(max_length=500, blank=True)  # imported, for staff only
    network_key = models.CharField(max_length=24, blank=True)  # emptied after 30 days
    told = models.CharField(max_length=500, blank=True, db_default="")  # by staff, why it is gone
    # What the checks said of this text: [[name, outcome, code], …]; null where none was asked.
    checked = models.JSONField(null=True, editable=False)
    spam_score = models.PositiveSmallIntegerField(null=True, editable=False)  # 0 to 1000; or none
    # Public, and the worker has not told those who want to hear of it (services/telling.py).
    is_news = models.BooleanField(default=False, db_default=False)
    # Somebody decided about it or changed it, and what learns from decisions has not looked again
    # (settings.ERRANDS). Set by whatever changes a state or a text, in the same transaction.
    is_to_learn = models.BooleanField(default=False, db_default=False)
    # What search finds it by; the database keeps its index true to these two (forum/index/tables.py).
    words = models.TextField(blank=True, default="", db_default="")
    search_key = models.BigIntegerField(null=True, editable=False)  # by moment and id: key_of

    SHOWN = ("body_html", "html_version", "words")

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        indexes = [
            models.Index(
                fields=["network_key", "comment"],
                name="text_by_network",
                condition=~Q(network_key=""),
            ),
            models.Index(fields=["comment"], name="text_is_news", condition=Q(is_news=True)),
            models.Index(fields=["comment"], name="text_to_learn", condition=Q(is_to_learn=True)),
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"

    def show(self, html: str) -> None:
        """Set what is shown, safe HTML by today's rules, and what it is found by: save SHOWN."""
        self.body_html, self.html_version = html, markup.HTML_VERSION
        self.words = folding.running(markup.open_words(html))


class RevisionQuerySet(models.QuerySet["Revision"]):
    def visible_to(self, reader: Reader, comment: Comment) -> "RevisionQuerySet":
        """Earlier texts of `comment` that `reader` may see: what was public all may, the rest its
        author and staff, what was redacted senior staff alone.
        """
        rows = self.filter(comment=comment)
        if not (comment.is_by(reader) or reader.is_staff):
            rows = rows.filter(was_public=True)
        return rows if reader.is_senior() else rows.filter(redacted_at=None)


class Revision(models.Model):
    """An earlier text of a comment, kept when it was edited."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="revisions")
    body = models.TextField(blank=True)
    body_format = models.CharField(max_length=8, choices=CommentText.Format.choices)
    body_html = models.TextField(blank=True)
    was_public = models.BooleanField(default=True)  # False: replaced before anybody could read it
    replaced_at = models.DateTimeField()
    redacted_at = models.DateTimeField(null=True)  # then only senior staff read it
    dropped_at = models.DateTimeField(null=True)  # an edit that staff did not take: it never stood
    checked = models.JSONField(null=True, editable=False)  # as CommentText's, of this text
    spam_score = models.PositiveSmallIntegerField(null=True, editable=False)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"#{self.comment_id} {self.replaced_at:%Y-%m-%d}"


class HeldEdit(models.Model):
    """An edit that a check held: the comment stays as it was until a moderator decides."""

    comment = models.OneToOneField(Comment, on_delete=models.PROTECT, related_name="held_edit")
    body = models.TextField()
    code = models.CharField(max_length=40)
    checked = models.JSONField(null=True, editable=False)  # as CommentText's, of this text
    spam_score = models.PositiveSmallIntegerField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("edit that waits")
        verbose_name_plural = _("edits that wait")

    def __str__(self) -> str:
        return f"#{self.comment_id}"
