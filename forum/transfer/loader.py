"""The second reading of a file: pages become films or find theirs, and their talk is written.

One transaction a page, everything decided by the file and by what is stored: killed in the middle
and run again, it ends the same. ImportRef and FilmRef say what has come in before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction

from films.models import Film
from forum.discussions.models import Comment, State
from forum.transfer.claims import objection
from forum.transfer.forest import Forest, plant
from forum.transfer.matching import find_film, make_film
from forum.transfer.models import FilmRef, ImportRef, OldAddress
from forum.transfer.records import CommentRecord, FilmRecord
from forum.transfer.survey import Survey
from forum.transfer.talk import add_replies, add_threads


class Unfit(Exception):
    """A page cannot be a film, and why. Nothing of it was written."""


@dataclass
class Report:
    """What a run did, or what a dry run would do."""

    created: int = 0
    matched: int = 0
    known: int = 0  # pages that an earlier run brought in
    unmatched: list[str] = field(default_factory=list)
    unmatched_comments: int = 0
    added: Counter[str] = field(default_factory=Counter)  # comments by state
    present: int = 0  # comments that an earlier run brought in
    kept_back: int = 0  # public ones of a page with a password, held under a published film
    addresses: int = 0  # old ones that answer from now on
    refused: list[tuple[str, str]] = field(default_factory=list)  # address, why

    @property
    def is_nothing_new(self) -> bool:
        return not (self.created or self.matched or self.added or self.addresses)


@dataclass
class Loader:
    """One run over one file. system, site and a page's ref name the page for ever.

    creates: make films of the pages; else find them. found: of the first reading.
    """

    system: str
    site: str
    batch: str
    creates: bool
    found: Survey
    dry_run: bool = False
    report: Report = field(default_factory=Report)
    _waiting: list[tuple[str, Forest]] = field(default_factory=list)
    _claimed: set[str] = field(default_factory=set)  # addresses, in a dry run

    def run(self, pages: Iterable[FilmRecord]) -> Iterator[Report]:
        """Write page after page; yield the report so far after each. Raises Unfit, Faulty."""
        for page in pages:
            try:
                self._load(page)
            except ValidationError as error:
                raise Unfit(f"“{page.title}”: {' '.join(error.messages)}") from error
            yield self.report
        self._place_strays()
        yield self.report

    @transaction.atomic
    def _load(self, page: FilmRecord) -> None:
        film = self._film_before(page.ref)
        if film:
            self.report.known += 1
        elif self.creates:
            self.report.created += 1
            film = None if self.dry_run else make_film(page)
        elif film := find_film(page):
            self.report.matched += 1
        else:
            self.report.unmatched.append(page.title)
            self.report.unmatched_comments += len(page.comments)
            return
        self._claim(page.address, film)
        known = self._known(page.ref)
        fresh = [one for one in page.comments if one.source_id not in known]
        self.report.present += len(page.comments) - len(fresh)
        if self.dry_run or film is None:
            self.report.added.update(one.state for one in fresh)
            return
        self._here(page.ref, film)
        if page.is_draft and film.is_published:
            self._keep_back(fresh)
        self._write(page.ref, film, fresh, known)

    def _film_before(self, ref: str) -> Film | None:
        refs = FilmRef.objects.select_related("film")
        found = refs.filter(system=self.system, site=self.site, item=ref).first()
        return found.film if found else None

    def _here(self, ref: str, film: Film) -> None:
        FilmRef.objects.get_or_create(
            system=self.system, site=self.site, item=ref, defaults={"film": film}
        )

    def _claim(self, address: str, film: Film | None) -> None:
        """Let the page's old address answer with its film, or note why it cannot."""
        why = objection(address, film)
        if why is None:
            return
        if address in self._claimed:
            why = "another page of the file has it"
        if why:
            self.report.refused.append((address, why))
            return
        self.report.addresses += 1
        if self.dry_run or film is None:
            self._claimed.add(address)
        else:
            OldAddress.objects.create(address=address, film=film)

    def _known(self, ref: str) -> dict[str, int]:
        """Return {source id: comment id} of the page's comments that came in before."""
        refs = ImportRef.objects.filter(system=self.system, site=self.site, item=ref)
        return dict(refs.values_list("source_id", "comment_id"))

    @staticmethod
    def _alive(known: dict[str, int], wanted: Iterable[str]) -> dict[str, int]:
        """Return those of `known` that are wanted and were not purged since."""
        asked = {known[source_id]: source_id for source_id in wanted if source_id in known}
        there = Comment.objects.filter(pk__in=asked).values_list("pk", flat=True)
        return {asked[pk]: pk for pk in there}

    def _keep_back(self, fresh: list[CommentRecord]) -> None:
        """What was said behind a password never becomes public by itself."""
        for one in fresh:
            if one.state == State.PUBLIC:
                one.state = State.HELD
                self.report.kept_back += 1

    def _write(
        self, ref: str, film: Film, fresh: list[CommentRecord], known: dict[str, int]
    ) -> None:
        """Write the new comments: replies under those that are there, then new threads."""
        there = self._alive(known, {one.parent_source_id for one in fresh})
        strays = self.found.strays.get(ref, {})
        forest = plant(fresh, known={*there, *strays})
        outside = forest.elsewhere()
        replies = [(one, there[parent]) for one, parent in outside if parent in there]
        astray = [one for one, parent in outside if parent not in there]
        ids = add_replies(replies, forest) if replies else {}
        ids |= add_threads(film.topic_id, forest)
        self._remember(ref, forest, ids)
        if astray:
            self._waiting.append((ref, forest.below(astray)))

    def _remember(self, ref: str, forest: Forest, ids: dict[str, int]) -> None:
        where = {"system": self.system, "site": self.site, "item": ref, "batch": self.batch}
        rows = (
            ImportRef(source_id=source_id, comment_id=pk, **where) for source_id, pk in ids.items()
        )
        while some := list(islice(rows, 1_000)):
            ImportRef.objects.bulk_create(some)
        self.report.added.update(forest.comments[source_id].state for source_id in ids)

    # Replies to comments of other pages

    def _place_strays(self) -> None:
        """Hang them under their parents, which are there by now or wait here themselves.

        What cannot be placed in the end (its parent did not come in) begins a thread of its own film.
        """
        while self._waiting:
            left = [each for each in self._waiting if not self._place(*each)]
            if len(left) == len(self._waiting):
                ref, forest = left.pop(0)
                self._place_as_roots(ref, forest)
            self._waiting = left

    @transaction.atomic
    def _place(self, ref: str, forest: Forest) -> bool:
        """Place a page's stray replies with what hangs below them; False if a parent is missing."""
        homes = self.found.strays[ref]
        outside = forest.elsewhere()
        there: dict[str, int] = {}
        for parent in {parent for _one, parent in outside}:
            there |= self._alive(self._known(homes[parent]), [parent])
        if any(parent not in there for _one, parent in outside):
            return False
        ids = add_replies([(one, there[parent]) for one, parent in outside], forest)
        self._remember(ref, forest, ids)
        return True

    @transaction.atomic
    def _place_as_roots(self, ref: str, forest: Forest) -> None:
        film = self._film_before(ref)
        for one, _parent in forest.elsewhere():
            forest.parents[one.source_id] = ""
        if film:
            self._remember(ref, forest, add_threads(film.topic_id, forest))
