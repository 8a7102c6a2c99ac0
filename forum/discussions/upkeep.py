"""What is done to stored texts as time passes: network keys forgotten, HTML made again."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from forum import markup
from forum.discussions.models import CommentText, Revision, Topic

NETWORK_KEY_DAYS = 30
AT_ONCE = 500  # texts in one transaction


def forget_network_keys() -> str:
    """Empty the network keys of comments older than 30 days; return what was done, in words."""
    before = timezone.now() - timedelta(days=NETWORK_KEY_DAYS)
    old = CommentText.objects.exclude(network_key="").filter(comment__created_at__lt=before)
    forgotten = 0
    while True:
        with transaction.atomic():
            # A text that somebody writes or purges just now is left to the next time: who waits
            # for one text while holding another could wait for ever.
            rows = old.select_for_update(skip_locked=True, of=("self",)).only("pk")[:AT_ONCE]
            chosen = [text.pk for text in rows]
            forgotten += CommentText.objects.filter(pk__in=chosen).update(network_key="")
        if not chosen:
            return f"network keys older than {NETWORK_KEY_DAYS} days: {forgotten:,} emptied"


def forget_sessions() -> str:
    """Delete the sessions that have ended; return what was done, in words."""
    count, _by_model = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return f"sessions that have ended: {count:,} deleted"


def render_some(after_id: int) -> tuple[int, int]:
    """Make the HTML of the next texts that older rules made, with their earlier texts, anew.

    Return the last id looked at (0: there are no more) and how many were made. The versions of
    their topics rise in the same transaction, last.
    """
    with transaction.atomic():
        older = CommentText.objects.filter(pk__gt=after_id, html_version__lt=markup.HTML_VERSION)
        texts = list(older.select_for_update(skip_locked=True).order_by("pk")[:AT_ONCE])
        ids = [text.pk for text in texts]
        revisions = list(Revision.objects.filter(comment_id__in=ids))
        for text in texts:
            text.body_html = markup.render(text.body, text.body_format)
            text.html_version = markup.HTML_VERSION
        for revision in revisions:
            revision.body_html = markup.render(revision.body, revision.body_format)
        CommentText.objects.bulk_update(texts, ["body_html", "html_version"], batch_size=100)
        Revision.objects.bulk_update(revisions, ["body_html"], batch_size=100)
        for topic_id in sorted(_topics_of(ids)):
            Topic.objects.filter(pk=topic_id).update(version=F("version") + 1)
    return (ids[-1] if ids else 0), len(ids)


def count_older() -> int:
    """Return how many texts have HTML that older rules made."""
    return CommentText.objects.filter(html_version__lt=markup.HTML_VERSION).count()


def _topics_of(comment_ids: list[int]) -> set[int]:
    rows = CommentText.objects.filter(pk__in=comment_ids).order_by()
    return set(rows.values_list("comment__thread__topic_id", flat=True))
