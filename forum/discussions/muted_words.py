"""Whether a text holds one of the words that a reader does not want to see. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1_000)
def pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what finds any of these, whole words only and whatever their case; None for none."""
    found = sorted(
        {" ".join(one.split()).casefold() for one in words} - {""}, key=len, reverse=True
    )
    if not found:
        return None
    any_of = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in found)
    return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)")


def says(text: str, words: Iterable[str]) -> bool:
    """Return True if the plain text holds one of these."""
    one = pattern(tuple(words))
    return bool(one and one.search(text.casefold()))
