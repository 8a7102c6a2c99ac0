"""Strings that try to run something, and what a browser would run of a page."""

from html.parser import HTMLParser

from tests.samples import sample

OWN = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></textarea></select><svg onload=alert(1)>",
    "{{ 7*7 }}{% debug %}%(name)s %s {0}",
    "javascript:alert(1)",
    "[a](javascript:alert(1))",
]
STRINGS = OWN + [str(one) for one in sample("hostile/xss_owasp_filter_evasion.json")]
FORBIDDEN = {"iframe", "object", "embed", "base", "style", "video", "audio", "frameset", "applet"}
ADDRESSES = ("/", "../", "?", "#", "http://", "https://", "mailto:")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag in FORBIDDEN:
            self.faults.append(tag)
        for name, value in attributes:
            value = "".join((value or "").split()).lower()
            if name.startswith("on") or name == "style":
                self.faults.append(f"{tag} {name}={value}")
            if name in ("src", "href", "action") and value and not value.startswith(ADDRESSES):
                self.faults.append(f"{tag} {name}={value}")
        source = dict(attributes).get("src") or ""
        if tag in ("script", "img") and not source.startswith(("/static/", "/admin/jsi18n/")):
            self.faults.append(f"{tag} {source}")


def faults_of(answer) -> list[str]:
    """Return what in the answer's HTML would run or load something that is not the site's own."""
    page = _Page()
    page.feed(answer.content.decode())
    return page.faults
