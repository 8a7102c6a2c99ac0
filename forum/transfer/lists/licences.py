"""Where a list comes from, as far as its columns tell, and under which terms it may be used. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from forum.transfer.lists.columns import plain


@dataclass(frozen=True)
class Origin:
    key: str
    name: str
    note: str


_ORIGINS: list[tuple[set[str], Origin]] = [
    (
        {"tconst"},
        Origin(
            "imdb",
            "IMDb's data sets",
            "for personal and non-commercial use only; a page that shows them says: “Information "
            "courtesy of IMDb (https://www.imdb.com). Used with permission.” Terms: "
            "https://developer.imdb.com/non-commercial-datasets/",
        ),
    ),
    (
        {"href", "extract"},
        Origin(
            "wikipedia",
            "a list made from Wikipedia",
            "its texts are under CC BY-SA 4.0: who shows them names Wikipedia and the article, and "
            "passes them on under the same licence. Texts (extract) come in only if you say "
            "--map description=extract; pictures never do.",
        ),
    ),
    (
        {"movieid", "title", "genres"},
        Origin(
            "movielens",
            "MovieLens (GroupLens)",
            "not for commercial use, nor to be passed on, without permission of GroupLens. Terms: "
            "https://grouplens.org/datasets/movielens/",
        ),
    ),
    (
        {"letterboxduri"},
        Origin("letterboxd", "an export of Letterboxd", "a member's own list, for that member's use."),
    ),
    (
        {"voteaverage", "overview"},
        Origin(
            "tmdb",
            "TMDB",
            "not for commercial use without their leave; who uses it says: “This product uses the TMDB "
            "API but is not endorsed or certified by TMDB.” Terms: "
            "https://www.themoviedb.org/api-terms-of-use",
        ),
    ),
    (
        {"qid"},
        Origin("wikidata", "Wikidata", "CC0: free for any use."),
    ),
]  # fmt: skip
_UNKNOWN = (
    "the file does not say whose it is. Facts such as title and year are free in most places; texts, "
    "pictures and whole data bases often are not. Make sure that you may publish it."
)


def origin_of(names: Sequence[str], fallback: str) -> Origin:
    """Return whose list it is by the names of its columns; `fallback`: its key if we cannot tell."""
    have = {plain(name) for name in names}
    for marks, origin in _ORIGINS:
        if marks <= have:
            return origin
    return Origin(fallback, "an unknown source", _UNKNOWN)
