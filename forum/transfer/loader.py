"""The second reading of a file: pages become films or find theirs, and their talk is written.

One transaction a page or a few, everything decided by the file and by what is stored: killed in the
middle and run again, it ends the same. ImportRef and FilmRef say what has come in before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from films.models import Film
from forum.discussions.bulk import copy_rows
from forum.discussions.models import Comment, State
from forum.transfer import twins
from forum.transfer.claims import objection
from forum.transfer.forest import Forest, by_date, plant
from forum.transfer.matching import find_by_import, find_by_refs, find_film, make_film
from forum.transfer.models import FilmRef, ImportRef, OldAddress
from forum.transfer.records import CommentRecord, FilmRecord
from forum.transfer.survey import Survey
from forum.transfer.talk import Faulty, Plot, add_replies, add_threads


class Unfit(Exception):
    """A page cannot be a film, and why. Nothing of it was written."""


CREATED, MATCHED, KNOWN = "created", "matched", "known"
SKIPPED, UNMATCHED = "skipped", "unmatched"
OPEN_LISTED = 2_000  # pages for which one may choose, in a report
TOGETHER = 5_000  # comments written in one transaction, if they are of several pages
PAGES_TOGETHER = 100
ASKED_AT_ONCE = 1_000  # ids in a query
REF_COLUMNS = ["system", "site", "item", "source_id", "batch", "comment_id", "twin", "made"]


@dataclass
class Report:
    """What a run did, or what a dry run would do."""

    created: int = 0
    matched: int = 0
    known: int = 0  # pages that an earlier run brought in
    skipped: int = 0  # pages that somebody chose to leave out
    unmatched: list[str] = field(default_factory=list)
    unmatched_comments: int = 0
    added: Counter[str] = field(default_factory=Counter)  # comments by state
    present: int = 0  # comments that an earlier run brought in
    doubles: int = 0  # comments that another system's import brought in
    rehung: int = 0  # of these, hung where this file has them
    kept_back: int = 0  # public ones of a page with a password, held under a published film
    addresses: int = 0  # old ones that answer from now on
    refused: list[tuple[str, str]] = field(default_factory=list)  # address, why
    open_pages: list[dict[str, Any]] = field(default_factory=list)  # for which one may choose

    def copy(self) -> "Report":
        copied = replace(self, added=Counter(self.added))
        for name in ("unmatched", "refused", "open_pages"):
            setattr(copied, name, [*getattr(self, name)])
        return copied

    @property
    def is_nothing_new(self) -> bool:
        return not (self.created or self.matched or self.added or self.addresses or self.doubles)


@dataclass
class _Ready:
    """A page whose film is there. there: {source id: comment id} of what came before; doubles: the
    part of it that another system brought.
    """

    page: FilmRecord
    film: Film
    fresh: list[CommentRecord]
    there: dict[str, int]
    doubles: dict[str, int]


@dataclass
class Loader:
    """One run over one file. system, site and a page's ref name the page for ever.

    creates: make films of the pages; else find them. found: of the first reading. choices: what
    somebody chose for a page, {ref: film's id, "new" or "skip"}.
    """

    system: str
    site: str
    batch: str
    creates: bool
    found: Survey
    dry_run: bool = False
    choices: Mapping[str, int | str] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    _waiting: list[tuple[str, Forest]] = field(default_factory=list)
    _claimed: set[str] = field(default_factory=set)  # addresses, in a dry run
    _pages: dict[str, FilmRecord] = field(default_factory=dict)  # those that strays ask for

    def run(self, pages: Iterable[FilmRecord]) -> Iterator[Report]:
        """Write page after page; yield the report so far after each. Raises Unfit, Faulty."""
        self._homes = {home for asked in self.found.strays.values() for home in asked.values()}
        self._has_twins = twins.any_of_others(self.system)
        ours = {"system": self.system, "site": self.site}
        # What is not there need not be asked for page by page.
        self._is_first = not ImportRef.objects.filter(**ours).exists()
        self._has_pages = FilmRef.objects.exists()
        for group in self._groups(pages):
            self.report.rehung += twins.rehang(self._load(group))
            yield self.report
        self._place_strays()
        yield self.report

    def _groups(self, pages: Iterable[FilmRecord]) -> Iterator[list[FilmRecord]]:
        """Yield pages to be written together: some, where all that is written is new, else one. No
        thread is locked then while another's topic is.
        """
        group: list[FilmRecord] = []
        size = 0
        for page in pages:
            group.append(page)
            size += len(page.comments)
            if size >= TOGETHER or len(group) >= PAGES_TOGETHER or not self._is_all_new:
                yield group
                group, size = [], 0
        if group:
            yield group

    @property
    def _is_all_new(self) -> bool:
        return self._is_first and not self._has_twins

    def _load(self, pages: list[FilmRecord]) -> list[tuple[int, int]]:
        """Bring pages in, all or, where one cannot be, those before it; see _load_together."""
        before = self._state()
        try:
            return self._load_together(pages)
        except (ValidationError, Faulty) as error:
            if len(pages) == 1:
                if isinstance(error, Faulty):
                    raise
                raise Unfit(f"“{pages[0].title}”: {' '.join(error.messages)}") from error
        self.report, self._waiting, self._claimed = before
        return [pair for page in pages for pair in self._load([page])]

    def _state(self) -> tuple[Report, list[tuple[str, Forest]], set[str]]:
        """Return a copy of what a group that is rolled back must not have changed."""
        return self.report.copy(), [*self._waiting], {*self._claimed}

    @transaction.atomic
    def _load_together(self, pages: list[FilmRecord]) -> list[tuple[int, int]]:
        """Bring pages in; return the comments that stand elsewhere than Disqus says, with their
        parents, (comment, parent).
        """
        ready = [one for page in pages if (one := self._prepare(page))]
        self._write(ready)
        return [pair for one in ready for pair in self._misplaced(one.page, one.there)]

    def _prepare(self, page: FilmRecord) -> "_Ready | None":
        """Do all for a page but write its comments; None if there is nothing to write."""
        doubles = self._doubles(page)
        fate, film = self._find(page, doubles)
        self._tell(fate, page)
        if fate in (UNMATCHED, SKIPPED):
            return None
        if fate == CREATED and not self.dry_run:
            film = make_film(page)
        for address in page.addresses:
            self._claim(address, film)
        known = self._known(page)
        doubles = {source_id: pk for source_id, pk in doubles.items() if source_id not in known}
        there = known | doubles
        fresh = [one for one in page.comments if one.source_id not in there]
        self.report.present += len(page.comments) - len(fresh) - len(doubles)
        self.report.doubles += len(doubles)
        if self.dry_run or film is None:
            self.report.added.update(one.state for one in fresh)
            return None
        self._here(page, film, made=fate == CREATED)
        if page.ref in self._homes:
            self._pages[page.ref] = replace(page, comments=[])
        if page.is_draft and film.is_published:
            self._keep_back(fresh)
        return _Ready(page, film, fresh, there, doubles)

    def _find(self, page: FilmRecord, doubles: dict[str, int]) -> tuple[str, Film | None]:
        """Return what becomes of a page, and its film if it is there."""
        film, is_ours = None, False
        if self._has_pages:
            film, is_ours = find_by_refs(self.system, self.site, page)
        if film and is_ours:
            return KNOWN, film
        choice = self.choices.get(page.ref)
        if choice == "skip":
            return SKIPPED, None
        if isinstance(choice, int):
            film = Film.objects.filter(pk=choice).first()
        elif not film and doubles:
            film = twins.film_of(doubles.values())
        if film:
            return MATCHED, film
        if choice == "new":
            return CREATED, None
        if not self.creates:
            film = find_film(page)
        elif self._has_pages:
            film = find_by_import(self.system, page)
        if film:
            return MATCHED, film
        return (CREATED if self.creates else UNMATCHED), None

    def _tell(self, fate: str, page: FilmRecord) -> None:
        if fate == UNMATCHED:
            self.report.unmatched.append(page.title)
            self.report.unmatched_comments += len(page.comments)
        else:
            setattr(self.report, fate, getattr(self.report, fate) + 1)
        is_open = fate in (UNMATCHED, CREATED, SKIPPED) or page.ref in self.choices
        if is_open and len(self.report.open_pages) < OPEN_LISTED:
            self.report.open_pages.append(
                {
                    "ref": page.ref,
                    "title": page.title[:200],
                    "year": page.year,
                    "address": page.address[:500],
                    "comments": len(page.comments),
                    "fate": fate,
                }
            )

    def _doubles(self, page: FilmRecord) -> dict[str, int]:
        """Return {source id: comment id} of the comments that another system brought in."""
        if not self._has_twins:
            return {}
        ids = {one.twin: one.source_id for one in page.comments if one.twin}
        return {ids[twin]: pk for twin, pk in twins.find(self.system, ids).items()}

    def _misplaced(self, page: FilmRecord, there: dict[str, int]) -> list[tuple[int, int]]:
        """Return (comment, parent) of what other systems brought in, by date, as Disqus has it."""
        if not self._has_twins or self.system != "disqus":
            return []
        refs = ImportRef.objects.filter(
            system=self.system, site=self.site, made=False, comment_id__in=there.values()
        )
        ids = set(refs.values_list("source_id", flat=True))
        return [
            (there[one.source_id], there[one.parent_source_id])
            for one in sorted(page.comments, key=by_date)
            if one.source_id in ids and one.parent_source_id in there
        ]

    def _here(self, page: FilmRecord, film: Film, *, made: bool) -> None:
        """Note that these pages, and the same in other systems, are this film."""
        ours = [(self.system, self.site, ref) for ref in page.refs]
        given = {"film": film, "batch": self.batch}
        rows = [
            FilmRef(system=system, site=site, item=item, **given)
            for system, site, item in dict.fromkeys([*ours, *page.aliases])
        ]
        if made:
            rows[0].made_at = film.updated_at
        FilmRef.objects.bulk_create(rows, ignore_conflicts=True)

    def _claim(self, address: str, film: Film | None) -> None:
        """Let a page's old address answer with its film, or note why it cannot."""
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
            OldAddress.objects.create(address=address, film=film, batch=self.batch)

    def _known(self, page: FilmRecord) -> dict[str, int]:
        """Return {source id: comment id} of a page's comments that came in before."""
        if self._is_first:
            return {}
        return self._stored(page, [one.source_id for one in page.comments])

    def _stored(self, page: FilmRecord, source_ids: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        rows = ImportRef.objects.filter(system=self.system, site=self.site, item__in=page.refs)
        for start in range(0, len(source_ids), ASKED_AT_ONCE):
            some = rows.filter(source_id__in=source_ids[start : start + ASKED_AT_ONCE])
            found.update(some.values_list("source_id", "comment_id"))
        return found

    @staticmethod
    def _alive(known: dict[str, int], wanted: Iterable[str]) -> dict[str, int]:
        """Return those of `known` that are wanted and were not purged since."""
        asked = {known[source_id]: source_id for source_id in wanted if source_id in known}
        if not asked:
            return {}
        there = Comment.objects.filter(pk__in=asked).values_list("pk", flat=True)
        return {asked[pk]: pk for pk in there}

    def _keep_back(self, fresh: list[CommentRecord]) -> None:
        """What was said behind a password never becomes public by itself."""
        for one in fresh:
            if one.state == State.PUBLIC:
                one.state = State.HELD
                self.report.kept_back += 1

    def _write(self, ready: list["_Ready"]) -> None:
        """Write the new comments: replies under those that are there, then new threads."""
        plots = []
        for one in ready:
            there = self._alive(one.there, {fresh.parent_source_id for fresh in one.fresh})
            strays = self.found.strays.get(one.page.ref, {})
            forest = plant(one.fresh, known={*there, *strays})
            plots.append(Plot(one.film.topic_id, forest))
            outside = forest.elsewhere()
            if replies := [(each, there[up]) for each, up in outside if up in there]:
                plots[-1].ids |= add_replies(replies, forest)
            if astray := [each for each, up in outside if up not in there]:
                self._waiting.append((one.page.ref, forest.below(astray)))
        add_threads(*plots)
        rows = chain.from_iterable(
            chain(
                self._rows(one.page.ref, one.page.comments, one.doubles, made=False),
                self._rows(one.page.ref, one.fresh, plot.ids),
            )
            for one, plot in zip(ready, plots, strict=True)
        )
        copy_rows(ImportRef, REF_COLUMNS, rows)
        for one, plot in zip(ready, plots, strict=True):
            one.there |= plot.ids
            self.report.added.update(e.state for e in one.fresh if e.source_id in plot.ids)

    def _rows(
        self,
        ref: str,
        comments: Iterable[CommentRecord],
        ids: dict[str, int],
        *,
        made: bool = True,
    ) -> Iterator[tuple[Any, ...]]:
        """Yield what notes which comment each of the source's became. Disqus's own number says who
        its twin is by itself.
        """
        system, site, batch = self.system, self.site, self.batch
        is_disqus = system == "disqus"
        for one in comments if ids else ():
            pk = ids.get(one.source_id)
            if pk is not None:
                twin = "" if is_disqus else one.twin
                yield system, site, one.item or ref, one.source_id, batch, pk, twin, made

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
            home = self._pages.get(homes[parent])
            there |= self._alive(self._stored(home, [parent]) if home else {}, [parent])
        if any(parent not in there for _one, parent in outside):
            return False
        self._placed(ref, forest, add_replies([(one, there[up]) for one, up in outside], forest))
        return True

    @transaction.atomic
    def _place_as_roots(self, ref: str, forest: Forest) -> None:
        own = FilmRef.objects.filter(system=self.system, site=self.site, item=ref)
        found = own.select_related("film").first()
        for one, _parent in forest.elsewhere():
            forest.parents[one.source_id] = ""
        if found:
            plot = Plot(found.film.topic_id, forest)
            add_threads(plot)
            self._placed(ref, forest, plot.ids)

    def _placed(self, ref: str, forest: Forest, ids: dict[str, int]) -> None:
        copy_rows(ImportRef, REF_COLUMNS, self._rows(ref, forest.comments.values(), ids))
        self.report.added.update(forest.comments[source_id].state for source_id in ids)
