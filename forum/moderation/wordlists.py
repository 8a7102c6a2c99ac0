"""Lists of words that are looked for in texts, as staff write them: a word or a phrase a line. Pure.

Words are compared as the search compares them: case, accents and punctuation off. A star stands for
any letters of a word. No regular expression is made of what anybody wrote: each part is looked for
once, from the left, so that no list and no text takes long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from forum.index import folding

MOST_LINES = 500
LINE_CHARS = 80
LEAST_LETTERS = 3  # beside a star


@dataclass(frozen=True)
class Words:
    """A list made ready. phrases: " two words "; starred: the parts between the stars of one word."""

    phrases: tuple[str, ...] = ()
    starred: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.phrases or self.starred)

    def found_in(self, *texts: str) -> str:
        """Return what of the list stands in one of the texts, as it is compared; "" if nothing does."""
        for words in (folding.words(text) for text in texts):
            line = f" {' '.join(words)} "
            for phrase in self.phrases:
                if phrase in line:
                    return phrase.strip()
            for parts in self.starred:
                if max(parts, key=len) in line and any(_fits(parts, one) for one in set(words)):
                    return "*".join(parts)
        return ""


NO_WORDS = Words()


def _fits(parts: tuple[str, ...], word: str) -> bool:
    first, *between, last = parts
    if len(word) < len(first) + len(last) or not (word.startswith(first) and word.endswith(last)):
        return False
    at, end = len(first), len(word) - len(last)
    for part in between:
        found = word.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


@lru_cache(maxsize=32)
def words_of(text: str) -> Words:
    """Return the list that `text` holds, a word or phrase a line; a wrong line counts for nothing."""
    phrases, starred = [], []
    for line in lines_of(text):
        if wrong_with(line):
            continue
        if "*" in line:
            starred.append(tuple("".join(folding.words(part)) for part in line.split("*")))
        else:
            phrases.append(f" {' '.join(folding.words(line))} ")
    return Words(tuple(dict.fromkeys(phrases)), tuple(dict.fromkeys(starred)))


def lines_of(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def wrong_with(line: str) -> str:
    """Return why a line cannot stand in a list, "" if it can."""
    if len(line) > LINE_CHARS:
        return _("longer than %(n)d characters") % {"n": LINE_CHARS}
    if "*" not in line:
        return "" if folding.words(line) else _("it has no letters or figures")
    if len(line.split()) > 1:
        return _("a star stands in a single word")
    parts = [folding.words(part) for part in line.split("*")]
    if any(len(part) > 1 for part in parts):
        return _("a star stands in a single word")
    if sum(len(part[0]) for part in parts if part) < LEAST_LETTERS:
        return _("a star needs three letters beside it")
    return ""


def check_list(text: str) -> None:
    """Raise ValidationError "words-many" or "words-wrong", naming the line."""
    lines = list(lines_of(text))
    if len(lines) > MOST_LINES:
        raise ValidationError(_("At most %(n)d lines.") % {"n": MOST_LINES}, "words-many")
    for line in lines:
        if why := wrong_with(line):
            raise ValidationError(f"“{line[:40]}”: {why}.", "words-wrong")
