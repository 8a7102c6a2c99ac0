"""The filters of the queue. Each is one field of one form over the list; a tab is one too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films.models import Category
from forum import languages
from forum.accounts.readers import reader_of
from forum.discussions.models import CommentText, Report, State, Topic
from forum.index import folding
from forum.moderation.decisions import KINDS
from forum.moderation.tabs import tab_of
from forum.moderation.whys import HELD_FOR, REPORTED

MOST_TALKS = 50  # whose title has the words
LOOKED_BACK = timedelta(days=30)  # where no index helps and everything is asked for


class Filter(admin.SimpleListFilter):
    """One choice among some."""

    choose: Callable[[Any, str], Any]
    options: list[tuple[str, Any]]
    kind = "choice"
    asked = ""  # what was chosen, as it came

    def __init__(self, request: HttpRequest, params: Any, *args: Any) -> None:
        super().__init__(request, params, *args)
        self.request = request
        self.asked = (self.value() or "").replace("\x00", "")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return self.options

    def has_output(self) -> bool:
        return True  # or Django would leave it out, and what it was to choose with it

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return self.choose(queryset, self.asked) if self.asked in self.valid() else queryset

    def valid(self) -> set[str]:
        return {str(value) for value, _words in self.lookup_choices}

    def fields(self) -> list[tuple[str, str, bool]]:
        """Return (value, words, whether it is chosen) of each choice, for the form."""
        return [(str(v), str(words), str(v) == self.asked) for v, words in self.lookup_choices]


class NumberFilter(Filter):
    """An id that a link gives; shown as what it leads to, and taken away by a link."""

    options: list[tuple[str, Any]] = []
    kind = "link"
    words: Any = ""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_id = self.asked.isascii() and self.asked.isdigit() and len(self.asked) < 19
        return self.choose(queryset, self.asked) if is_id else queryset


class TabFilter(Filter):
    title, parameter_name = _("tab"), "tab"
    options: list[tuple[str, Any]] = []
    kind = "tab"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return tab_of(request.GET).rows(queryset, reader_of(request))


class FilmFilter(Filter):
    """A film or talk by words of its title, or by its number as links give it."""

    title, parameter_name = _("film or talk"), "film"
    options: list[tuple[str, Any]] = []
    kind = "words"
    shown = ""

    def __init__(self, request: HttpRequest, params: Any, *args: Any) -> None:
        super().__init__(request, params, *args)
        self.shown = self.asked
        self.ids: list[int] | None = None
        if self.asked.isascii() and self.asked.isdigit() and len(self.asked) < 19:
            self.ids = [int(self.asked)]
            found = Topic.objects.filter(pk=self.ids[0]).values_list("title", flat=True).first()
            self.shown = found or self.asked
        elif folded := " ".join(folding.words(self.asked)):
            rows = Topic.objects.filter(folded__contains=folded).order_by("pk")
            self.ids = list(rows.values_list("pk", flat=True)[:MOST_TALKS])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.ids is None else queryset.filter(thread__topic__in=self.ids)


class CategoryFilter(Filter):
    title, parameter_name = _("category"), "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = Category.objects.order_by("name").values_list("pk", "name")[:200]
        return [(str(pk), name) for pk, name in rows]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.filter(thread__topic__film__category=int(value))


_EDIT, _STAFF, _REPORT, _CHECK = "edit", "staff", "report-", "check-"


class WhyFilter(Filter):
    """Why staff are asked: a check, a report's reason, an edit."""

    title, parameter_name = _("why it is here"), "why"
    options = [
        *((f"{_REPORT}{code}", _("reported: %s") % words) for code, words in REPORTED.items()),
        *((f"{_CHECK}{code}", words) for code, words in HELD_FOR.items()),
        (_STAFF, _("A moderator holds it.")),
        (_EDIT, _("An edit of it waits.")),
    ]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        if value == _EDIT:
            return rows.with_edit_waiting()
        if value == _STAFF:
            return rows.held().filter(reason="")
        if value.startswith(_CHECK):
            return rows.held().filter(reason=value.removeprefix(_CHECK))
        reports = Report.objects.open().filter(reason=value.removeprefix(_REPORT))
        return rows.filter(pk__in=reports.values("comment"))


class StateFilter(Filter):
    title, parameter_name = _("state"), "state"
    options = [
        (one, words) for one, words in State.choices if one not in (State.ERASED, State.PURGED)
    ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.asked not in self.valid():
            return queryset
        rows = queryset.in_state(self.asked)
        is_all = tab_of(request.GET).name == "all"  # where all wait, or none does
        return rows.order_by("-created_at", "-pk") if is_all else rows


class AuthorFilter(Filter):
    title, parameter_name = _("author"), "author"
    options = list(KINDS.items())

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.from_author(value)


class LanguageFilter(Filter):
    title, parameter_name = _("language"), "language"
    options = [*languages.NAMES.items(), ("none", _("not known"))]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.filter(language="" if value == "none" else value)


class LinkFilter(Filter):
    title, parameter_name = _("links"), "links"
    options = [("with", _("with a link")), ("without", _("without"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.asked not in self.valid():
            return queryset
        rows = _of_late(queryset, request)
        having = rows.filter(text__body_html__contains="<a ")
        return having if self.asked == "with" else rows.exclude(text__body_html__contains="<a ")


class ScoreFilter(Filter):
    """What the spam score says, in permille."""

    title, parameter_name = _("spam score"), "score"
    options = [
        ("900", _("90 % and more")),
        ("500", _("50 % and more")),
        ("low", _("less than 50 %")),
        ("none", _("no score")),
    ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.asked not in self.valid():
            return queryset
        rows = _of_late(queryset, request)
        if self.asked == "none":
            return rows.filter(text__spam_score=None)
        if self.asked == "low":
            return rows.filter(text__spam_score__lt=500)
        return rows.filter(text__spam_score__gte=int(self.asked))


def _of_late(rows: Any, request: HttpRequest) -> Any:
    """Return the rows, of everything the last LOOKED_BACK alone: no index knows what these ask for."""
    if tab_of(request.GET).name != "all":
        return rows
    return rows.filter(created_at__gte=timezone.now() - LOOKED_BACK)


class PenFilter(NumberFilter):
    title, parameter_name = _("same guest"), "pen"
    words = _("by the same guest")

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.filter(pen=int(value))


class MemberFilter(NumberFilter):
    title, parameter_name = _("same member"), "member"
    words = _("by the same member")

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.filter(member=int(value))


class NetworkFilter(NumberFilter):
    """From the network that a comment came from; the key itself is never shown."""

    title, parameter_name = _("same network"), "network"
    words = _("from the same network")

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        texts = CommentText.objects.filter(comment=int(value)).exclude(network_key="")
        key = texts.values_list("network_key", flat=True).first()
        return rows.filter(text__network_key=key) if key else rows.none()


FILTERS: list[Any] = [
    TabFilter,
    FilmFilter,
    CategoryFilter,
    WhyFilter,
    StateFilter,
    AuthorFilter,
    LanguageFilter,
    LinkFilter,
    ScoreFilter,
    PenFilter,
    MemberFilter,
    NetworkFilter,
]
