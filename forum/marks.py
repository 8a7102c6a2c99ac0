"""What is written with marks of our own, over markdown-it's tokens: spoilers, @names, addresses of
this site. Pure; forum/markup.py is who calls it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# ------------------------------------------------------------------------------------------ spoilers

# A mark goes through the parser in disguise: ">!" would begin a quotation, "||" end up in an address.
# Fullwidth bars end an address and count as punctuation; the sign between them is no character.
_DISGUISE = {">!": "\uff5c\ufdd0\uff5c", "!<": "\uff5c\ufdd1\uff5c", "||": "\uff5c\ufdd2\uff5c"}
_FACE = {disguise: mark for mark, disguise in _DISGUISE.items()}
_NO_CHARACTERS = re.compile("[\ufdd0-\ufdd2]")
_MARK = re.compile(r"(?<!\\)(?:>!|!<|\|\|)")
_DISGUISED = re.compile("(\uff5c[\ufdd0-\ufdd2]\uff5c)")

OPEN = '<details class="spoiler"><summary>spoiler</summary>'
CLOSE = "</details>"
INSTEAD = "[spoiler]"  # stands where what is hidden must not be told
_DETAILS = re.compile(r"<(/?)details\b([^>]*)>")


def disguised(body: str) -> str:
    """Return a text with the marks of spoilers so written that the parser leaves them alone."""
    body = _NO_CHARACTERS.sub("", body)
    opens = body.find(">!")
    if not (0 <= opens < body.rfind("!<") or body.count("||") > 1):
        return body
    return _MARK.sub(lambda found: _DISGUISE[found[0]], body)


def _as_typed(text: str) -> str:
    return _DISGUISED.sub(lambda found: _FACE[found[0]], text)


@dataclass(slots=True)
class _Mark:
    """A mark as it stands: `block` is the index of its inline token, `token` its place there.

    role: what becomes of it; "" is text. opens, closes: a pair of bars over several paragraphs must
    touch what it hides, so that "a || b" in one and "c || d" in another hide nothing.
    """

    block: int
    token: Token
    kind: str
    opens: bool
    closes: bool
    is_first: bool = False  # nothing stands between it and the mark before


def spoilers(state: StateCore) -> None:
    """Make what stands between marks a disclosure, in a line or over several paragraphs.

    What is hidden is never less than what stands between the marks: where they stand in different
    lists or quotations, the whole of these is.
    """
    marks = _marks_in(state.tokens)
    if marks:
        state.tokens = _folded(state.tokens, list(_pairs(marks)))


def _marks_in(tokens: Sequence[Token]) -> list[_Mark]:
    """Split the text at marks, so that each is a token of its own; return them in order."""
    marks: list[_Mark] = []
    for block, token in enumerate(tokens):
        if token.type in ("fence", "code_block"):
            token.content, token.info = _as_typed(token.content), _as_typed(token.info)
        if not token.children or not _DISGUISED.search(token.content):
            continue
        children: list[Token] = []
        for child in token.children:
            if child.type != "text":
                _put_back(child)
                children.append(child)
                continue
            parts = _DISGUISED.split(child.content)
            for at, part in enumerate(parts):
                if at % 2 == 0:
                    if part:
                        children.append(_text(part))
                    continue
                made = Token("mark", "", 0, content=_FACE[part])
                before, after = parts[at - 1][-1:], parts[at + 1][:1]
                opens = not (before.isalnum() or after.isspace())
                is_first = bool(children) and children[-1].type == "mark"
                marks.append(
                    _Mark(block, made, made.content, opens, not before.isspace(), is_first)
                )
                children.append(made)
        token.children = children
    return marks


def _put_back(child: Token) -> None:
    child.content = _as_typed(child.content)
    for name, value in child.attrs.items():
        text = str(value)
        for disguise, mark in _FACE.items():
            text = text.replace(quote(disguise), quote(mark)).replace(disguise, mark)
        child.attrs[name] = text


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _pairs(marks: Sequence[_Mark]) -> Iterator[tuple[_Mark, _Mark]]:
    """Yield the marks that belong together, in order; none overlap."""
    following: list[int] = [0] * len(marks)  # the next mark that could close this one
    next_of: dict[str, int] = {}
    for at in range(len(marks) - 1, -1, -1):
        kind = marks[at].kind
        following[at] = next_of.get("!<" if kind == ">!" else kind, 0)
        next_of[kind] = at
    at = 0
    while at < len(marks):
        one, end = marks[at], following[at]
        at += 1
        if not end or one.kind == "!<":
            continue
        other = marks[end]
        is_empty = end == at and other.is_first and other.block == one.block
        is_far = one.kind == "||" and other.block != one.block
        if is_empty or (is_far and not (one.opens and other.closes)):
            continue
        yield one, other
        at = end + 1


def _folded(tokens: Sequence[Token], pairs: Sequence[tuple[_Mark, _Mark]]) -> list[Token]:
    """Return the tokens with a disclosure round each pair."""
    parent, close_of = _tree_of(tokens)
    before, after = [0] * len(tokens), [0] * len(tokens)
    for one, other in pairs:
        first, last = one.block - 1, other.block - 1  # their paragraphs
        if one.block == other.block:
            one.token.info, other.token.info = "in", "out"
        elif parent[first] == parent[last]:
            one.token.info, other.token.info = "begin", "end"
        else:
            one.token.info = other.token.info = "drop"
            start, end = _whole(tokens, parent, first, last)
            before[start] += 1
            after[close_of[end]] += 1
    out: list[Token] = []
    marked = {
        at for at, one in enumerate(tokens) if any(c.type == "mark" for c in one.children or ())
    }
    for at, token in enumerate(tokens):
        out += [_html("html_block", OPEN)] * before[at]
        if at in marked:
            out += _paragraphs(tokens[at - 1], token, tokens[at + 1])
        elif at + 1 not in marked and at - 1 not in marked:
            out.append(token)
        out += [_html("html_block", CLOSE)] * after[at]
    return out


def _tree_of(tokens: Sequence[Token]) -> tuple[list[int], dict[int, int]]:
    """Return the index of the block that each token stands in (-1: none), and {opening: closing}."""
    parent, close_of, stack = [], {}, [-1]
    for at, token in enumerate(tokens):
        if token.nesting == -1:
            close_of[stack.pop()] = at
        parent.append(stack[-1])
        if token.nesting == 1:
            stack.append(at)
    return parent, close_of


def _whole(
    tokens: Sequence[Token], parent: Sequence[int], first: int, last: int
) -> tuple[int, int]:
    """Return the blocks that hold both paragraphs and stand side by side where a block may stand."""

    def way(at: int) -> list[int]:
        found = [at]
        while found[-1] != -1:
            found.append(parent[found[-1]])
        return found

    first_way, last_way = way(first), way(last)
    for at, above in enumerate(first_way[1:], 1):
        takes_blocks = above == -1 or tokens[above].type in ("blockquote_open", "list_item_open")
        if takes_blocks and above in last_way:
            return first_way[at - 1], last_way[last_way.index(above) - 1]
    raise AssertionError("the text itself holds both")


def _paragraphs(opening: Token, inline: Token, closing: Token) -> list[Token]:
    """Return a paragraph with what its marks make of it: disclosures inside, or it ends before one
    and goes on after. Emphasis and links that a mark stands in end and begin again there.
    """
    out: list[Token] = []
    line: list[Token] = []
    stack: list[Token] = []

    def end() -> None:
        if any(token.nesting == 0 and token.content.strip() for token in line):
            tag = "div" if any(token.type == "html_inline" for token in line) else "p"
            kept = copy(inline)
            kept.children = list(line)
            out.extend([_as(opening, tag), kept, _as(closing, tag)])
        line.clear()

    for child in inline.children or ():
        if child.type != "mark" or not child.info:
            _add(line, _text(child.content) if child.type == "mark" else child)
            if child.nesting == 1:
                stack.append(child)
            elif child.nesting == -1:
                stack.pop()
            continue
        if child.info == "drop":
            continue
        for token in reversed(stack):
            _add(line, Token(token.type.replace("_open", "_close"), token.tag, -1))
        html = OPEN if child.info in ("in", "begin") else CLOSE
        if child.info in ("in", "out"):
            line.append(_html("html_inline", html))
        else:
            end()
            out.append(_html("html_block", html))
        line.extend(stack)
    end()
    return out


def _add(line: list[Token], token: Token) -> None:
    """Add a token; what would close an element with nothing in it takes that away instead."""
    if token.nesting == -1 and line and line[-1].nesting == 1:
        line.pop()
    else:
        line.append(token)


def _as(token: Token, tag: str) -> Token:
    token = copy(token)
    token.tag = tag
    return token


def _html(kind: str, content: str) -> Token:
    return Token(kind, "", 0, content=content)


def without_spoilers(made: str) -> str:
    """Return safe HTML with a word in place of everything that is hidden in it."""
    if 'class="spoiler"' not in made:
        return made
    out, at, depth = [], 0, 0
    for found in _DETAILS.finditer(made):
        if depth:
            depth += -1 if found[1] else 1
            at = found.end()
        elif not found[1] and 'class="spoiler"' in found[2]:
            out += [made[at : found.start()], f"<em>{INSTEAD}</em>"]
            at, depth = len(made), 1
    out.append("" if depth else made[at:])
    return "".join(out)


# ------------------------------------------------------------------------------------------ mentions

MOST_MARKS = 30  # @ that are looked at
MOST_NAMES = 500  # that these could mean
NAME_CHARS = 60
# Scripts written without spaces: there a name may end before any letter.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
_JOINERS = "_\u200c\u200d"


def names_meant(body: str) -> list[str]:
    """Return every name that a "@" in the text could mean: "la", "la Golondrina", …; at most 500.

    A name has up to 60 characters of any script, with spaces and points; only who is there can tell
    where it ends.
    """
    if "@" not in body:
        return []
    body = unicodedata.normalize("NFC", body)
    found: dict[str, None] = {}
    for at in [one.start() for one in re.finditer("@", body)][:MOST_MARKS]:
        if at and _is_word(body[at - 1]):
            continue
        ahead = body[at + 1 : at + 1 + NAME_CHARS].split("\n", 1)[0]
        for end in range(1, len(ahead) + 1):
            if not ahead[end - 1].isspace() and _ends(ahead, end):
                found[ahead[:end]] = None
    return list(found)[:MOST_NAMES]


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign in _JOINERS or unicodedata.category(sign)[0] == "M"


def _ends(text: str, at: int) -> bool:
    """Return True if a name can end before text[at]."""
    if at >= len(text) or not (_is_word(text[at - 1]) and _is_word(text[at])):
        return True
    return bool(_UNSPACED.match(text[at - 1]) or _UNSPACED.match(text[at]))


def mentions(state: StateCore) -> None:
    """Mark the names of env["names"] after a "@"; not in code, links and quotations."""
    names: Sequence[str] = state.env.get("names", ())
    quoted = 0
    for token in state.tokens:
        if token.tag == "blockquote":
            quoted += token.nesting
        if not names or quoted or not token.children or "@" not in token.content:
            continue
        children: list[Token] = []
        in_link = 0
        for child in token.children:
            in_link += child.nesting if child.tag == "a" else 0
            is_plain = child.type == "text" and not in_link and "@" in child.content
            children.extend(_named(child.content, names) if is_plain else [child])
        token.children = children


def _named(text: str, names: Sequence[str]) -> Iterator[Token]:
    text = unicodedata.normalize("NFC", text)
    said = at = 0
    while (at := text.find("@", at)) >= 0:
        name = "" if at and _is_word(text[at - 1]) else _name_at(text, at + 1, names)
        at += 1
        if name:
            yield _text(text[said : at - 1])
            yield Token("mention_open", "b", 1, attrs={"class": "mention"})
            yield _text(f"@{name}")
            yield Token("mention_close", "b", -1)
            said = at = at + len(name)
    yield _text(text[said:])


def _name_at(text: str, at: int, names: Sequence[str]) -> str:
    """Return the first of the names, the longest first, that stands there; "" if none does."""
    found = (name for name in names if text.startswith(name, at) and _ends(text, at + len(name)))
    return next(found, "")


# -------------------------------------------------------------------------------- addresses of ours


def titles(state: StateCore) -> None:
    """Give a bare address the words of env["titles"], {address without "?" and "#": words}."""
    known: Mapping[str, str] = state.env.get("titles", {})
    for token in state.tokens if known else ():
        children = token.children or []
        for at, child in enumerate(children[:-1]):
            if child.type == "link_open" and child.markup in ("linkify", "autolink"):
                address = re.split("[?#]", str(child.attrs.get("href", "")), maxsplit=1)[0]
                if address in known:
                    children[at + 1] = _text(known[address])


def teach(parser: MarkdownIt) -> MarkdownIt:
    """Teach a parser our marks; env may have "names", the longest first, and "titles"."""
    parser.core.ruler.after("inline", "spoilers", spoilers)
    parser.core.ruler.after("linkify", "mentions", mentions)
    parser.core.ruler.after("linkify", "titles", titles)
    return parser


def longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))
