"""What changed between two texts, word by word. Pure."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_WORDS = 2_000  # of both texts; comparing longer ones takes too long
SAME, ADDED, REMOVED = "same", "added", "removed"


class Piece(NamedTuple):
    """Words of a text, with the white space between them: SAME, ADDED or REMOVED."""

    kind: str
    words: str


def pieces(before: str, after: str) -> list[Piece]:
    """Return both texts as one, in pieces; [] where they are too long to compare."""
    old, new = (re.findall(r"\S+\s*", text) for text in (before, after))
    if len(old) + len(new) > MOST_WORDS:
        return []
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            found.append(Piece(SAME, "".join(new[c:d])))
            continue
        found += [Piece(REMOVED, "".join(old[a:b]))] if b > a else []
        found += [Piece(ADDED, "".join(new[c:d]))] if d > c else []
    return found
