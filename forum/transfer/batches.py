"""Imports by the admin: brought, started, chosen for; the worker does the rest (tasks.py)."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from films import words
from films.models import Film
from forum.accounts.models import User
from forum.index import finding, language
from forum.index.tables import FILM
from forum.transfer import uploads
from forum.transfer.models import ImportBatch
from forum.transfer.tasks import work
from forum.transfer.text import title_and_year

State = ImportBatch.State
MOST_LIKE = 1_000  # films that one title may mean
NAMED = 5  # films that a refusal names
ACTS = {"check": State.CHECK, "load": State.LOAD, "undo": State.UNDO}


def bring(*, name: str, chunks: Iterable[bytes], creates: bool, by: User) -> ImportBatch:
    """Keep a file and let the worker read it. Raises ValidationError: type, too-large, what."""
    stored, size, system = uploads.store(name, chunks)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            system=system, name=name[-200:], stored=stored, size=size, creates=creates, by=by
        )
        work.enqueue(batch.pk, by.pk)
    return batch


@transaction.atomic
def start(*, batch: ImportBatch, act: str, by: User) -> None:
    """Let the worker check, load or undo an import. Raises ValidationError "not-now"."""
    stored = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if not stored.may(act):
        raise ValidationError(_("That cannot be done now: see what its state is."), "not-now")
    stored.state, stored.state_at, stored.error = ACTS[act], timezone.now(), ""
    stored.done = stored.total = 0
    stored.phase = ""
    stored.save()
    work.enqueue(stored.pk, by.pk)


@transaction.atomic
def choose(*, batch: ImportBatch, choices: Mapping[str, int | str | None]) -> ImportBatch:
    """Note what becomes of pages: a film's id, "new", "skip", or None to leave it to the rest.

    Raises ValidationError "not-now" while the worker has it.
    """
    stored = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if stored.is_at_work:
        raise ValidationError(_("The worker has it now. Choose when it is done."), "not-now")
    known = {page["ref"] for page in stored.report.get("open_pages", [])}
    for ref, choice in choices.items():
        if ref not in known:
            continue
        if choice is None:
            stored.choices.pop(ref, None)
        else:
            stored.choices[ref] = choice
    stored.save(update_fields=["choices"])
    return stored


def film_named(text: str) -> Film:
    """Return the film that a person named: by address, or by title, with the year if need be.

    Raises ValidationError: no-film, many-films.
    """
    films = Film.objects.filter(topic__is_demo=False)
    _site, is_address, slug = text.strip().rstrip("/").rpartition("/films/")
    if is_address and (film := films.filter(slug=slug).first()):
        return film
    year, title = title_and_year(" ".join(text.split()))
    named = films.filter(sort_title=words.sort_key(title))
    if year:
        named = named.filter(year=year)
    found = list(named[: NAMED + 1]) or list(films_like(text)[: NAMED + 1])
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(_("No film here is called so."), "no-film")
    names = ", ".join(f"“{film}”" for film in found[:NAMED])
    raise ValidationError(
        _("Several films may be meant: %(names)s. Write the title with the year, or the address.")
        % {"names": names},
        "many-films",
    )


def films_like(text: str) -> QuerySet[Film]:
    """Return films whose titles have all words of `text`, by title."""
    films = Film.objects.filter(topic__is_demo=False).order_by("sort_title", "pk")
    asked = language.parse(text)
    return films.filter(pk__in=finding.ids(FILM, asked, most=MOST_LIKE))
