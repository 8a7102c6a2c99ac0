"""People who vote, what it comes to, and the order of a page."""

import re

from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import page, services
from forum.discussions.models import Comment, Topic
from forum.discussions.options import Options


def pens(count):
    return [Reader(pen=pen_with_secret("", f"Voter {number}")[0]) for number in range(count)]


def vote(comment, by, value=1):
    return services.vote(comment_id=comment.pk, by=by, value=value)


def sums(comment):
    return Comment.objects.values_list("ups", "downs").get(pk=comment.pk)


def voted(comment, *, ups=0, downs=0):
    """Let so many people vote on a comment."""
    for number, reader in enumerate(pens(ups + downs)):
        vote(comment, reader, 1 if number < ups else -1)


def ids_of(html):
    return [int(found) for found in re.findall(r'<article class="[^"]*" id="c(\d+)"', html)]


def shown(topic, **options):
    return ids_of(page.talk(Topic.objects.get(pk=topic.pk), Options(**options)).html.decode())
