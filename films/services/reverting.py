"""Back to an earlier version, which is a new version again."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from films.models import Category, Film, Person
from films.services import storing, versions
from films.services.addresses import slug_given
from films.services.editing import edit_film
from films.services.storing import NewSource
from forum.accounts.models import User


def seen(*films: Film) -> str:
    """Return what names the films' present heads, for a form that shows them before it acts."""
    return " ".join(f"{film.pk}:{film.updated_at.isoformat()}" for film in films)


def refuse_stale(shown: str, *films: Film) -> None:
    """Raise ValidationError "changed-meanwhile" unless the form showed the films as they are."""
    if shown != seen(*films):
        raise ValidationError(
            _("It was changed meanwhile. Please look again: this is how it is now."),
            code="changed-meanwhile",
        )


def after_revert(*, film: Film, version: Any) -> Any:
    """Return a FilmVersion, not saved, of what revert_film would make of the film.

    State and poster stay: publishing is a decision of its own, and a poster's files are gone with
    it. An address that another film has by now stays too, and people and categories that are no
    more stay out.
    """
    after = versions.version_now(film)
    for name in storing.FIELDS - {"slug", "category"}:
        setattr(after, name, getattr(version, name))
    categories = dict(Category.objects.values_list("pk", "name"))
    if version.category_id is None or version.category_id in categories:
        after.category_id = version.category_id
    named = {pk: name for pk, name, _role in version.parts.get("credits", ())}
    people = dict(Person.objects.filter(pk__in=named).values_list("pk", "name"))
    further = [pk for pk, _name in version.parts.get("categories", ()) if pk in categories]
    after.parts = {
        "category": categories.get(after.category_id, ""),
        "categories": [[pk, categories[pk]] for pk in further if pk != after.category_id],
        "credits": [
            [pk, people[pk], role]
            for pk, _name, role in version.parts.get("credits", ())
            if pk in people
        ],
        "sources": version.parts.get("sources", []),
    }
    if version.slug != film.slug:
        try:
            after.slug = slug_given(film, version.slug)
        except ValidationError:
            after.slug = film.slug
    return after


@transaction.atomic
def revert_film(*, film: Film, version_id: int, shown: str, by: User | None) -> Film:
    """Make the film what it was in that version of it, as after_revert says.

    `shown` is seen(film) of the page on which somebody chose so. Raises ValidationError:
    "changed-meanwhile", "version", or what edit_film refuses.
    """
    stored = storing.locked(film)
    refuse_stale(shown, stored)
    version = stored.history.filter(history_id=version_id).first()
    if version is None:
        raise ValidationError(_("This film has no such version."), code="version")
    after = after_revert(film=stored, version=version)
    people = Person.objects.in_bulk([pk for pk, _name, _role in after.parts["credits"]])
    category = Category.objects.filter(pk=after.category_id).first()
    fields = {name: getattr(after, name) for name in storing.FIELDS - {"category"}}
    return edit_film(
        film=stored,
        by=by,
        why=f"revert:{version_id}",
        category=category,
        categories=Category.objects.filter(pk__in=[pk for pk, _name in after.parts["categories"]]),
        credits=[(people[pk], role) for pk, _name, role in after.parts["credits"]],
        sources=[NewSource(**one) for one in after.parts["sources"]],
        **fields,
    )
