"""The words around what was looked for, as plain parts: the template escapes each. Pure."""

import unicodedata

from forum.index import folding
from forum.index.language import Asked

SHOWN_CHARS = 260
_BEFORE = 70


def around(text: str, asked: Asked) -> list[tuple[str, bool]]:
    """Return a piece of `text` around the first words that are asked for, in parts: (words, whether
    they are asked for). "…" stands where something is left out.
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    spans = [(begin, end, folding.stem(word)) for begin, end, word in folding.spans(text)]
    hits = _hits(spans, asked)
    first = hits[0][0] if hits else 0
    begin, end = _window(text, first)
    parts: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for start, stop in hits:
        if start < at or stop > end:
            continue
        parts += [(text[at:start], False), (text[start:stop], True)]
        at = stop
    parts.append((text[at:end] + ("…" if end < len(text) else ""), False))
    return [part for part in parts if part[0]]


def _hits(spans: list[tuple[int, int, str]], asked: Asked) -> list[tuple[int, int]]:
    """Return where the words of each term stand, one after the other as the term has them."""
    found = set()
    words = [word for _begin, _end, word in spans]
    for term in asked.terms:
        wanted = [folding.stem(word) for word in term.words]
        size = len(wanted)
        for at in range(len(words) - size + 1):
            here = words[at : at + size]
            if here[:-1] != wanted[:-1]:
                continue
            if here[-1] == wanted[-1] or (term.begins and here[-1].startswith(wanted[-1])):
                found.add((spans[at][0], spans[at + size - 1][1]))
    return sorted(found)


def _window(text: str, first: int) -> tuple[int, int]:
    """Return the begin and the end of the piece that is shown, at spaces where there are any."""
    begin = max(0, first - _BEFORE)
    if begin:
        space = text.find(" ", begin, first)
        begin = space + 1 if space >= 0 else begin
    end = begin + SHOWN_CHARS
    if end >= len(text):
        return begin, len(text)
    space = text.rfind(" ", begin + SHOWN_CHARS // 2, end)
    return begin, space if space > first else end
