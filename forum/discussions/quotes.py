"""A comment's words as the quotation of a reply, without what spoilers hide. Pure."""

import re
from html.parser import HTMLParser

from forum import marks, markup

_BLOCKS = {"p", "ul", "ol", "pre", "blockquote", "dl", "hr"}
_LINES = {"li": "\n- ", "dt": "\n", "dd": "\n", "br": "\n"}
_KEPT_SPACE = "\x00"  # of code, while the others are folded


class _Words(HTMLParser):
    """Collects the words of safe HTML line by line; blocks stand apart."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_code = self.is_code or tag == "pre"
        self.out.append("\n\n" if tag in _BLOCKS else _LINES.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self.is_code = self.is_code and tag != "pre"
        self.out.append("\n\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        kept = data.replace(" ", _KEPT_SPACE)
        self.out.append(kept if self.is_code else re.sub(r"\s+", " ", data))


def quotation(body_html: str) -> str:
    """Return a comment's safe HTML as lines that begin with "> ", and an empty line to go on from."""
    parser = _Words()
    parser.feed(markup.without_spoilers(body_html))
    parser.close()
    text = re.sub(r" *\n *", "\n", "".join(parser.out))
    text = re.sub(r"\n{3,}", "\n\n", text).strip().replace(_KEPT_SPACE, " ")
    if not text.replace(marks.INSTEAD, "").strip():
        return ""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) + "\n\n"
