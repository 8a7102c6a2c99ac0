"""What a browser would run of a page, read by a parser."""

from html.parser import HTMLParser

_LOADS = {"script", "iframe", "object", "embed", "base", "frame", "style"}
_ADDRESSES = {"href", "src", "action", "formaction", "data", "srcset", "poster"}


class _Runs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_data = given.get("type") == "application/ld+json"
        if tag in _LOADS and not is_data and not given.get("src", "").startswith("/static/"):
            self.found.append(tag)
        for name, value in given.items():
            scheme = "".join(value.split()).lower()
            runs = scheme.startswith(("javascript:", "data:", "vbscript:"))
            if name.startswith("on") or (name in _ADDRESSES and runs):
                self.found.append(f"{tag} {name}")


def runs(html: str) -> list[str]:
    """Return the scripts, handlers, frames and script addresses in `html` that are not our own."""
    parser = _Runs()
    parser.feed(html)
    return parser.found
