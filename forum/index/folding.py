"""Text as words that are compared: case and accents off, one rule for both databases. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator

WORD_CHARS = 40  # of a word; longer ones are compared by their beginning
MOST_CHARS = 100_000  # of a text's words that are found; PostgreSQL takes a megabyte
# Latin letters that Unicode does not take apart.
LATIN = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
    "ŋ": "n",
}
_LATIN = str.maketrans(LATIN)
APOSTROPHES = str.maketrans("", "", "'’ʼ‘`´")
_SLIP_FROM = 4  # letters; in shorter words a slip makes another word
_LONG_FROM = 8  # letters; such a word is looked for by its two ends, which may overlap
_END = 6


def in_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"


def _is_accent(sign: str) -> bool:
    # Marks above, below and through a letter. Vowel signs and viramas (classes 0, 9, 84 to 132)
    # are letters of their scripts and stay.
    kind = unicodedata.combining(sign)
    return kind >= 200 or kind == 1 or 10 <= kind <= 36


def _spaced(sign: str) -> str:
    if "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000":
        return f" {sign} " if sign.isalnum() else " "
    return sign if in_word(sign) else " "


class _Folds(dict[int, str]):
    """What each sign becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        plain = "".join(sign for sign in apart if not _is_accent(sign)).translate(_LATIN)
        found = self[code] = "".join(map(_spaced, unicodedata.normalize("NFC", plain)))
        return found


_FOLDS = _Folds()


def words(text: str) -> list[str]:
    """Return the words of `text` as they are compared: case and accents folded, punctuation gone.

    Chinese characters and Japanese signs are a word each, as their scripts set no spaces.
    """
    found = unicodedata.normalize("NFC", text).translate(_FOLDS).split()
    return [word[:WORD_CHARS] for word in found]


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (begin, end, word) of each word of `text`, which is in NFC."""
    begin, word = 0, ""
    for at, sign in enumerate(text):
        folded = _FOLDS[ord(sign)]
        if " " not in folded:
            begin = begin if word else at
            word += folded
            continue
        if word:
            yield begin, at, word[:WORD_CHARS]
            word = ""
        yield from ((at, at + 1, each) for each in folded.split())
    if word:
        yield begin, len(text), word[:WORD_CHARS]


def stem(word: str) -> str:
    """Return a word of running text without the s of many: "nights" and "night" are one."""
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "siu" and word.isascii():
        return word[:-1]
    return word


def running(text: str) -> str:
    """Return the words of a text as its index has them: in order, a space between."""
    return " ".join(map(stem, words(text)))[:MOST_CHARS]


def titles(*texts: str) -> str:
    """Return what is looked for in titles and names: each word once, a space before each.

    A word with an apostrophe stands in parts and whole: "l atalante latalante".
    """
    found = dict.fromkeys(
        word
        for text in texts
        for form in (text, text.translate(APOSTROPHES))
        for word in words(form)
    )
    return "".join(f" {word}" for word in found)


def slips(folded: Iterable[str]) -> str:
    """Return what words share with the same words mistyped, a space between: see `slips_of`."""
    return " ".join(dict.fromkeys(one for word in folded for one in slips_of(word)))


def slips_of(word: str) -> list[str]:
    """Return a word and what is left of it without one of its letters.

    A letter missed, doubled, changed or taken for its neighbour: what was meant and what was typed
    have one of these in common. Of a long word the two ends stand for it, so that it may have two slips.
    """
    if len(word) < _SLIP_FROM:
        return [word]
    parts = [word] if len(word) < _LONG_FROM else [word[:_END], word[-_END:]]
    shorter = (part[:at] + part[at + 1 :] for part in parts for at in range(len(part)))
    return list(dict.fromkeys([*parts, *shorter]))


def distance(one: str, other: str) -> int:
    """Return how many letters are missed, added, changed or swapped between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        two_before, before, row = before, row, [at]
        for to, its in enumerate(other, 1):
            cost = min(before[to] + 1, row[-1] + 1, before[to - 1] + (sign != its))
            if at > 1 and to > 1 and sign == other[to - 2] and one[at - 2] == its:
                cost = min(cost, two_before[to - 2] + 1)
            row.append(cost)
    return row[-1]


def is_near(typed: str, meant: str) -> bool:
    """Return True if somebody who typed the one may have meant the other, or begun it."""
    if meant.startswith(typed):
        return True
    slips_allowed = 0 if len(typed) < _SLIP_FROM else 1 if len(typed) < _LONG_FROM else 2
    longer = abs(len(typed) - len(meant))
    return longer <= slips_allowed and distance(typed, meant) <= slips_allowed


def likeness(one: str, other: str) -> float:
    """Return how alike two lines of words are, 0 to 1: of their threes of letters, those in common.

    As pg_trgm measures it (https://www.postgresql.org/docs/15/pgtrgm.html), on both databases.
    """
    ours, theirs = _threes(one), _threes(other)
    return len(ours & theirs) / (len(ours | theirs) or 1)


def _threes(line: str) -> set[str]:
    padded = [f"  {word} " for word in line.split()]
    return {word[at : at + 3] for word in padded for at in range(len(word) - 2)}
