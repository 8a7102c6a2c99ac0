"""Titles and names as words: addresses, search and order. Pure."""

import unicodedata

from forum.accounts import names
from forum.index import folding
from forum.index.folding import slips, words
from forum.index.folding import titles as search_text

__all__ = ["search_text", "search_words", "skeleton", "slips", "slug_of", "sort_key", "words"]

SLUG_CHARS = 80  # of an address made from a title; one given by hand may be longer
SEARCH_WORDS = 12
_LATIN = str.maketrans(folding.LATIN)
_LATIN_MARKS = "\u0307"  # what lower() leaves behind the Turkish İ
_ARTICLES = {"the", "a", "an"}


def slug_of(title: str) -> str:
    """Return the address of a title, at most SLUG_CHARS characters; empty if it has no letter.

    Latin letters lose their accents, letters of other scripts stay as they are with their marks,
    everything else becomes a single "-".
    """
    text = title.translate(folding.APOSTROPHES).lower().translate(_LATIN)
    plain = "".join(_without_accent(sign) for sign in unicodedata.normalize("NFC", text))
    slug = "-".join("".join(sign if folding.in_word(sign) else " " for sign in plain).split())
    if len(slug) <= SLUG_CHARS:
        return slug
    cut = slug[: SLUG_CHARS + 1]
    return (cut.rsplit("-", 1)[0] if "-" in cut[SLUG_CHARS // 2 :] else cut[:-1]).strip("-")


def is_slug(text: str) -> bool:
    """Return True if `text` may stand in an address: letters, figures, marks, and "-" within."""
    return bool(text) and all(
        part and all(folding.in_word(sign) for sign in part) for part in text.split("-")
    )


def _without_accent(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign)
    if parts[0].isascii():
        return "".join(part for part in parts if not unicodedata.combining(part)).lower()
    return "" if sign in _LATIN_MARKS else sign


def search_words(query: str) -> list[str]:
    """Return the words that a search asks for, the first SEARCH_WORDS of them."""
    return list(dict.fromkeys(words(query[:200])))[:SEARCH_WORDS]


def sort_key(title: str) -> str:
    """Return the title as it is put in order: folded, without an English article before it."""
    parts = words(title)
    if len(parts) > 1 and parts[0] in _ARTICLES:
        parts = parts[1:]
    return (" ".join(parts) or title.strip())[:220]


def skeleton(title: str) -> str:
    """Return what is left of a title for comparing: no article, case, accent, space or sign.

    Two titles that look alike have one skeleton; a title of nothing but signs has "".
    """
    return names.skeleton(sort_key(title))[:220]
