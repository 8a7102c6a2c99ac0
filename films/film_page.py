"""The film page: its head, kept by film.updated_at; its talk, kept by the topic's version; the whole
as compressed bytes for readers without our cookies.
"""

import json
import secrets
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from films import places, sharing, sources
from films.head import Head, read, topic_now
from films.models import Film, Related, Source
from forum import markup, sql
from forum.accounts.context import unread_words
from forum.accounts.looks import looks_of
from forum.accounts.readers import ANYBODY, Reader, has_our_cookie, reader_of
from forum.discussions import answers, muted, newness, overlay, page
from forum.discussions.kept import kept
from forum.discussions.models import Topic
from forum.discussions.orders import usual_order

# Where the talk and its count go; nobody can write these words into a description.
_MARK = secrets.token_hex(8)
TALK, COUNT, COUNT_WORDS, NEW = (f"{name}{_MARK}" for name in ("talk", "count", "words", "new"))
_ANY_SLUG = "/"  # stands for one in kept SQL; no address is so
_HEAD_BYTES = 20_000  # about what Head takes
_TOPIC_BYTES = 2_000  # and a topic
_WHO = f"who{_MARK}"  # stands where the name of a member goes
_UNREAD = f"unread{_MARK}"  # and this where the number of their unread notices goes


class Glimpse(NamedTuple):
    """What says whether a film is shown, and by which version: all that a warm page asks for."""

    pk: int
    state: str
    updated_at: object  # as the database gives it: compared, never read
    share: str | None  # the picture for shared links
    topic_id: int
    version: int
    voted_at: Any  # as the database gives it, and the next
    last_comment_at: Any
    moved_to: int | None  # the topic of the film that this one went into
    related: str | None  # names the related films as they are now


def glimpse(slug: str) -> Glimpse | None:
    """Return the film at an address; one narrow query."""
    text, values = _glimpse_sql()
    found = sql.rows(text, [slug if value == _ANY_SLUG else value for value in values])
    return Glimpse._make(found[0]) if found else None


@cache
def _glimpse_sql() -> tuple[str, tuple[str, ...]]:
    """Return the query and its values, _ANY_SLUG for the film's address."""
    # Kept, as making it takes longer than all else that a warm page does.
    films = Film.objects.annotate(related_now=Subquery(_related_now()))
    rows = films.filter(slug=_ANY_SLUG).values_list(
        "pk",
        "state",
        "updated_at",
        "share",
        "topic_id",
        "topic__version",
        "topic__voted_at",
        "topic__last_comment_at",
        "topic__moved_to_id",
        "related_now",
    )
    text, values = rows.query.sql_with_params()
    return str(text), tuple(map(str, values))


def _related_now() -> QuerySet[Any, Any]:
    """Return what is another as soon as a film's related ones, or what is shown of them, are others."""
    shown = Related.objects.shown().filter(film=OuterRef("pk")).order_by().values("film")
    words = Concat(
        Cast(Count("pk"), TextField()), Value(" "),
        Cast(Max("other__updated_at"), TextField()), Value(" "),
        Cast(Max("pk"), TextField()), output_field=TextField(),
    )  # fmt: skip
    return shown.annotate(now=words).values("now")


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

    Queries beyond the glimpse: none while its bytes are kept, four else, whatever its length; a
    known reader's marks take one, and what is new another.
    """
    options = replace(page.Options.of(request.GET, usual_order(request)), after=0)
    start_s, since = sources.seconds(request.GET.get("t", "")), newness.since_of(request.GET)
    voted = page.slot_of_stored(film.voted_at, film.last_comment_at)
    names = (film.updated_at, film.share, film.related, film.version, voted)
    etag = answers.etag_of("film", film.pk, *names, options, start_s, since)
    is_own = start_s or since
    make = _fresh if has_our_cookie(request) or is_own else _for_all
    return answers.shared(
        request, etag, lambda: make(request, film, options, start_s), keep=not is_own
    )


def _for_all(
    request: HttpRequest, film: Glimpse, options: page.Options, start_s: int
) -> HttpResponse:
    """Return the page for readers without our cookies; answers.py compresses and keeps it."""
    head, topic = _head_and_topic(film)
    talk = page.talk(topic, options)
    frame = _frame(request, film, head, ANYBODY)
    response = HttpResponse(_filled(frame, talk, talk.html))
    response.csp_extra = _policy(head)  # type: ignore[attr-defined]
    return response


def _fresh(
    request: HttpRequest, film: Glimpse, options: page.Options, start_s: int
) -> HttpResponse:
    """Return a page that is not kept: a known reader's own, one that begins at a second, or one that
    marks what is new since a moment.
    """
    head, topic = _head_and_topic(film)
    talk = page.talk(topic, options)
    reader = reader_of(request)
    news = newness.of(request, talk.topic, newness.since_of(request.GET), options.sort)
    token = overlay.token_of(request, reader)
    own = overlay.personal(talk.html, film.topic_id, reader, news, token, muted.of(request))
    is_one_persons = start_s or reader.is_staff  # staff's links go by their rights
    frame = (
        _rendered(request, head, start_s) if is_one_persons else _frame(request, film, head, reader)
    )
    response = HttpResponse(_filled(frame, talk, own, news.words if news else ""))
    response.csp_extra = _policy(head)  # type: ignore[attr-defined]
    return response


def _policy(head: Head) -> dict[str, list[str]]:
    return sources.policy_hosts(head.sources)


def _head_and_topic(film: Glimpse) -> tuple[Head, Topic]:
    """Return what the head shows, kept by updated_at, and the topic, kept by version.

    At most one query: of the topic alone where the head is kept, else of both, and the film is then
    never older than the moment it is kept under.
    """
    head_key = ("head", film.pk, film.updated_at, film.share, film.related)
    topic_key = ("topic", film.topic_id, film.version, film.voted_at)
    head: Head | None = kept.get(head_key)
    topic: Topic | None = kept.get(topic_key)
    if head is None:
        head = read(film.pk)
        kept.put(head_key, head, _HEAD_BYTES)
        topic = head.film.topic
    elif topic is None:
        topic = topic_now(film.topic_id)
    else:
        return head, topic
    if topic.version == film.version:
        kept.put(topic_key, topic, _TOPIC_BYTES)
    return head, topic


def _frame(request: HttpRequest, now: Glimpse, head: Head, reader: Reader) -> bytes:
    """Return the page for a reader who is not staff, with marks where the talk goes.

    It is made once for all whose pages differ in the name, and what is unread, alone.
    """
    user = reader.user
    kind = (reader.is_known, bool(user), looks_of(request))
    shown = (get_language(), timezone.get_current_timezone_name(), settings.RELEASE)
    key = ("frame", now.pk, head.film.updated_at, now.share, now.related, kind, shown)
    frame: bytes | None = kept.get(key)
    if frame is None:
        marks = {"who": _WHO, "unread": _UNREAD} if user else {"who": ""}
        frame = _rendered(request, head, 0, **marks)
        kept.put(key, frame, len(frame))
    if not user:
        return frame
    frame = frame.replace(_UNREAD.encode(), unread_words(user).encode())
    return frame.replace(_WHO.encode(), escape(user.username).encode())


def _rendered(request: HttpRequest, head: Head, start_s: int, **more: str) -> bytes:
    film = head.film
    context = {
        "film": film,
        "address": film.get_absolute_url(),
        "feed": reverse("film_feed", args=[film.slug]),
        "crew": head.crew(),
        "copies": [Copy(source, start_s) for source in head.sources],
        "further": head.further,
        "related": head.related,
        "countries": [places.country(code) for code in film.countries.split()],
        "languages": [places.language(code) for code in film.languages.split()],
        "share_width": sharing.WIDTH,
        "share_height": sharing.HEIGHT,
        "summary": markup.excerpt(film.description_html, 200) or film.tagline,
        "json_ld": json_ld(head),
        "talk": TALK,
        "count_words": COUNT_WORDS,
        "new_words": NEW,
        **more,
    }
    return render_to_string("films/film.html", context, request).encode()


def _filled(frame: bytes, talk: page.Talk, talk_html: bytes, new: str = "") -> bytes:
    count = talk.topic.comment_count
    words = ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count}
    new = f', <span class="fresh">{new}</span>' if new else ""
    for mark, text in ((COUNT_WORDS, words), (f'"{COUNT}"', str(count)), (NEW, new)):
        frame = frame.replace(mark.encode(), text.encode())
    return frame.replace(TALK.encode(), talk_html, 1)


def json_ld(head: Head) -> SafeString:
    """Return the film as schema.org's Movie; safe inside <script>: no "<", ">" or "&" is left."""
    film = head.film
    url = settings.SITE_URL + film.get_absolute_url()
    image = film.poster_url or film.share_url
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
        "image": settings.SITE_URL + image if image else "",
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
