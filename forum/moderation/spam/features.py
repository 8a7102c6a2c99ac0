"""What the spam score looks at in a text: words, pairs of them and shapes, as names. Pure.

Time is bounded whatever is sent: HEAD and TAIL characters are looked at, at most MOST names come of
them, and every expression here runs in linear time.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise

from forum.index import folding

HEAD, TAIL = 2_400, 800  # characters of a text's beginning and end
WORDS = 120  # of a text, at most; of a longer one three quarters from its beginning
MOST = 400  # names of a text
BEGINNING = 5  # letters of a longer word that count by themselves
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
# Signs drawn like Latin ones: a word that has them among Latin letters is read as meant.
_TWINS = str.maketrans(
    "аеорсухкмтнвіјѕԁһԛԝӏьгп" + "αβεηικμνορτυχγωσϲ" + "ɑɡıʟɴʀᴀᴄᴇᴏꜱ",
    "aeopcyxkmthbijsdhqwlbrn" + "abenikmvoptuxywoc" + "agilnracceos"[:11],
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_ENDINGS = (
    "com|net|org|info|biz|co|io|ly|tv|ru|cn|tk|ml|ga|cf|gq|xyz|club|site|uk|fr|eu|gl|cc|ws|pw"
)
_LINK = re.compile(r"(?:https?|hxxps?)\s?:\s?/\s?/\s?[^\s<>\"]+|\bwww\s?\.[^\s<>\"]+", re.I)
_BARE = re.compile(
    r"(?<![\w@.-])[a-z0-9][a-z0-9.-]{0,60}(?:"
    rf"\.(?:{_ENDINGS})\b(?:/[^\s<>\"]*)?"  # example.com
    r"|\s?\.\s?(?:com|net|org)\b"  # example . com
    r"|\s?[\[({]?\bdot\b[\])}]?\s?(?:com|net|org)\b"  # example dot com
    r"|\.[a-z]{2,12}/[^\s<>\"]+)"  # bit.ly/x
    r"|/?\bwatch\s?\?\s?v\s?=\s?[\w-]+",
    re.I,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}")
_HANDLE = re.compile(r"(?<!\w)@\w{2,40}")
_TAG = re.compile(r"(?<!\w)#\w{2,40}")
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){7,16}")
_MONEY = re.compile(
    r"[$€£¥₹₽]\s?\d|\d\s?(?:[$€£¥₹₽]|usd\b|eur\b|dollars?\b|bucks\b|euros?\b|pounds?\b)", re.I
)
_RUN = re.compile(r"(.)\1{3,}", re.S)
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][\s._*-]{1,2}){3,40}[^\W\d_](?!\w)")
_PARTS = re.compile(r"[\w']+")
_NOT_LETTERS = re.compile(r"[\W_]+")
_NOUNS = """
channel channels chanel chanels chanal canal vid vids video videos vidéo vidios page pages site
website web blog profile song songs music cover covers mixtape album beat beats rap stream
streams account group store shop app link links book server playlist twitter instagram insta
facebook fb snap snapchat soundcloud tiktok telegram whatsapp discord onlyfans bio
"""
_VERBS = """
sub subs subscribe subscribes subscribed subscribing suscribe subcribe subscribers check
checkout visit click follow join buy order earn win download register signup sign add message
text call contact dm vote share like support watch listen claim invest
"""
_OWN = "my our mine me us myself i im am we"
_YOU = "you your u ur guys everyone everybody anyone people all ppl"
_NOUN, _VERB = frozenset(_NOUNS.split()), frozenset(_VERBS.split())
_MINE, _YOURS = frozenset(_OWN.split()), frozenset(_YOU.split())
_NEAR = 5  # words
_SHARES = ((0, "none"), (0.05, "few"), (0.2, "some"), (0.6, "many"))


def of(text: str, name: str = "") -> list[int]:
    """Return what a text, and its author's name if it is given, has: numbers, each once."""
    return [number(one) for one in named(text, name)]


def number(name: str) -> int:
    """Return the number under which a name is counted: 32 bits of its BLAKE2 hash."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=4).digest(), "big")


def named(text: str, name: str = "") -> list[str]:
    """Return the names of what a text has, shapes first, each once, at most MOST."""
    found = dict.fromkeys(_all(text, name))
    return list(found)[:MOST]


def _all(text: str, name: str) -> Iterator[str]:
    seen = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    hidden = len(_INVISIBLE.findall(seen))
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", seen))[: HEAD + TAIL]
    links = [*_LINK.findall(plain)]
    rest = _LINK.sub(" ", plain)
    links += [found[0] for found in _BARE.finditer(rest)]
    prose = _HANDLE.sub(" ", _MAIL.sub(" ", _BARE.sub(" ", rest)))
    words, is_mixed = _words(prose)
    yield from _contacts(plain, rest, links)
    yield from _looks(plain, len(text), hidden, is_mixed)
    yield from _said(words)
    yield from _name(name, words)
    yield from (part for link in links[:4] for part in _address(link))
    if len(words) > WORDS:
        words = words[: 3 * WORDS // 4] + words[-WORDS // 4 :]
    yield from (f"w {word}" for word in words)
    yield from (f"p {one} {other}" for one, other in pairwise(words))
    # Words mistyped, or with another ending, have their beginning in common.
    yield from (f"b {word[:BEGINNING]}" for word in words if len(word) > BEGINNING)


# ---------------------------------------------------------------------------------------------- words


def _words(prose: str) -> tuple[list[str], bool]:
    """Return the words as they are meant, and whether one mixes scripts to look like another."""
    prose = _SPACED.sub(lambda found: _NOT_LETTERS.sub("", found[0]), prose)
    made, is_mixed = [], False
    for raw in prose.casefold().split():
        latin = raw.translate(_TWINS)
        if latin != raw and re.search("[a-z]", raw):
            is_mixed, raw = True, latin
        if re.search(r"[a-z][013457@$!][a-z]", raw):
            raw = raw.translate(_LEET)
        made.append(_LONG_RUN.sub(r"\1", raw))
    found = folding.words(" ".join(made).translate(folding.APOSTROPHES))
    return [_word(word) for word in found], is_mixed


def _word(word: str) -> str:
    """Return a number by its length alone: which one it is says nothing of the next text."""
    if word.isdigit():
        return f"{min(len(word), 8)} digits"
    return folding.stem(word)


def _said(words: list[str]) -> Iterator[str]:
    """Yield how a text speaks: to whom, of whose, and whether it asks for something."""
    asks = [at for at, word in enumerate(words) if word in _VERB]
    owns = [
        at
        for at, word in enumerate(words)
        if word in _NOUN and _MINE & set(words[max(0, at - _NEAR + 1) : at])
    ]
    yield f"asks {_some(len(asks))}"
    yield f"own {_some(len(owns))}"
    yield f"you {_some(sum(word in _YOURS for word in words))}"
    yield f"me {_some(sum(word in _MINE for word in words))}"
    if any(abs(one - other) <= _NEAR for one in asks for other in owns[:20]):
        yield "asks for one's own"
    if any(word in _MINE for at in asks for word in words[at + 1 : at + 4]):
        yield "asks for oneself"
    if words:
        yield f"first {words[0]}"
        yield f"last {words[-1]}"
    yield f"words {len(words).bit_length()}"
    if len(words) >= 8:
        yield f"different words {5 * len(set(words)) // len(words)}/5"


def _some(count: int) -> str:
    return ("none", "one", "some", "some", "many")[min(count, 4)]


# --------------------------------------------------------------------------------------------- shapes


def _contacts(plain: str, rest: str, links: list[str]) -> Iterator[str]:
    yield f"links {_some(len(links))}"
    if links and 2 * sum(map(len, links)) > len(plain.strip()):
        yield "a link for the most part"
    for word, found in (
        ("mail", _MAIL.search(rest)),
        ("handle", _HANDLE.search(rest)),
        ("tag", _TAG.search(rest)),
        ("telephone", _PHONE.search(rest)),
        ("money", _MONEY.search(rest)),
        ("percent", "%" in rest),
    ):
        if found:
            yield word


def _address(link: str) -> Iterator[str]:
    """Yield the host, its ending and the words of a link."""
    bare = re.sub(r"\s|^h\w\wps?:/*|^https?:/*|^www\.", "", link.casefold())
    host, slash, path = bare.partition("/")
    labels = host.split(":")[0].split(".")
    yield f"host {'.'.join(labels[-2:])[:60]}"
    yield f"ending {labels[-1][:20]}"
    yield "link with a path" if slash and path else "link to a host"
    if "=" in path:
        yield "link with a query"
    yield from (f"u {part[:20]}" for part in re.findall(r"[a-z]{3,}", path[:200])[:8])


def _looks(plain: str, length: int, hidden: int, is_mixed: bool) -> Iterator[str]:
    letters = [sign for sign in plain if sign.isalpha()]
    yield f"length {length.bit_length()}"
    if hidden:
        yield "invisible signs"
    if is_mixed:
        yield "words of two scripts"
    if len(letters) >= 8:
        yield f"capitals {_share(sum(sign.isupper() for sign in letters), len(letters))}"
    digits = sum(sign.isdigit() for sign in plain)
    yield f"digits {_share(digits, len(plain))}"
    yield f"cries {_some(plain.count('!'))}"
    yield f"questions {_some(plain.count('?'))}"
    pictures = sum(unicodedata.category(sign) in ("So", "Sk", "Sm") for sign in plain)
    yield f"pictures {_some(pictures)}"
    if "..." in plain or "…" in plain:
        yield "dots"
    if "*" in plain:
        yield "stars"
    if re.search("[<>]{2}|->|=>", plain):
        yield "arrows"
    if _RUN.search(plain):
        yield "a sign again and again"
    if _SPACED.search(plain):
        yield "letters set apart"
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    yield f"lines {_some(len(lines) - 1)}"
    if len(set(lines)) < len(lines):
        yield "a line twice"
    yield from _scripts(letters)


def _share(count: int, of_all: int) -> str:
    share = count / (of_all or 1)
    return next((word for limit, word in _SHARES if share <= limit), "most")


def _scripts(letters: Iterable[str]) -> Iterator[str]:
    found: dict[str, int] = {}
    for sign in letters:
        script = "LATIN" if sign < "ʰ" else unicodedata.name(sign, "?").split()[0]
        found[script] = found.get(script, 0) + 1
    if found:
        yield f"script {max(found, key=lambda script: found[script])}"
    yield f"scripts {min(len(found), 3)}"


def _name(name: str, words: list[str]) -> Iterator[str]:
    """Yield what the name of an author looks like; nothing where none is given."""
    if not name:
        return
    if any(sign.isdigit() for sign in name):
        yield "name with digits"
    if _LINK.search(name) or _BARE.search(name) or _HANDLE.search(name):
        yield "name with an address"
    if len(name) > 3 and name.isupper():
        yield "name in capitals"
    called = folding.words(name)
    yield f"name of {_some(len(called))} words"
    if {word for word in map(folding.stem, called) if len(word) > 3} & set(words):
        yield "name in the text"
    yield from (f"n {word}" for word in called[:4])
