"""Atom: the newest comments of the site, or of one topic."""

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum import markup
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY
from forum.discussions import answers, page, services
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
        rows = Comment.objects.public().on_topic(topic.pk).with_text()
        comments = list(rows.order_by("-created_at", "-pk")[:ENTRIES])
        title = _("%(title)s: newest comments") % {"title": topic.title}
        return atom(comments, title=title, link=topic.get_absolute_url(), own=own)

    return answers.shared(request, answers.etag_of("feed", topic.pk, topic.version), make)


@require_safe
def lobby_feed(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    topic = get_object_or_404(Topic.objects.in_lobby().visible_to(ANYBODY), pk=topic_id)
    return topic_feed(request, topic, request.path)


@require_safe
def branch_feed(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """The newest public comments of this one and all below, wherever it stands now.

    Of one that was taken away: what is public below it. 404: never was; 410: is gone with all.
    """
    top = Comment.objects.in_sight_of(ANYBODY).with_text().filter(pk=comment_id).first()
    if top is None or not top.is_public:
        if not services.was_public(comment_id):
            raise Http404
        if top is None:
            return render(request, "errors/410.html", {"status": 410}, status=410)
    topic = top.thread.topic

    def make() -> HttpResponse:
        rows = Comment.objects.public().in_branch(comment_id).with_text()
        comments = list(rows.order_by("-created_at", "-pk")[:ENTRIES])
        name = top.name if top.is_public else page.number_of(top)
        title = _("%(name)s on %(title)s, and the replies") % {"name": name, "title": topic.title}
        return atom(comments, title=title, link=top.get_absolute_url(), own=request.path)

    etag = answers.etag_of("branch-feed", comment_id, topic.pk, topic.version)
    return answers.shared(request, etag, make)


@require_safe
def member_feed(request: HttpRequest, member_id: int) -> HttpResponseBase:
    """The newest public comments of a member. 404 where their page is."""
    member = get_object_or_404(User, pk=member_id, is_active=True)

    def make() -> HttpResponse:
        rows = Comment.objects.public().filter(member=member).with_text()
        title = _("%(name)s on %(site)s") % {"name": member.username, "site": settings.SITE_NAME}
        link = reverse("member", args=[member.pk])
        comments = list(rows.order_by("-pk")[:ENTRIES])
        return atom(comments, title=title, link=link, own=request.path)

    return answers.shared(request, None, make)


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
        name = comment.name if comment.member else f"{comment.called} ({_('guest')})"
        feed.add_item(
            title=_("%(name)s on %(title)s") % {"name": name, "title": comment.thread.topic.title},
            link=address,
            unique_id=address,
            description=markup.without_spoilers(comment.text.body_html),
            author_name=name,
            pubdate=comment.created_at,
            updateddate=comment.edited_at or comment.created_at,
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
