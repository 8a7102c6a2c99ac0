"""Text of any format to safe HTML. Pure: no database, no settings.

Markdown goes through markdown-it, everything through nh3's allow-list last, once, when it is
written. HTML_VERSION rises with every change here that shows; `manage.py rerender` follows it.
"""

import html
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

import nh3
from markdown_it import MarkdownIt

from forum import marks

HTML_VERSION = 3
MARKDOWN_CHARS = 20_000  # above it text is shown plain: parsing time grows faster than length
MOST_TAGS = 8_000  # above it HTML is shown plain: deep nesting is mended in quadratic time
MOST_LINKS = 20  # above it addresses are not made into links: a page of links is looked up slowly

_TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dl",
    "dt",
    "em",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "strong",
    "sub",
    "summary",
    "sup",
    "ul",
}


def _cleaner(tags: set[str], classes: Mapping[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes={"a": {"href", "title"}, "ol": {"start"}, "abbr": {"title"}},
        allowed_classes=dict(classes),
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
        strip_comments=True,
    )


_SPOILERS = {"details": {"spoiler"}}
_FOREIGN = _cleaner(_TAGS, _SPOILERS)
# What we make ourselves; a paragraph with a disclosure in its line is a <div>.
_OWN = _cleaner(_TAGS | {"div"}, _SPOILERS | {"b": {"mention"}})
_STRIPPER = nh3.Cleaner(tags=set(), attributes={}, strip_comments=True)
_BLOCKS = re.compile(
    r"</?(?:p|div|ul|ol|li|blockquote|pre|dl|dt|dd|h[1-6]|hr|table|figure)\b", re.I
)


# What Disqus writes: hidden words, and links that lead through its own counter.
_SPOILER = re.compile(r"<(/?)spoiler\b[^<>]*>", re.I)
_MENTION = re.compile(r'<b class="mention">@([^<]*)</b>')
_TAG = re.compile(r'</?(\w*)(?:[^<>"]|"[^"]*")*>')  # as the cleaner writes them
_IN_LINE = {"a", "abbr", "b", "cite", "code", "del", "em", "i", "q", "s", "strong", "sub", "sup"}
_COUNTED = re.compile(r"(?<=[\"'])https?://disq\.us/(?:url)?\?[^\"'<>\s]+", re.I)


def _markdown(linkify: bool) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": linkify, "breaks": True, "maxNesting": 20}
    )
    parser.enable(["strikethrough"])
    parser.disable(["html_block", "html_inline", "reference", "heading", "lheading", "image"])
    marks.teach(parser)
    return parser.enable("linkify") if linkify else parser


_WITH_LINKS = _markdown(linkify=True)
_WITHOUT_LINKS = _markdown(linkify=False)


def render(
    body: str,
    body_format: str,
    *,
    names: Iterable[str] = (),
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return safe HTML for `body`.

    body_format: "markdown" (comments written here), "html", "wp" (WordPress: HTML in which a line
    break counts) or "plain". Raises ValueError for any other. In Markdown what stands between
    ">!" and "!<", or bars in pairs, opens on a press; `names` are marked after a "@"; a bare
    address gets the words of `titles`, {address without "?" and "#": words}.
    """
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    cleaner = _FOREIGN
    if body_format == "markdown" and len(body) <= MARKDOWN_CHARS:
        links = body.count("://") + body.count("www.") + body.count("@")
        parser = _WITH_LINKS if links <= MOST_LINKS else _WITHOUT_LINKS
        env = {"names": marks.longest_first(names), "titles": titles or {}}
        made, cleaner = parser.render(marks.disguised(body), env), _OWN
    elif body_format in ("markdown", "plain") or (
        body_format in ("html", "wp") and body.count("<") > MOST_TAGS
    ):
        made = _paragraphs(html.escape(body))
    elif body_format == "wp":
        made = _wordpress(_foreign(body))
    elif body_format == "html":
        made = _foreign(body)
        if not _BLOCKS.search(made) and "<br" not in made:
            made = _wordpress(made)  # bare text: its line breaks are all that parts it
    else:
        raise ValueError(f"unknown text format {body_format!r}")
    clean = cleaner.clean(made).strip()
    return clean.replace("<p></p>", "") if "<details" in clean else clean


def _foreign(body: str) -> str:
    """Return HTML with what is Disqus's own in everybody's words: hidden text opens on a press, a
    link leads where it says.
    """
    if "spoiler" in body.lower():
        # A paragraph cannot hold what opens: it ends before and goes on after.
        before, after = ("</p>", "<p>") if "<p" in body else ("", "")
        around = {"": f"{before}{marks.OPEN}{after}", "/": f"{before}{marks.CLOSE}{after}"}
        body = _SPOILER.sub(lambda found: around[found[1]], body)
    return _COUNTED.sub(_uncounted, body) if "disq.us" in body else body


def _uncounted(link: re.Match[str]) -> str:
    """Return the address that a link through Disqus's counter names, without its checksum."""
    try:
        target = parse_qs(urlsplit(html.unescape(link[0])).query).get("url", [""])[0]
    except ValueError:
        return link[0]
    target = re.sub(r":[\w-]{20,40}$", "", target)
    return html.escape(target) if target.startswith(("http://", "https://")) else link[0]


def _paragraphs(text: str) -> str:
    parts = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text)]
    return "\n".join(
        "<p>" + part.replace("\n", "<br>\n") + "</p>" for part in parts if part.strip()
    )


def _wordpress(body: str) -> str:
    """Line breaks as WordPress reads them: a blank line parts paragraphs, a single one is a break.
    What stands in <pre> is left alone.
    """
    made, at, low = [], 0, body.lower()
    while True:
        start = low.find("<pre", at)
        end = low.find("</pre>", start) if start >= 0 else -1
        if end < 0:
            made.append(_wordpress_flow(body[at:]))
            return "\n".join(made)
        made.append(_wordpress_flow(body[at:start]))
        made.append(body[start : end + 6])
        at = end + 6


def _wordpress_flow(text: str) -> str:
    made = []
    for part in re.split(r"\n[ \t]*\n", text):
        part = part.strip()
        if not part:
            continue
        made.append(part if _BLOCKS.match(part) else "<p>" + part.replace("\n", "<br>\n") + "</p>")
    return "\n".join(made)


def mentioned(made: str) -> list[str]:
    """Return the names that are marked in safe HTML, in order, each once."""
    return [html.unescape(name) for name in dict.fromkeys(_MENTION.findall(made))]


def without_spoilers(made: str) -> str:
    """Return safe HTML with a word in place of everything that is hidden in it."""
    return marks.without_spoilers(made)


def open_words(made: str) -> str:
    """Return the text of safe HTML that search may find: without a word of what is hidden in it."""
    shown = without_spoilers(made).replace(f"<em>{marks.INSTEAD}</em>", " ")
    return html.unescape(_TAG.sub(_gap, shown))


def _gap(tag: re.Match[str]) -> str:
    return "" if tag[1].lower() in _IN_LINE else " "


def plain(made: str) -> str:
    """Return the words of safe HTML, white space folded, entities read; of what is hidden in it
    only that it is there.
    """
    bare = made.replace("<p>", " ").replace("</p>", " ").replace("<br>", " ")
    if "<" not in bare:  # as most comments are: nothing is hidden or marked in it
        return " ".join(html.unescape(bare).split())
    spaced = re.sub(
        r"<(/?p|/?div|br|/li|/blockquote|/pre|hr|/details)\b", r" <\1", without_spoilers(made)
    )
    return " ".join(html.unescape(_STRIPPER.clean(spaced)).split())


def excerpt(made: str, chars: int) -> str:
    """Return the first words of safe HTML, at most `chars` characters, "…" where it was cut."""
    words = plain(made)
    if len(words) <= chars:
        return words
    cut = words[:chars]
    whole = cut.rsplit(" ", 1)[0] if " " in cut[chars // 2 :] else cut[:-1]
    return whole.rstrip(" .,;:…") + "…"
