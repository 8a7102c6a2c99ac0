"""The film page: its head, kept by film.updated_at; its talk, kept by the topic's version; the whole
as compressed bytes for readers without our cookies.
"""

import json
import secrets
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from films import places, sources
from films.head import Head, read, topic_now
from films.models import Film, Source
from forum import markup, sql
from forum.accounts.readers import has_our_cookie, reader_of
from forum.discussions import answers, overlay, page
from forum.discussions.kept import kept
from forum.discussions.models import Topic

# Where the talk and its count go; nobody can write these words into a description.
_MARK = secrets.token_hex(8)
TALK, COUNT, COUNT_WORDS = (f"{name}{_MARK}" for name in ("talk", "count", "words"))
_HEAD_BYTES = 20_000  # about what Head takes


class Glimpse(NamedTuple):
    """What says whether a film is shown, and by which version: all that a warm page asks for."""

    pk: int
    state: str
    updated_at: object  # as the database gives it: compared, never read
    topic_id: int
    version: int
    moved_to: int | None  # the topic of the film that this one went into


def glimpse(slug: str) -> Glimpse | None:
    """Return the film at an address; one narrow query."""
    found = sql.rows(_glimpse_sql(), [slug])
    return Glimpse._make(found[0]) if found else None


@cache
def _glimpse_sql() -> str:
    # Kept, as making it takes longer than all else that a warm page does.
    rows = Film.objects.filter(slug="").values_list(
        "pk", "state", "updated_at", "topic_id", "topic__version", "topic__moved_to_id"
    )
    return rows.query.sql_with_params()[0]


@dataclass(frozen=True)
class Copy:
    """A playable copy as the page offers it, from the second asked for."""

    source: Source
    start_s: int

    @property
    def second(self) -> int:
        at = self.start_s + self.source.offset_s
        return at if self.start_s or self.source.offset_s > 0 else 0

    @property
    def embed_url(self) -> str:
        return sources.embed_url(self.source, self.second)

    @property
    def page_url(self) -> str:
        return sources.page_url(self.source, self.second)

    @property
    def is_file(self) -> bool:
        return self.source.kind == sources.FILE

    @property
    def label(self) -> str:
        return self.source.label

    @property
    def is_own(self) -> bool:
        return sources.is_own(self.source)

    @property
    def owner(self) -> str:
        """Whose player it is: a service's name or a host."""
        return self.source.host or self.source.get_kind_display()

    @property
    def minutes(self) -> int:
        return round((self.source.length_s or 0) / 60)


def answer(request: HttpRequest, film: Glimpse) -> HttpResponseBase:
    """Return the page of a film that the reader may see.

    Queries beyond the glimpse: none while its bytes are kept, four else, whatever its length.
    """
    options = replace(page.Options.of(request.GET), after=0)
    start_s = sources.seconds(request.GET.get("t", ""))
    etag = answers.etag_of("film", film.pk, film.updated_at, film.version, options, start_s)
    make = _fresh if has_our_cookie(request) or start_s else _for_all
    return answers.shared(
        request, etag, lambda: make(request, film, options, start_s), keep=not start_s
    )


def _for_all(
    request: HttpRequest, film: Glimpse, options: page.Options, start_s: int
) -> HttpResponse:
    """Return the page for readers without our cookies; answers.py compresses and keeps it."""
    head, topic = _head_and_topic(film)
    talk = page.talk(topic, options)
    response = HttpResponse(_filled(_frame(request, head), talk, talk.html))
    response.csp_extra = _policy(head)  # type: ignore[attr-defined]
    return response


def _fresh(
    request: HttpRequest, film: Glimpse, options: page.Options, start_s: int
) -> HttpResponse:
    """Return a page that is not kept: a known reader's own, or one that begins at a second."""
    head, topic = _head_and_topic(film)
    talk = page.talk(topic, options)
    own = overlay.personal(talk.html, film.topic_id, reader_of(request))
    response = HttpResponse(_filled(_rendered(request, head, start_s), talk, own))
    response.csp_extra = _policy(head)  # type: ignore[attr-defined]
    return response


def _policy(head: Head) -> dict[str, list[str]]:
    return sources.policy_hosts(head.sources)


def _head_and_topic(film: Glimpse) -> tuple[Head, Topic]:
    """Return what the head shows, kept by updated_at, and the topic as it is now.

    One query: of the topic alone where the head is kept, else of both, and the film is then never
    older than the moment it is kept under.
    """
    key = ("head", film.pk, film.updated_at)
    head: Head | None = kept.get(key)
    if head is not None:
        return head, topic_now(film.topic_id)
    head = read(film.pk)
    kept.put(key, head, _HEAD_BYTES)
    return head, head.film.topic


def _frame(request: HttpRequest, head: Head) -> bytes:
    """Return the page for readers without our cookies, with marks where the talk goes."""
    film = head.film
    key = ("frame", film.pk, film.updated_at, get_language(), settings.RELEASE)
    frame: bytes | None = kept.get(key)
    if frame is None:
        frame = _rendered(request, head, 0)
        kept.put(key, frame, len(frame))
    return frame


def _rendered(request: HttpRequest, head: Head, start_s: int) -> bytes:
    film = head.film
    context = {
        "film": film,
        "address": film.get_absolute_url(),
        "feed": reverse("film_feed", args=[film.slug]),
        "crew": head.crew(),
        "copies": [Copy(source, start_s) for source in head.sources],
        "further": head.further,
        "countries": [places.country(code) for code in film.countries.split()],
        "languages": [places.language(code) for code in film.languages.split()],
        "summary": markup.excerpt(film.description_html, 200) or film.tagline,
        "json_ld": json_ld(head),
        "talk": TALK,
        "count_words": COUNT_WORDS,
    }
    return render_to_string("films/film.html", context, request).encode()


def _filled(frame: bytes, talk: page.Talk, talk_html: bytes) -> bytes:
    count = talk.topic.comment_count
    words = ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count}
    for mark, text in ((COUNT_WORDS, words), (f'"{COUNT}"', str(count))):
        frame = frame.replace(mark.encode(), text.encode())
    return frame.replace(TALK.encode(), talk_html, 1)


def json_ld(head: Head) -> SafeString:
    """Return the film as schema.org's Movie; safe inside <script>: no "<", ">" or "&" is left."""
    film = head.film
    url = settings.SITE_URL + film.get_absolute_url()
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Movie",
        "@id": url,
        "url": url,
        "name": film.title,
        "alternateName": film.original_title,
        "description": markup.excerpt(film.description_html, 500),
        "dateCreated": str(film.year or ""),
        "duration": f"PT{film.runtime_minutes}M" if film.runtime_minutes else "",
        "genre": [str(one) for one in (film.category, *head.further) if one],
        "countryOfOrigin": [
            {"@type": "Country", "name": places.country(code)} for code in film.countries.split()
        ],
        "inLanguage": film.languages.split(),
        "image": settings.SITE_URL + film.poster_url if film.poster else "",
        "sameAs": [link for _name, link in film.elsewhere()],
        "commentCount": COUNT,
        "discussionUrl": f"{url}#talk",
    }
    for role, name in (("director", "director"), ("composer", "musicBy"), ("writer", "author")):
        told[name] = [
            {
                "@type": "Person",
                "name": credit.person.name,
                "url": settings.SITE_URL + credit.person.get_absolute_url(),
            }
            for credit in head.credits
            if credit.role == role
        ]
    text = json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
    return mark_safe(text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026"))
