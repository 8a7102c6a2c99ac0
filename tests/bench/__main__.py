"""Run one measurement by name; without a name, list them."""

import importlib
import sys

NAMES = {
    "read": "what pages cost beside Django's own floors",
    "write": "what posting through HTTP costs beside bare commits",
    "trees": "the trees under fire and beside django-mptt's own writers",
    "imports": "exports coming in, beside bulk_create and parsing alone",
    "queue": "the moderators' queue with 10,000 open items beside 100",
    "search": "searching comments beside reading one by its number",
    "catalogue": "filters with counts and other ways through 1,000 and 100,000 films",
    "growth": "every kind of page and of posting from 1,000 to 1,000,000 comments",
}


def main(words: list[str]) -> int:
    if not words or words[0] not in NAMES:
        for name, what in NAMES.items():
            print(f"./run bench {name:<9} {what}")
        return 1 if words else 0
    importlib.import_module(f"tests.bench.{words[0]}").main(words[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
