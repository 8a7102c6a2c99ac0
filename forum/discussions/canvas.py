"""A talk's shared bytes, cut once wherever something personal can lie; filled for one reader at a time.

Looking for the places cost as much as all else of a member's page; filling them costs a join.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import get_language

from forum.discussions.kept import kept

# What comments_html.py writes at the beginning of a comment and of its actions, and page.py over the talk.
_CUTS = re.compile(
    rb'<article class="comment(?P<classes>(?P<here> here)?)[a-z ]*" id="c(?P<article>\d+)"'
    rb'(?P<attributes>)[^>]*>(?:<a class="n"[^>]*>[^<]*</a><details (?:open|class="low")><summary>(?P<summary>))?'
    rb'|<p class="acts" id="a(?P<acts>\d+)">(?P<vote><a class="vote"[^>]*>[^<]*</a>)?'
    rb'(?P<score><b data-score="(?P<points>-?\d+)">[^<]*</b>)?'
    rb'|(?P<way><a href="/comments/(?P<report>\d+)/report/">[^<]*</a>)'
    rb'|(?P<told><script type="application/ld\+json">[^<]*</script>)'
    rb'|(?P<invitation><p class="news"><a [^>]*>[^<]*</a></p>)?(?P<above><!--yours-->)'
)


_ABOVE = re.compile(rb' id="c(\d+)" data-number="[^"]*" data-depth="\d+" data-parent="(\d+)"')


class Place(NamedTuple):
    """Where in `parts` lies what belongs to one comment; 0 where it has no such place."""

    classes: int  # goes on the classes of its article
    attributes: int
    summary: int  # begins its summary, which a tombstone has not
    acts: int = 0  # goes on its actions
    vote: int = 0  # the link to its vote, with the score if that is told
    points: int | None = None  # the score as it is told
    report: int = 0  # the link to the page that reports it


class Canvas(NamedTuple):
    """The bytes in parts, in order; `places` by comment id as they follow on the page."""

    parts: tuple[bytes, ...]
    places: dict[int, Place]
    here: int  # the comment whose own page it is, or 0
    invitation: int  # to have marked what is new
    above: int  # before the comments; 0 on a page that is not of the whole talk
    parents: dict[int, int]  # of all that are answers, tombstones too

    @property
    def size_bytes(self) -> int:
        """About what it takes."""
        return sum(map(len, self.parts)) + 50 * len(self.parts) + 280 * len(self.places)


def canvas_of(html: bytes, votable: Callable[[int, int | None], bytes] | None = None) -> Canvas:
    """Return the canvas of a talk's shared bytes, kept.

    votable(comment id, points): what stands in place of the link to its vote; None: the link stays.
    """
    key = ("canvas", html, votable is not None, get_language(), settings.VOTES)
    found: Canvas | None = kept.get(key)
    if found is None:
        found = _cut(html, votable)
        kept.put(key, found, len(html) + found.size_bytes)
    return found


def _cut(html: bytes, votable: Callable[[int, int | None], bytes] | None) -> Canvas:
    parts: list[bytes] = [b""]  # so that no place is the first
    places: dict[int, Place] = {}
    at = here = invitation = above = 0

    def cut(start: int, end: int, instead: bytes | None = None) -> int:
        """Go on to `start`, and let what follows until `end` be a part of its own; return where it is."""
        nonlocal at
        parts.extend((html[at:start], html[start:end] if instead is None else instead))
        at = end
        return len(parts) - 1

    for found in _CUTS.finditer(html):
        if found["article"]:
            pk = int(found["article"])
            here = pk if found["here"] else here
            classes = cut(found.start("classes"), found.start("classes"))
            attributes = cut(found.start("attributes"), found.start("attributes"))
            is_whole = found["summary"] is not None
            summary = cut(found.start("summary"), found.start("summary")) if is_whole else 0
            places[pk] = Place(classes, attributes, summary)
        elif found["acts"]:
            _cut_acts(found, cut, places, votable)
        elif found["report"]:
            pk = int(found["report"])
            places[pk] = places[pk]._replace(report=cut(*found.span("way")))
        elif found["told"]:  # to search engines, who have no cookies
            cut(*found.span("told"), b"")
        else:
            if found["invitation"]:
                invitation = cut(*found.span("invitation"))
            above = cut(*found.span("above"))
    parts.append(html[at:])
    parents = {int(pk): int(above) for pk, above in _ABOVE.findall(html)}
    return Canvas(tuple(parts), places, here, invitation, above, parents)


def _cut_acts(
    found: re.Match[bytes],
    cut: Callable[..., int],
    places: dict[int, Place],
    votable: Callable[[int, int | None], bytes] | None,
) -> None:
    pk, end, points = int(found["acts"]), found.end(), found["points"]
    told, vote = int(points) if points else None, 0
    if found["vote"] and votable:
        acts = cut(found.start("vote"), found.start("vote"))
        vote = cut(found.start("vote"), end, votable(pk, told))
    else:
        acts = cut(end, end)
    if pk in places:
        places[pk] = places[pk]._replace(acts=acts, vote=vote, points=told)
