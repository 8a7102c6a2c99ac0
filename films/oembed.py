"""oEmbed (https://oembed.com): what another site shows of a film or a comment whose address it has."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from films import sharing
from films.models import Film
from forum import markup
from forum.accounts.readers import ANYBODY
from forum.discussions import answers
from forum.discussions.models import Comment

WIDTH, HEIGHT = 480, 220  # px, unless less is asked for
TEXT_CHARS = 280


@require_safe
def oembed(request: HttpRequest) -> HttpResponseBase:
    """?url= of a public film or comment. 404 for any other; 501 for another format than JSON."""

    def make() -> HttpResponse:
        if request.GET.get("format", "json") != "json":
            return HttpResponse(
                _("Only JSON is given here."), status=501, content_type="text/plain"
            )
        told = _told(request.GET.get("url", ""))
        for name, own in (("maxwidth", "width"), ("maxheight", "height")):
            most = request.GET.get(name, "")
            if own in told and most.isascii() and most.isdigit() and len(most) < 6 and int(most):
                told[own] = min(told[own], int(most))
        return JsonResponse(told)

    response = answers.shared(request, None, make)
    response.headers["Access-Control-Allow-Origin"] = (
        "*"  # it says what is public, and takes no cookie
    )
    return response


def _told(url: str) -> dict[str, Any]:
    own = urlsplit(settings.SITE_URL)
    try:
        asked = urlsplit(url)
    except ValueError as error:
        raise Http404 from error
    if asked.netloc != own.netloc or asked.scheme not in ("http", "https"):
        raise Http404
    try:
        found = resolve(asked.path)
    except (Resolver404, ValueError) as error:
        raise Http404 from error
    if found.url_name == "film":
        rows = Film.objects.visible_to(ANYBODY).for_lists()
        film = rows.filter(slug=found.kwargs["slug"], topic__moved_to=None).first()
        if film:
            return _film(film)
    if found.url_name == "comment":
        comment = Comment.objects.public().with_text().filter(pk=found.kwargs["comment_id"]).first()
        if comment:
            return _comment(comment)
    raise Http404


def _rich(title: str, html: str) -> dict[str, Any]:
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": settings.SITE_NAME,
        "provider_url": settings.SITE_URL + "/",
        "html": html,
        "width": WIDTH,
        "height": HEIGHT,
    }


def _film(film: Film) -> dict[str, Any]:
    words = markup.excerpt(film.description_html, TEXT_CHARS) or film.tagline
    html = format_html(
        '<blockquote><p><a href="{}">{}</a></p><p>{}</p></blockquote>',
        settings.SITE_URL + film.get_absolute_url(), film, words,
    )  # fmt: skip
    told = _rich(str(film), html)
    for address, width, height in (
        (film.share_url, sharing.WIDTH, sharing.HEIGHT),
        (film.poster_url, film.poster_width, film.poster_height),
    ):
        if address:
            told |= {
                "thumbnail_url": settings.SITE_URL + address,
                "thumbnail_width": width,
                "thumbnail_height": height,
            }
    return told


def _comment(comment: Comment) -> dict[str, Any]:
    topic, name = comment.thread.topic, comment.called
    title = _("%(name)s on %(title)s") % {"name": name, "title": topic.title}
    html = format_html(
        '<blockquote><p>{}</p><p><a href="{}">{}</a></p></blockquote>',
        markup.excerpt(comment.text.body_html, TEXT_CHARS),
        settings.SITE_URL + comment.get_absolute_url(), title,
    )  # fmt: skip
    return _rich(title, html) | {"author_name": name}
