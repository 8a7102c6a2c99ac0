"""The form of a film."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from films import posters, services, sources, twins
from films.admin.catalogue import KeptForm
from films.admin.parts import asks_what_it_is
from films.models import Film


class FilmForm(KeptForm):
    video = forms.CharField(
        label=_("Video address"),
        required=False,
        max_length=sources.ADDRESS_CHARS,
        help_text=_(
            "Paste where it can be seen: YouTube, Vimeo, the Internet Archive, PeerTube, or a file."
            " More copies can be given below."
        ),
    )
    is_another = forms.BooleanField(
        label=_("None of these: it is another film"),
        required=False,
        widget=forms.HiddenInput,
    )
    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=220,
        help_text=_(
            "The last part of the page's address. Left empty it is made from the title; an old one"
            " leads to the new one for ever."
        ),
    )
    new_poster = forms.FileField(
        label=_("New poster"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 8 MB, at least 320 pixels wide and high."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_poster = forms.BooleanField(label=_("Take the poster away"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "title" in self.fields:
            self.fields["title"].widget.attrs |= {
                "data-twins": reverse("admin:films_film_twins"),
                "data-film": self.instance.pk or "",
                "dir": "auto",
            }
        if "state" in self.fields:  # of a draft or a new film; from then on states have pages
            choices = [one for one in Film.State.choices if one[0] != Film.State.WITHDRAWN]
            self.fields["state"].choices = choices  # type: ignore[attr-defined]
        if "categories" in self.fields:
            # No button that clears all: select2 puts it into the list as something that is no item.
            self.fields["categories"].widget.widget.is_required = True
        if "video" in self.fields:
            self.fields["video"].widget = forms.TextInput(attrs=asks_what_it_is())
            self.fields["video"].widget.attrs["class"] = "vTextField"

    def clean_video(self) -> str:
        address = self.cleaned_data["video"].strip()
        if address:
            sources.parse(address)
        return address

    def clean_slug(self) -> str:
        text = self.cleaned_data["slug"]
        is_new = text and text != self.instance.slug
        return services.slug_given(self.instance, text) if is_new else text

    def clean_countries(self) -> str:
        return services.codes_of("countries", self.cleaned_data["countries"])

    def clean_languages(self) -> str:
        return services.codes_of("languages", self.cleaned_data["languages"])

    def clean_new_poster(self) -> Any:
        upload = self.cleaned_data["new_poster"]
        if upload:
            posters.check(upload)
        return upload

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        asked = {"title", "original_title", "year", "video"} & set(self.changed_data)
        if asked and "title" in data and not data.get("is_another"):
            self._ask_about_twins(data)
        return data

    def _ask_about_twins(self, data: dict[str, Any]) -> None:
        """Let nobody enter a film twice by mistake: a box says that it is meant."""
        found = twins.twins_of(
            title=data["title"],
            original_title=data.get("original_title", ""),
            year=data.get("year"),
            copies=[sources.parse(data["video"])] if data.get("video") else [],
            but=self.instance.pk,
        )
        if found:
            words = render_to_string("admin/films/film/_twins.html", {"twins": found})
            self.fields["is_another"].widget = forms.CheckboxInput()
            self.add_error("is_another", ValidationError(words, code="twins"))
