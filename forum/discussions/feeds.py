"""Atom: the newest comments of the site, or of one topic."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum.discussions import answers
from forum.discussions.models import Comment, Topic

ENTRIES = 50


@require_safe
def site_feed(request: HttpRequest) -> HttpResponseBase:
    """The newest public comments of all topics."""

    def make() -> HttpResponse:
        comments = Comment.objects.public().with_text().order_by("-created_at", "-pk")[:ENTRIES]
        title = _("%(site)s: newest comments") % {"site": settings.SITE_NAME}
        return atom(list(comments), title=title, link="/", own=reverse("site_feed"))

    return answers.shared(request, None, make)


def topic_feed(request: HttpRequest, topic: Topic, own: str) -> HttpResponseBase:
    """The newest public comments of one topic; `own` is the feed's address."""

    def make() -> HttpResponse:
        rows = Comment.objects.public().filter(thread__topic=topic).with_text()
        comments = list(rows.order_by("-created_at", "-pk")[:ENTRIES])
        title = _("%(title)s: newest comments") % {"title": topic.title}
        return atom(comments, title=title, link=topic.get_absolute_url(), own=own)

    return answers.shared(request, answers.etag_of("feed", topic.pk, topic.version), make)


def atom(comments: Sequence[Comment], *, title: str, link: str, own: str) -> HttpResponse:
    """Return an Atom feed of comments; entry ids are the permalinks, which never change."""
    feed = Atom1Feed(
        title=title,
        link=settings.SITE_URL + link,
        description="",
        language=get_language(),
        feed_url=settings.SITE_URL + own,
    )
    for comment in comments:
        address = settings.SITE_URL + comment.get_absolute_url()
        name = comment.name if comment.member else f"{comment.name} ({_('guest')})"
        feed.add_item(
            title=_("%(name)s on %(title)s") % {"name": name, "title": comment.thread.topic.title},
            link=address,
            unique_id=address,
            description=comment.text.body_html,
            author_name=name,
            pubdate=comment.created_at,
            updateddate=comment.edited_at or comment.created_at,
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
