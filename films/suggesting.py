"""The pages of suggestions: the form, films that are perhaps the same, what became of one."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from films import services, sources, twins
from films.models import SUGGESTED, SUGGESTION_CHARS, Film, Suggestion, check_year
from forum import counts
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, form_marks

OWN_SHOWN = 20
_MARK = "suggestion"  # which form it is, in what says when it was made


def _line(label: Any, hint: Any = "", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "in", "dir": "auto", "autocomplete": "off"})
    return forms.CharField(
        label=label, help_text=hint, widget=widget, **{"required": False, "max_length": 200, **more}
    )


def _text(label: Any, hint: Any, rows: int, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "in", "rows": rows, "dir": "auto"})
    return forms.CharField(
        label=label, help_text=hint, widget=widget, max_length=SUGGESTION_CHARS, **more
    )


class SuggestionForm(forms.Form):
    """What is suggested. `film`: the one that is to be corrected."""

    title = _line(_("Title"), required=True)
    original_title = _line(_("Original title"))
    year = _line(_("Year"), max_length=4)
    runtime_minutes = _line(_("Length in minutes"), max_length=5)
    directors = _line(_("Directed by"), _("Several names with commas."), max_length=600)
    countries = _line(_("Countries"), _("Codes of two letters: FR GB"), max_length=100)
    languages = _line(_("Languages"), _("Codes of two letters: fr en"), max_length=100)
    imdb_id = _line("IMDb", _("As in tt0018578"), max_length=12)
    wikidata_id = _line("Wikidata", _("As in Q1391820"), max_length=12)
    video = _line(
        _("Where it can be seen"), _("The address of a film that may be shown."), max_length=500
    )
    description = _text(_("What it is about"), _("In your own words."), 4, required=False)
    evidence = _text(
        _("Sources"),
        _("Where we can read that it is so: addresses, books, credits of the film."),
        3,
        error_messages={"required": _("Please say where we can read that it is so.")},
    )
    website = forms.CharField(required=False)  # for robots; people do not see it
    opened = forms.CharField(required=False, max_length=200)  # when the form was made, signed
    is_another = forms.BooleanField(label=_("It is another film than these"), required=False)

    def __init__(self, *args: Any, film: Film | None, **kwargs: Any) -> None:
        self.film = film
        self.twins: list[twins.Twin] = []
        super().__init__(*args, **kwargs)

    def clean_year(self) -> str:
        year = str(self.cleaned_data["year"]).strip()
        if year:
            if not (year.isascii() and year.isdigit()):
                raise ValidationError(_("A year has four figures."), "year")
            check_year(int(year))
        return year

    def clean_runtime_minutes(self) -> str:
        text = str(self.cleaned_data["runtime_minutes"]).strip()
        if text and not (text.isascii() and text.isdigit() and int(text)):
            raise ValidationError(_("The length is a number of minutes."), "number")
        return text

    def clean_video(self) -> str:
        address = str(self.cleaned_data["video"]).strip()
        if address:
            sources.parse(address)
        return address

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("imdb_id", "wikidata_id", "countries", "languages"):
            if text := data.get(name):
                self._check(name, text.strip())
        self.twins = like(data, self.film)
        if self.twins and not self.film and not data.get("is_another") and not self.errors:
            raise ValidationError(_("A film like this is here already. Is it yours?"), "twin")
        return data

    def _check(self, name: str, text: str) -> None:
        text = services.codes_of(name, text) if name in ("countries", "languages") else text
        try:
            Film._meta.get_field(name).run_validators(text)  # type: ignore[union-attr]
        except ValidationError as refusal:
            self.add_error(name, refusal)
            return
        self.cleaned_data[name] = text

    @property
    def is_hasty(self) -> bool:
        """Whether no person can have written it: it was open for a moment, or does not say since when."""
        return form_marks.is_hasty(form_marks.age_s(self.cleaned_data["opened"], _MARK))

    @property
    def opened_at(self) -> str:
        """Return what the form says of when it was made: from now on, where it did not say it truly."""
        said = str(self["opened"].value() or "")
        return said if form_marks.age_s(said, _MARK) is not None else form_marks.opened(_MARK)

    def said(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in SUGGESTED}


def like(data: Any, film: Film | None = None) -> list[twins.Twin]:
    """Return public films that may be the one meant: by external id, or skeleton of title and year."""
    year = str(data.get("year") or "")
    found = twins.twins_of(
        title=str(data.get("title") or "")[:200],
        original_title=str(data.get("original_title") or "")[:200],
        year=int(year) if year.isascii() and year.isdigit() and len(year) < 6 else None,
        but=film.pk if film else None,
    )
    same = Q()
    for name in ("imdb_id", "wikidata_id"):
        if text := str(data.get(name) or "").strip()[:12]:
            same |= Q(**{name: text})
    if same:
        rows = Film.objects.for_lists().filter(same, topic__moved_to=None)
        by_id = rows.exclude(pk=film.pk if film else 0)[: twins.TWINS_SHOWN]
        found = [*(twins.Twin(one, str(_("the same id"))) for one in by_id), *found]
    public = {twin.film.pk: twin for twin in reversed(found) if twin.film.is_published}
    return list(public.values())[::-1]


@require_http_methods(["GET", "HEAD", "POST"])
def suggest_page(request: HttpRequest) -> HttpResponse:
    """The form, or with POST a suggestion; ?film= names one to be corrected. 422 keeps every word."""
    reader = reader_of(request)
    film = _film_meant(request, reader)
    if request.method != "POST":
        form = SuggestionForm(film=film, initial=services.current_of(film) if film else None)
        return _page(request, form, reader)
    form = SuggestionForm(request.POST, film=film)
    if not form.is_valid():
        counts.refused("form")
        return _page(request, form, reader, status=422)
    if settings.RATE_LIMITS_ON and not reader.user and form.is_hasty:
        counts.refused("haste")
        words = _("This form was open for a moment only. Please read it through and press again.")
        form.add_error(None, words)
        return _page(request, form, reader, status=422)
    key = f"member{reader.user.pk}" if reader.user else network_key(request)
    if wait := hit("film:author", key):
        response = _page(request, form, reader, status=429, wait=wait)
        response.headers["Retry-After"] = str(wait)
        return response
    if form.cleaned_data["website"]:  # a robot is told what it hopes to hear
        return HttpResponseRedirect(request.path)
    try:
        made = services.suggest(
            fields=form.said(), evidence=form.cleaned_data["evidence"], film=film, by=reader.user
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _page(request, form, reader, status=422)
    return HttpResponseRedirect(made.get_absolute_url())


def _film_meant(request: HttpRequest, reader: Reader) -> Film | None:
    slug = request.GET.get("film", "")
    return get_object_or_404(Film.objects.visible_to(reader), slug=slug) if slug else None


def _page(
    request: HttpRequest, form: SuggestionForm, reader: Reader, status: int = 200, wait: int = 0
) -> HttpResponse:
    rows = Suggestion.objects.filter(member=reader.user).order_by("-pk")
    context = {
        "form": form,
        "film": form.film,
        "twins": form.twins,
        "own": rows[:OWN_SHOWN] if reader.user else [],
        "wait": wait,
    }
    return answers.private(render(request, "films/suggest.html", context, status=status))


@require_safe
def like_piece(request: HttpRequest) -> HttpResponse:
    """Films that may be the one somebody types, as a piece of HTML."""
    found = [] if hit("suggest:network", network_key(request)) else like(request.GET)
    return answers.private(render(request, "films/_like.html", {"twins": found}))


@require_safe
def suggestion_page(request: HttpRequest, key: str) -> HttpResponse:
    """What became of a suggestion, for who has its address."""
    suggestion = get_object_or_404(Suggestion.objects.select_related("film"), key=key)
    film = suggestion.film if suggestion.film and suggestion.film.is_published else None
    labels = SuggestionForm.base_fields
    rows = [
        (labels[name].label, text, name in suggestion.taken)
        for name, text in suggestion.fields.items()
        if name in labels
    ]
    context = {"suggestion": suggestion, "rows": rows, "film": film}
    return answers.private(render(request, "films/suggestion.html", context))
