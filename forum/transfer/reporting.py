"""What a run found and did, as JSON to be kept, and that in words for the page of an import."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.discussions.models import State
from forum.transfer import disqus
from forum.transfer.rolling_back import Undone
from forum.transfer.running import Outcome

LISTED = 500  # lines of a list that are kept
WORDS = {  # what readers of files call what they leave out
    "spam": gettext_lazy("spam"),
    "deleted, without a reply": gettext_lazy("deleted, without a reply"),
    "on deleted threads": gettext_lazy("on deleted threads"),
    "of threads that are not in the file": gettext_lazy("of threads that are not in the file"),
    "the same post twice": gettext_lazy("there twice"),
    "the same comment twice": gettext_lazy("there twice"),
    "on pages that do not come in": gettext_lazy("on pages that do not come in"),
    "empty": gettext_lazy("without a comment"),
    "deleted": gettext_lazy("deleted"),
    "there twice": gettext_lazy("there twice"),
    "the date of their thread": gettext_lazy("the date of their thread"),
    "the date of their page": gettext_lazy("the date of their page"),
    "the local date, read in the site's zone": gettext_lazy("the local date, in the site's zone"),
    "1 January 1970, for want of any": gettext_lazy("1 January 1970, for want of any"),
}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return everything that the report shows, to be kept with the import."""
    tally, found, report = outcome.tally, outcome.found, outcome.report
    left_out_pages = (
        tally.left_out_threads if isinstance(tally, disqus.Tally) else tally.left_out_items
    )
    return {
        "site": tally.site,
        "pages": found.pages,
        "drafts": found.drafts,
        "comments": found.comments,
        "states": dict(found.states),
        "depths": {str(depth): count for depth, count in sorted(found.depths.items())},
        "orphans": found.orphans,
        "circles": found.circles,
        "strays": found.stray_comments,
        "first": found.first.isoformat() if found.first else "",
        "last": found.last.isoformat() if found.last else "",
        "no_year": found.no_year[:LISTED],
        "left_out": dict(tally.left_out),
        "left_out_pages": dict(left_out_pages),
        "unknown_states": dict(tally.unknown_states),
        "dates": dict(tally.dates),
        "merged": tally.merged if isinstance(tally, disqus.Tally) else 0,
        "lost": tally.lost[:LISTED] if isinstance(tally, disqus.Tally) else [],
        "created": report.created,
        "matched": report.matched,
        "known": report.known,
        "skipped": report.skipped,
        "unmatched": len(report.unmatched),
        "unmatched_comments": report.unmatched_comments,
        "added": {str(state): count for state, count in report.added.items()},
        "present": report.present,
        "doubles": report.doubles,
        "rehung": report.rehung,
        "kept_back": report.kept_back,
        "addresses": report.addresses,
        "refused": [list(each) for each in report.refused[:LISTED]],
        "open_pages": report.open_pages,
    }


def undone_as_json(undone: Undone) -> dict[str, Any]:
    return {
        "comments": undone.comments,
        "films": undone.films,
        "addresses": undone.addresses,
        "staying": undone.staying,
        "staying_count": undone.staying_count,
        "films_staying": undone.films_staying[:LISTED],
    }


Line = tuple[str, Any]


def lines(report: dict[str, Any], *, is_done: bool) -> list[tuple[str, list[Line]]]:
    """Return the report in parts, (title, [(what, how many)]). is_done: it was brought in."""
    films = [
        (_("made") if is_done else _("to be made"), report["created"]),
        (_("found here"), report["matched"]),
        (_("here from an earlier import"), report["known"]),
        (_("left out, as chosen"), report["skipped"]),
        (_("without a film here"), report["unmatched"]),
    ]
    comments = [
        (_("added") if is_done else _("new"), sum(report["added"].values())),
        (_("here from an earlier import"), report["present"]),
        (_("here from another system’s file"), report["doubles"]),
        (_("of these, hung where this file has them"), report["rehung"]),
        (_("of pages without a film here"), report["unmatched_comments"]),
        (_("held, as their page was behind a password"), report["kept_back"]),
    ]
    return [
        (_("Films"), _told(films)),
        (_("Comments"), _told(comments)),
        (_("Of the new ones"), _states(report["added"])),
        (_("In the file"), _in_file(report)),
        (_("Left out of the file"), _left_out(report)),
        (_("Old addresses"), _told([(_("that answer from now on"), report["addresses"])])),
    ]


def _told(pairs: Iterable[Line]) -> list[Line]:
    return [(what, count) for what, count in pairs if count]


def _states(counts: dict[str, int]) -> list[Line]:
    names = dict(State.choices)
    return [(str(names.get(state, state)), count) for state, count in sorted(counts.items())]


def _named(counts: dict[str, int], words: str = "%s") -> list[Line]:
    return _told((words % WORDS.get(name, name), count) for name, count in sorted(counts.items()))


def _in_file(report: dict[str, Any]) -> list[Line]:
    told = _told(
        [
            (_("pages that may be films"), report["pages"]),
            (_("of these, behind a password"), report["drafts"]),
            (_("threads that are a page together with others"), report["merged"]),
            (_("comments"), report["comments"]),
            (_("whose parent is not in the file: beginnings now"), report["orphans"]),
            (_("circles of parents, opened"), report["circles"]),
            (_("whose parent stands on another page"), report["strays"]),
        ]
    )
    if report["first"]:
        dates = [
            date_format(datetime.fromisoformat(report[end]), "j M Y") for end in ("first", "last")
        ]
        told.append((_("written"), " – ".join(dates)))
    if report["depths"]:
        told.append((_("levels of replies"), max(map(int, report["depths"]))))
    return told


def _left_out(report: dict[str, Any]) -> list[Line]:
    pages = _("pages or threads: %s")
    return [
        *_named(report["left_out_pages"], pages),
        *_named(report["left_out"], _("comments: %s")),
        *_named(report["unknown_states"], _("held, as their state is unknown: %s")),
        *_named(report["dates"], _("without a date of their own, taken instead: %s")),
    ]
