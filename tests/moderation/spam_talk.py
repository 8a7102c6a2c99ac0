"""Comment spam and ordinary comments, made up: short, hasty, mistyped, in several languages.

Figures measured on these are of a generator, not of people. What is hard is meant to be: ordinary
comments that name channels, checks and addresses, and spam that reads like praise.
"""

import csv
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2021, 5, 1, 8, 0, tzinfo=UTC)
_slots, SPAM, HAM = (
    [line for line in part.splitlines() if line and not line.startswith("#")]
    for part in re.split(
        r"^\[\w+\]$", Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"), flags=re.M
    )
)
SLOTS = dict(line.split("=", 1) for line in _slots)
GOOD = [
    "bfi.org.uk",
    "archive.org",
    "imdb.com",
    "en.wikipedia.org/wiki/Film",
    "https://www.imdb.com/title/tt0074605/",
    "https://archive.org/details/film",
    "youtube.com",
]


def texts(seed: int, count: int, spam: float = 0.4) -> Iterator[tuple[str, bool, datetime]]:
    """Yield (text, whether it is spam, when), as they came in."""
    chance = random.Random(seed)
    at, earlier = START, [""]
    for _n in range(count):
        at += timedelta(minutes=chance.expovariate(1 / 40))
        is_spam = chance.random() < spam
        if is_spam and earlier[0] and chance.random() < 0.15:  # the same again, a little changed
            text = _mistyped(chance, chance.choice(earlier[-20:]))
        else:
            text = _text(chance, is_spam)
        if is_spam:
            earlier = [one for one in [*earlier, text] if one]
        yield text, is_spam, at


def write(path: Path, rows: Iterator[tuple[str, bool, datetime]]) -> Path:
    """Write a file as `measure_spam` takes it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["text", "label", "time"])
        out.writerows((text, int(is_spam), at.isoformat()) for text, is_spam, at in rows)
    return path


def _text(chance: random.Random, is_spam: bool) -> str:
    made = chance.choice(SPAM if is_spam else HAM)
    if chance.random() < 0.2:
        made = f"{made} {chance.choice(SPAM if is_spam and chance.random() < 0.7 else HAM)}"
    while "{" in made:
        slot = made[made.index("{") + 1 : made.index("}")]
        made = made.replace(f"{{{slot}}}", _slot(chance, slot), 1)
    made = " ".join(made.split())
    style = chance.random()
    if style < 0.08:
        made = made.upper()
    elif style < 0.2:
        made = made.capitalize()
    if is_spam and chance.random() < 0.03:
        made = _disguised(chance, made)
    return _mistyped(chance, made) if chance.random() < 0.25 else made


def _slot(chance: random.Random, slot: str) -> str:
    digits = "".join(chance.choices("0123456789", k=9))
    host = f"{chance.choice(SLOTS['host'].split('|'))}{chance.choice(['', '', digits[:2]])}"
    address = f"{host}.{chance.choice(SLOTS['end'].split('|'))}"
    if slot == "link":
        path = chance.choice(SLOTS["path"].split("|"))
        return f"http{chance.choice(['', 's'])}://{chance.choice(['', 'www.'])}{address}{path}"
    made = {
        "bare": chance.choice([address, address.replace(".", " . "), f"www.{address}"]),
        "phone": f"{digits[:3]} {digits[3:6]} {digits[5:]}",
        "mail": f"{host}{digits[:3]}@gmail.com",
        "handle": f"{host}{digits[:4]}",
        "minute": f"{chance.randrange(1, 60):02}",
        "good": chance.choice(GOOD),
    }
    return made[slot] if slot in made else chance.choice(SLOTS[slot].split("|"))


def _mistyped(chance: random.Random, text: str) -> str:
    signs = list(text)
    for _slip in range(1 + len(signs) // 40):
        at = chance.randrange(len(signs)) if signs else 0
        if not signs or not signs[at].isalpha():
            continue
        way = chance.randrange(3)
        if way == 0:
            del signs[at]
        elif way == 1:
            signs.insert(at, signs[at])
        elif at + 1 < len(signs):
            signs[at], signs[at + 1] = signs[at + 1], signs[at]
    return "".join(signs) or text


def _disguised(chance: random.Random, text: str) -> str:
    way = chance.randrange(4)
    if way == 0:
        return "\u200b".join(text)
    if way == 1:
        return text.translate(str.maketrans("aeopc", "аеорс"))
    if way == 2:
        return " ".join(text.split()[0]) + " " + " ".join(text.split()[1:])
    return text.translate(str.maketrans("aeio", "4310")) if "://" not in text else text
