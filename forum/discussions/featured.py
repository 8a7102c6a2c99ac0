"""What moderators chose of a talk: a page of those comments, and their feed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum.accounts.readers import reader_of
from forum.discussions import answers, catching_up, muted
from forum.discussions.feeds import ENTRIES, atom
from forum.discussions.models import Comment, Topic

SHOWN = 60  # of a talk, the last chosen first


@require_safe
def featured(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    """The featured comments of a talk, each with those above it folded, the last chosen first."""
    topic = _topic(request, topic_id)

    def make() -> HttpResponse:
        cards = catching_up.cards_of(topic, _ids(topic, SHOWN), muted.of(request))
        return render(request, "discussions/featured.html", {"topic": topic, "cards": cards})

    return answers.shared(request, answers.etag_of("featured", topic.pk, topic.version), make)


@require_safe
def featured_feed(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    topic = _topic(request, topic_id)

    def make() -> HttpResponse:
        rows = Comment.objects.public().filter(thread__topic=topic.pk).with_text().featured()
        title = _("%(title)s: featured comments") % {"title": topic.title}
        link = reverse("featured", args=[topic.pk])
        return atom(list(rows[:ENTRIES]), title=title, link=link, own=request.path)

    return answers.shared(request, answers.etag_of("featured-feed", topic.pk, topic.version), make)


def _topic(request: HttpRequest, topic_id: int) -> Topic:
    topic = Topic.objects.visible_to(reader_of(request)).filter(pk=topic_id).first()
    if topic is None:
        raise Http404
    return topic


def _ids(topic: Topic, most: int) -> list[int]:
    rows = Comment.objects.public().filter(thread__topic=topic.pk).featured()
    return list(rows.values_list("pk", flat=True)[:most])
