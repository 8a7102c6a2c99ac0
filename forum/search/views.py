"""The search page, and what is suggested while somebody types."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from films.browse import Link
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, muted, newness
from forum.discussions.models import Topic
from forum.index.finding import TooMuch
from forum.index.language import QUERY_CHARS, Asked, parse
from forum.index.tables import FILM, PERSON, TOPIC
from forum.search import comments, titles
from forum.search.narrowing import Question
from forum.search.titles import NEWEST, RELEVANCE, Found

FILMS, PEOPLE, COMMENTS, TOPICS = "films", "people", "comments", "topics"
TITLED = {FILMS: FILM, PEOPLE: PERSON, TOPICS: TOPIC}
KINDS = (*TITLED, COMMENTS)
SORTED = {FILMS: RELEVANCE, PEOPLE: RELEVANCE, TOPICS: RELEVANCE, COMMENTS: NEWEST}  # by itself
A_PAGE = {FILMS: 40, PEOPLE: 40, TOPICS: 40, COMMENTS: 20}
AT_A_GLANCE = {FILMS: 6, PEOPLE: 6, TOPICS: 4, COMMENTS: 8}
SUGGESTED = 5


@dataclass(frozen=True)
class Wanted:
    """What the address of the page asks for; what it cannot mean is left out, never an error."""

    query: str
    kind: str = ""
    sort: str = ""
    topic: Topic | None = None

    @classmethod
    def of(cls, sent: QueryDict, reader: Reader) -> "Wanted":
        query = " ".join(sent.get("q", "").replace("\x00", " ")[: QUERY_CHARS + 1].split())
        kind, sort, number = (sent.get(name, "") for name in ("in", "sort", "topic"))
        topic = None
        if number.isascii() and number.isdigit() and len(number) < 19:
            topic = Topic.objects.visible_to(reader).filter(pk=int(number)).first()
        kind = COMMENTS if topic else kind if kind in KINDS else ""
        return cls(query, kind, sort if kind and sort in (NEWEST, RELEVANCE) else "", topic)

    @cached_property
    def asked(self) -> Asked:
        return parse(self.query)

    def address(self, **changes: Any) -> str:
        """Return "?…" of this search with `changes`, from its first page."""
        now = {"q": self.query, "in": self.kind, "sort": self.sort}
        now["topic"] = str(self.topic.pk) if self.topic else ""
        return "?" + urlencode({name: one for name, one in {**now, **changes}.items() if one})


@dataclass(frozen=True)
class Part:
    """One kind of results on the page. all: the address of its own page, "" on that page."""

    kind: str
    found: Found
    all: str = ""
    address: str = ""


@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """Results for ?q=: of every kind at a glance, or of one (in=) in pages. 429 for too many."""

    def make() -> HttpResponse:
        reader = reader_of(request)
        wanted = Wanted.of(request.GET, reader)
        refused = too_many(request) if wanted.query else None
        if refused:
            return refused
        page = request.GET.get("page", "") if wanted.kind else ""
        parts, is_too_much = _parts(request, wanted, page)
        films = [one for part in parts if part.kind == FILMS for one in part.found.rows]
        newness.count(request, [film.topic for film in films])
        context = {
            "wanted": wanted,
            "parts": [part for part in parts if part.found.rows],
            "is_too_much": is_too_much,
            "is_near": any(part.found.is_near for part in parts),
            "has_earlier": bool(page),
            "tabs": _tabs(wanted),
            "sorts": _sorts(wanted),
        }
        return render(request, "search/search.html", context)

    return answers.shared(request, None, make)


@require_safe
def suggest(request: HttpRequest) -> HttpResponseBase:
    """A few films and people for what stands in the box, as a piece of HTML."""

    def make() -> HttpResponse:
        wanted = Wanted(request.GET.get("q", "")[:QUERY_CHARS])
        parts = []
        if wanted.asked.terms and not too_many(request, "suggest:network"):
            most = {FILM: SUGGESTED, PERSON: SUGGESTED}
            question = Question(wanted.asked, reader_of(request))
            found = titles.at_a_glance(question, most)
            if not any(one.rows for one in found.values()):
                found = titles.near([FILM, PERSON], question)
            parts = [Part(name, found[TITLED[name]]) for name in (FILMS, PEOPLE)]
        return render(request, "search/_suggest.html", {"parts": parts})

    return answers.shared(request, None, make)


def too_many(request: HttpRequest, scope: str = "search:network") -> HttpResponse | None:
    wait = hit(scope, network_key(request))
    if not wait:
        return None
    response = render(request, "errors/429.html", {"seconds": wait}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _parts(request: HttpRequest, wanted: Wanted, page: str) -> tuple[list[Part], bool]:
    """Return what was found, and whether looking for comments was given up."""
    question, kind = Question(wanted.asked, reader_of(request)), wanted.kind
    if wanted.asked.is_empty:
        return [], False
    found, is_too_much = _titled(wanted, question, page), False
    if kind in ("", COMMENTS):
        try:
            found[COMMENTS] = comments.comments(
                question,
                most=A_PAGE[COMMENTS] if kind else AT_A_GLANCE[COMMENTS],
                sort=wanted.sort or SORTED[COMMENTS],
                after=page,
                topic_id=wanted.topic.pk if wanted.topic else None,
                what_is_muted=muted.of(request),
            )
        except TooMuch:
            is_too_much = True
    parts = []
    for name, one in found.items():
        its = wanted.address(**{"in": name})
        parts.append(Part(name, one, its if one.next and not kind else "", its))
    return parts, is_too_much


def _titled(wanted: Wanted, question: Question, page: str) -> dict[str, Found]:
    """Return films, people and topics, those that are asked for; where no film and no person has the
    words, those whose words are like them.
    """
    names = [name for name in TITLED if wanted.kind == name or name in _likely(wanted)]
    if wanted.kind in TITLED:
        name = wanted.kind
        sort, most = wanted.sort or SORTED[name], A_PAGE[name]
        one = titles.found_of(TITLED[name], question, most=most, sort=sort, after=page)
        found = {name: one}
    else:
        seen = titles.at_a_glance(question, {TITLED[one]: AT_A_GLANCE[one] for one in names})
        found = {name: seen[TITLED[name]] for name in names}
    likely = [name for name in (FILMS, PEOPLE) if name in found]
    if likely and not page and not any(found[name].rows for name in likely):
        like = titles.near([TITLED[name] for name in likely], question)
        found |= {name: like[TITLED[name]] for name in likely}
    return found


def _likely(wanted: Wanted) -> list[str]:
    """Return the kinds of titles that are looked for at a glance: none where comments are meant."""
    asked = wanted.asked
    if wanted.kind or asked.author or asked.film or asked.before or asked.after:
        return []
    return [FILMS] if asked.years or asked.category else [*TITLED]


def _tabs(wanted: Wanted) -> list[Link]:
    """Return the kinds to look among."""
    names = {"": _("everything"), FILMS: _("films"), PEOPLE: _("people"),
             COMMENTS: _("comments"), TOPICS: _("Lobby")}  # fmt: skip
    return [Link(words, wanted.address(**{"in": kind, "sort": "", "topic": ""}),
                 kind == wanted.kind and not wanted.topic)
            for kind, words in names.items()]  # fmt: skip


def _sorts(wanted: Wanted) -> list[Link]:
    if not wanted.kind:
        return []
    now = wanted.sort or SORTED[wanted.kind]
    names = {RELEVANCE: _("likeliest first"), NEWEST: _("newest first")}
    return [Link(words, wanted.address(sort=sort), sort == now) for sort, words in names.items()]
