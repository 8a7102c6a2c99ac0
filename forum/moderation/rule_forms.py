"""The rules as a form, and what places say otherwise: one row each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from films.models import Category
from forum.discussions.models import Comment, Topic
from forum.moderation.rules import (
    BRANCH,
    CATEGORY,
    KINDS,
    MOST_PLACES,
    MOST_SLOW_S,
    TOPIC,
    Place,
    Ruleset,
)
from forum.moderation.targets import CommentField, TopicField
from forum.moderation.wordlists import MOST_LINES, check_list

MOST_DAYS = 3650
_CATEGORY_PATH = "/categories/"


def _number(label: Any, most: int, help_text: Any = "", **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, help_text=help_text, **more)


def _list(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=MOST_LINES * 81,
        validators=[check_list],
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "spellcheck": "false"}),
    )


class RulesForm(forms.Form):
    """What holds everywhere."""

    banned_words = _list(
        _("Words that are refused"),
        _(
            "A word or phrase a line; * stands for any letters. The author is told which word it was."
        ),
    )
    held_words = _list(
        _("Words that are held"),
        _("The same, but a moderator reads it first. Letter case and accents make no difference."),
    )
    links_new = _number(_("Links of a new author"), 50, _("More than these are read first."))
    links_known = _number(_("Links of a known author"), 50)
    links_trusted = _number(_("Links of a trusted author"), 50)
    first_of_guests = _number(
        _("First comments of guests"), 50, _("Read first until so many are approved; 0: none is.")
    )
    first_of_members = _number(_("First comments of members"), 50)
    reports = _number(
        _("Reports that were right"),
        100,
        _("Who had so many within 30 days is read first; 0: nobody is."),
    )
    slow_minutes = _number(
        _("Slow mode, minutes"),
        MOST_SLOW_S // 60,
        _("Between two comments of a person in a talk; 0: off."),
    )
    close_after_days = _number(
        _("Days that a talk is open"), MOST_DAYS, _("Counted from when it was opened; 0: for ever.")
    )

    @classmethod
    def initial_of(cls, ruleset: Ruleset) -> dict[str, Any]:
        values = ruleset.values
        return {**values, "slow_minutes": values["slow_s"] // 60}

    def ruleset(self, places: tuple[Place, ...]) -> Ruleset:
        data = dict(self.cleaned_data)
        data["slow_s"] = data.pop("slow_minutes") * 60
        return Ruleset(**data, places=places)

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return the fields under their headings, as the page shows them."""
        names = [
            (_("Words"), "banned_words held_words"),
            (_("Links, by trust"), "links_new links_known links_trusted"),
            (_("People"), "first_of_guests first_of_members reports"),
            (_("Every talk"), "slow_minutes close_after_days"),
        ]
        return [(title, [self[name] for name in fields.split()]) for title, fields in names]


class PlaceField(forms.CharField):
    """The address of a film, a talk of the Lobby, a category or a comment; the value is (kind, id)."""

    default_error_messages = {
        "place-gone": _("This is no address of a film, a talk, a category or a comment here.")
    }

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        path = unquote(urlsplit(text).path) or text
        if path.startswith(_CATEGORY_PATH):
            slug = path.removeprefix(_CATEGORY_PATH).strip("/")
            found = Category.objects.filter(slug=slug).first()
            return (CATEGORY, found.pk) if found else self._gone()
        for kind, field in ((BRANCH, CommentField()), (TOPIC, TopicField())):
            try:
                return kind, field.to_python(text).pk
            except ValidationError:
                continue
        return self._gone()

    def _gone(self) -> Any:
        raise ValidationError(self.error_messages["place-gone"], "place-gone")


class PlaceForm(forms.Form):
    """What one place says otherwise. A row whose place is emptied is taken away."""

    place = PlaceField(
        label=_("Place"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    guests = forms.ChoiceField(
        label=_("Guests"),
        required=False,
        choices=[
            ("", _("as elsewhere")),
            ("open", _("write")),
            ("hold", _("are read first")),
            ("closed", _("cannot write")),
        ],
    )
    hold = forms.ChoiceField(
        label=_("Everybody"),
        required=False,
        choices=[
            ("", _("as elsewhere")),
            ("yes", _("is read first")),
            ("no", _("is not read first")),
        ],
    )
    slow_minutes = _number(_("Slow mode, minutes"), MOST_SLOW_S // 60, required=False)
    close_after_days = _number(_("Days open"), MOST_DAYS, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        said = [data.get(name) for name in ("guests", "hold", "slow_minutes", "close_after_days")]
        is_something = any(one not in (None, "") for one in said)
        if data.get("place") is None:
            if is_something and "place" in data:
                self.add_error("place", _("Where?"))
            return data
        kind = data["place"][0]
        if not is_something:
            self.add_error(None, _("Say what is otherwise here, or empty the place."))
        if kind == TOPIC and data.get("hold"):
            words = _("A talk has its own switch for this: see “How the talk is kept”.")
            self.add_error("hold", words)
        if kind == TOPIC and data.get("guests") == "hold":
            words = _("A talk has its own switch for this: see “How the talk is kept”.")
            self.add_error("guests", words)
        if kind == BRANCH and data.get("slow_minutes") is not None:
            self.add_error("slow_minutes", _("A branch is made slow on its comment's own page."))
        if kind == BRANCH and data.get("close_after_days") is not None:
            self.add_error("close_after_days", _("A branch is locked on its comment's own page."))
        return data

    def made(self) -> Place | None:
        data = self.cleaned_data
        if not data.get("place"):
            return None
        kind, pk = data["place"]
        minutes, hold = data["slow_minutes"], data["hold"]
        return Place(
            kind,
            pk,
            guests=data["guests"],
            slow_s=None if minutes is None else minutes * 60,
            close_after_days=data["close_after_days"],
            hold={"yes": True, "no": False}.get(hold),
        )


class _Places(forms.BaseFormSet):
    def clean(self) -> None:
        places = [form.cleaned_data.get("place") for form in self.forms if form.is_valid()]
        named = [place for place in places if place]
        if len(set(named)) < len(named):
            raise ValidationError(_("A place stands here twice."), "place-twice")

    def places(self) -> tuple[Place, ...]:
        made = (form.made() for form in self.forms)
        return tuple(one for one in made if one)


PlaceForms = forms.formset_factory(
    PlaceForm,
    formset=_Places,
    extra=2,
    max_num=MOST_PLACES,
    absolute_max=MOST_PLACES + 2,
    validate_max=True,
)


def initial_places(ruleset: Ruleset) -> list[dict[str, Any]]:
    """Return the places as rows of the form, each named by its address; three queries."""
    names = _names(ruleset)
    hold = {True: "yes", False: "no", None: ""}
    return [
        {
            "place": names.get((one.kind, one.id), f"{KINDS[one.kind]} {one.id}"),
            "guests": one.guests,
            "hold": hold[one.hold],
            "slow_minutes": None if one.slow_s is None else one.slow_s // 60,
            "close_after_days": one.close_after_days,
        }
        for one in ruleset.places
    ]


def _names(ruleset: Ruleset) -> Mapping[tuple[str, int], str]:
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for one in ruleset.places:
        ids[one.kind].append(one.id)
    found = {}
    for topic in Topic.objects.filter(pk__in=ids[TOPIC]):
        found[TOPIC, topic.pk] = topic.get_absolute_url()
    for category in Category.objects.filter(pk__in=ids[CATEGORY]):
        found[CATEGORY, category.pk] = category.get_absolute_url()
    there = Comment.objects.exclude_purged().filter(pk__in=ids[BRANCH])
    for pk in there.values_list("pk", flat=True):
        found[BRANCH, pk] = f"#{pk}"
    return found


def without_gone(ruleset: Ruleset) -> tuple[Ruleset, int]:
    """Return the rules without places that are gone, and how many these were."""
    names = _names(ruleset)
    places = tuple(one for one in ruleset.places if (one.kind, one.id) in names)
    return replace(ruleset, places=places), len(ruleset.places) - len(places)
