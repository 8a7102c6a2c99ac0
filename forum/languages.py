"""In which language a text is, guessed from its script and its small words. Pure.

A wrong guess makes a screen reader speak nonsense, none leaves it as it is: where little speaks for a
language, or two are near each other, the answer is "".
"""

import re
from collections import Counter

CHARS = 1_000  # of a text that are looked at
LEAST_LETTERS = 6  # of a script that one language has
LEAST_WORDS = 3  # small words of a language
LEAD = 1.5  # times as many as of the next language

# Names of languages in themselves: what a guess can give and an author can choose.
NAMES = {
    "ar": "العربية",
    "bg": "Български",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hu": "Magyar",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sr": "Српски",
    "sv": "Svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "zh": "中文",
}
# Scripts, and letters that tell the languages of one apart; the first that is found counts.
_SCRIPTS = [
    ("ja", re.compile("[\u3040-\u30ff]"), []),
    ("ko", re.compile("[\uac00-\ud7af]"), []),
    ("zh", re.compile("[\u4e00-\u9fff]"), []),
    ("el", re.compile("[\u0370-\u03ff]"), []),
    ("he", re.compile("[\u05d0-\u05ea]"), []),
    ("th", re.compile("[\u0e00-\u0e7f]"), []),
    ("hi", re.compile("[\u0900-\u097f]"), []),
    ("ar", re.compile("[\u0600-\u06ff]"), [("fa", re.compile("[پچژگ]")), ("", re.compile("[ٹڈڑے]"))]),
    (
        "",
        re.compile("[\u0400-\u04ff]"),
        [
            ("", re.compile("[ўѓќѕ]", re.I)),  # Belarusian, Macedonian: not among the names
            ("uk", re.compile("[іїєґ]", re.I)),
            ("sr", re.compile("[ђјљњћџ]", re.I)),
            ("ru", re.compile("[ыэё]", re.I)),
            ("bg", re.compile("[а-я]*ъ[бвгджзклмнпрстфхцчшщ]", re.I)),
        ],
    ),
]  # fmt: skip
_SMALL = {
    "cs": "a že se na je to v jsem není který ale jak když nebo jako ten bylo jen už tak pro by si",
    "da": "og er det en at på der af ikke til jeg den med for har som et var men han så blev hvad også fra kun",
    "de": "der die und das ist nicht ich ein es zu den mit von auf sie sich dem wie war aber auch eine noch wenn nur",
    "en": "the and is of to in it that was not he i you for this with but they have are at what so be from who when",
    "es": "el la de que y en los se no un por con una su para es lo como más pero las del muy está fue hay",
    "fi": "ja on ei se että oli hän mutta kun niin tämä en mitä kuin sen joka vain ovat minä nyt jos siitä myös",
    "fr": "le la les et est de des une que pas je dans qui il pour ce sur un du elle mais avec on plus au était",
    "hu": "a az és hogy nem is egy volt de ez meg csak már mint van ami azt ha még el vagy ezt nagyon",
    "it": "il di che e la è non un per una in del con le si sono ma come più della anche lo gli questo nel era",
    "nb": "og er det en at på som av ikke til jeg den med for har et var men han så ble hva også fra bare",
    "nl": "de het een en van is dat niet in ik te die met op voor er maar aan was als zijn ook bij naar nog dan wordt",
    "pl": "i w nie na to się że jest z do jak ale co tak o po tylko już czy jego był być ten przez dla",
    "pt": "o de que e não a do da em um para é com uma os no se na por mais as mas foi ao muito isso são",
    "ro": "și de în la nu este o un să pe cu care că din mai pentru sunt dar a fost ca am ce el foarte",
    "sv": "och är det en att på som av inte till jag den med för har ett var men han så blev vad också från bara",
    "tr": "ve bir bu da de için ne çok ama gibi en o ile var daha kadar ben değil mi her olarak sonra yok",
}
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL.items()}
_LETTERS = re.compile(r"[^\W\d_]+")
_NO_PROSE = re.compile(r"(?:https?://|www\.)\S+|@\S+")


def guess(text: str) -> str:
    """Return the language of a text, a key of NAMES; "" where it cannot be told."""
    text = _NO_PROSE.sub(" ", text[:CHARS])
    words = _LETTERS.findall(text.casefold())
    letters = sum(map(len, words))
    for language, script, others in _SCRIPTS:
        # A Japanese text is Chinese signs for the most part: a quarter is enough.
        share = len(script.findall(text)) * (4 if language == "ja" else 2)
        if share > letters and letters >= LEAST_LETTERS:
            return next((other for other, sign in others if sign.search(text)), language)
    return _by_small_words(words)


def _by_small_words(words: list[str]) -> str:
    found = Counter({one: sum(word in small for word in words) for one, small in _WORDS.items()})
    (first, most), (_second, next_most) = found.most_common(2)
    return first if most >= LEAST_WORDS and most >= LEAD * next_most else ""
