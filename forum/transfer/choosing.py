"""Which film a page of an export is: the form on the import's page, some pages of it at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from films.models import Film
from forum.transfer.batches import film_named
from forum.transfer.models import ImportBatch

SHOWN = 50  # pages at a time
REST, NEW, SKIP, FILM = "", "new", "skip", "film"
FATES = {
    "created": _("a film will be made of it"),
    "unmatched": _("no film here; its comments stay out"),
    "skipped": _("left out, as chosen"),
    "matched": _("goes to a film here"),
    "known": _("here from an earlier import"),
}


@dataclass
class Choice:
    """One page of the export and what is chosen for it. `named`: the film, as somebody wrote it."""

    number: int
    page: dict[str, Any]
    do: str = REST
    named: str = ""
    error: str = ""

    @property
    def fate(self) -> str:
        return str(FATES.get(self.page["fate"], self.page["fate"]))


@dataclass
class Choices:
    """The part of the open pages that is shown, with what was chosen before."""

    rows: Sequence[Choice]
    number: int
    count: int  # of parts
    total: int  # of open pages

    @property
    def numbers(self) -> range:
        return range(1, self.count + 1)

    @classmethod
    def of(cls, batch: ImportBatch, part: str) -> "Choices":
        """Return a part of the pages; one query for the films that were chosen."""
        pages = batch.report.get("open_pages", [])
        shown = Paginator(pages, SHOWN).get_page(part)
        chosen = {page["ref"]: batch.choices.get(page["ref"]) for page in shown}
        ids = [choice for choice in chosen.values() if isinstance(choice, int)]
        films = Film.objects.in_bulk(ids) if ids else {}
        rows = []
        for number, page in enumerate(shown):
            choice = chosen[page["ref"]]
            row = Choice(number, page, do=str(choice or REST))
            if isinstance(choice, int):
                row.do, row.named = FILM, str(films.get(choice, ""))
            rows.append(row)
        return cls(rows, shown.number, shown.paginator.num_pages, len(pages))

    def read(self, sent: QueryDict) -> dict[str, int | str | None] | None:
        """Return {ref: choice} of what was sent for these rows; None if something is amiss, which the
        rows then say, every word kept. A form of another reading of the file sends other refs.
        """
        found: dict[str, int | str | None] = {}
        for row in self.rows:
            if sent.get(f"ref-{row.number}") != row.page["ref"]:
                continue
            row.do = sent.get(f"do-{row.number}", REST)
            row.named = sent.get(f"film-{row.number}", "").strip()[:300]
            if row.named and row.do == REST:
                row.do = FILM
            try:
                found[row.page["ref"]] = _choice(row)
            except ValidationError as refusal:
                row.error = " ".join(refusal.messages)
        return None if any(row.error for row in self.rows) else found


def _choice(row: Choice) -> int | str | None:
    if row.do == FILM:
        if not row.named:
            raise ValidationError(_("Write which film it is."), "no-film")
        return film_named(row.named).pk
    return row.do if row.do in (NEW, SKIP) else None
