"""Titles and names as words: addresses, search and order. Pure."""

import unicodedata

from forum.accounts import names

SLUG_CHARS = 80  # of an address made from a title; one given by hand may be longer
SEARCH_WORDS = 12
# Latin letters that Unicode does not take apart.
_LATIN = str.maketrans(
    {
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
)
_LATIN_MARKS = "\u0307"  # what lower() leaves behind the Turkish İ
_APOSTROPHES = str.maketrans("", "", "'’ʼ‘`´")
_ARTICLES = {"the", "a", "an"}


def slug_of(title: str) -> str:
    """Return the address of a title, at most SLUG_CHARS characters; empty if it has no letter.

    Latin letters lose their accents, letters of other scripts stay as they are with their marks,
    everything else becomes a single "-".
    """
    text = title.translate(_APOSTROPHES).lower().translate(_LATIN)
    plain = "".join(_without_accent(sign) for sign in unicodedata.normalize("NFC", text))
    slug = "-".join("".join(sign if _in_word(sign) else " " for sign in plain).split())
    if len(slug) <= SLUG_CHARS:
        return slug
    cut = slug[: SLUG_CHARS + 1]
    return (cut.rsplit("-", 1)[0] if "-" in cut[SLUG_CHARS // 2 :] else cut[:-1]).strip("-")


def is_slug(text: str) -> bool:
    """Return True if `text` may stand in an address: letters, figures, marks, and "-" within."""
    return bool(text) and all(
        part and all(_in_word(sign) for sign in part) for part in text.split("-")
    )


def _without_accent(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign)
    if parts[0].isascii():
        return "".join(part for part in parts if not unicodedata.combining(part)).lower()
    return "" if sign in _LATIN_MARKS else sign


def _in_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"


def words(text: str) -> list[str]:
    """Return the words of `text` as they are compared: case and accents folded, punctuation gone.

    Chinese characters and Japanese signs are a word each, as their scripts set no spaces.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(sign for sign in folded if not _is_accent(sign)).translate(_LATIN)
    return "".join(_spaced(sign) for sign in unicodedata.normalize("NFC", plain)).split()


def _is_accent(sign: str) -> bool:
    # Marks above, below and through a letter. Vowel signs and viramas (classes 0, 9, 84 to 132)
    # are letters of their scripts and stay.
    kind = unicodedata.combining(sign)
    return kind >= 200 or kind == 1 or 10 <= kind <= 36


def _spaced(sign: str) -> str:
    if "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000":
        return f" {sign} " if sign.isalnum() else " "
    return sign if _in_word(sign) else " "


def search_text(*texts: str) -> str:
    """Return what search looks in: each word once, a space before each.

    A word with an apostrophe stands in parts and whole: "l atalante latalante".
    """
    found = dict.fromkeys(
        word
        for text in texts
        for form in (text, text.translate(_APOSTROPHES))
        for word in words(form)
    )
    return "".join(f" {word}" for word in found)


def search_words(query: str) -> list[str]:
    """Return the words that a search asks for, the first SEARCH_WORDS of them."""
    return list(dict.fromkeys(words(query[:200])))[:SEARCH_WORDS]


def sort_key(title: str) -> str:
    """Return the title as it is put in order: folded, without an English article before it."""
    parts = words(title)
    if len(parts) > 1 and parts[0] in _ARTICLES:
        parts = parts[1:]
    return (" ".join(parts) or title.strip())[:220]


def skeleton(title: str) -> str:
    """Return what is left of a title for comparing: no article, case, accent, space or sign.

    Two titles that look alike have one skeleton; a title of nothing but signs has "".
    """
    return names.skeleton(sort_key(title))[:220]
