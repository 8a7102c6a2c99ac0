"""The one form of a comment's words that a hash is taken of. Pure."""

import hashlib
import unicodedata
from html.parser import HTMLParser

# Elements within a line of text; every other one parts words.
_WITHIN_WORDS = {
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "del",
    "em",
    "i",
    "q",
    "s",
    "strong",
    "sub",
    "sup",
}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.spoilers: list[bool] = []  # of the open <details>
        self.is_ours = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "details":
            self.spoilers.append(("class", "spoiler") in attrs)
        self.is_ours = self.is_ours or (tag == "summary" and any(self.spoilers[-1:]))
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self.spoilers:
            self.spoilers.pop()
        self.is_ours = self.is_ours and tag != "summary"
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag not in _WITHIN_WORDS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.is_ours:
            self.parts.append(data)


def canonical_text(html: str) -> str:
    """Return the words of a comment as its page shows them, in the form that is hashed:

    1. the text of its HTML, entities resolved, in the order of the page, what is hidden as a spoiler
       too; not the word "spoiler" that the site itself puts before it;
    2. a line break, and where a paragraph, a list item or another block begins or ends: a space;
    3. Unicode NFC;
    4. every run of white space (Unicode's, line ends and tabs with it) is one space, none at the ends.

    So it can be made of what is copied from the page, on any system. Marks of emphasis, addresses of links
    and the signs of lists are no part of it.
    """
    words = _Words()
    words.feed(html)
    words.close()
    return " ".join(unicodedata.normalize("NFC", "".join(words.parts)).split())


def digest(html: str) -> str:
    """Return the SHA-256 of the canonical text in UTF-8, as 64 hex digits."""
    return hashlib.sha256(canonical_text(html).encode()).hexdigest()
