"""What is done as time passes: network keys forgotten, HTML made again, trees checked by night."""

import logging
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from forum import markup
from forum.discussions import notices, tree
from forum.discussions.models import Comment, CommentText, Revision, Topic
from forum.discussions.services.wording import worded_again
from forum.worker.models import Check

log = logging.getLogger(__name__)
TREES = "trees"  # the name of their checks
FAULTS_TOLD = 20  # of one check; `manage.py check_trees` names all
CHECK_HOURS = 2  # one that is not done after so long was killed
CHECKS_KEPT_DAYS = 90
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
            text.show(worded_again(text.body, text.body_format, text.body_html))
        for revision in revisions:
            revision.body_html = worded_again(
                revision.body, revision.body_format, revision.body_html
            )
        CommentText.objects.bulk_update(texts, CommentText.SHOWN, batch_size=100)
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


def check_trees_by_night() -> str:
    """Check all trees once a night, and tell staff of faults; return what was done, in words."""
    now = timezone.now()
    night = last_night(now)
    tonight = Check.objects.filter(what=TREES, started_at__gte=night)
    if tonight.exclude(done_at=None).exists():
        return "trees: checked this night"
    if tonight.filter(started_at__gt=now - timedelta(hours=CHECK_HOURS)).exists():
        return "trees: being checked"
    check = look_at_trees()
    Check.objects.filter(started_at__lt=now - timedelta(days=CHECKS_KEPT_DAYS)).delete()
    return f"trees: {check.looked_at:,} comments checked, {check.faults:,} faults"


def last_night(now: datetime) -> datetime:
    """Return when it was last NIGHT_HOUR by the site's clock."""
    here = timezone.localtime(now, timezone.get_default_timezone())
    night = here.replace(hour=settings.NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night <= here else night - timedelta(days=1)


def look_at_trees() -> Check:
    """Check all trees, write down what was found, and tell staff if anything was."""
    check = Check.objects.create(what=TREES, started_at=timezone.now())
    faults = tree.check_all()
    first = [str(fault) for fault in islice(faults, FAULTS_TOLD)]
    check.faults = len(first) + sum(1 for _fault in faults)
    check.looked_at = Comment.objects.count()
    check.words, check.done_at = "\n".join(first), timezone.now()
    with transaction.atomic():
        check.save()
        if check.faults:
            notices.tell_staff_of_faults(check)
    say = log.error if check.faults else log.info
    say("trees: %d comments checked, %d faults", check.looked_at, check.faults)
    return check
