"""Path numbers in addresses: "6.5" names a comment by the ordinals on the way down to it."""

import re

from forum.discussions import tree

MOST_PARTS = 100  # of a number in an address; what stands deeper has only its permalink
_NUMBER = re.compile(rf"^\d{{1,9}}(\.\d{{1,9}}){{0,{MOST_PARTS - 1}}}$")


def find(topic_id: int, number: str) -> tree.Found | None:
    """Return the comment that has the number in this topic, or had it before it was moved."""
    if not _NUMBER.match(number):
        return None
    return tree.find_number(topic_id, [int(part) for part in number.split(".")])
