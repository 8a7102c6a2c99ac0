"""The small mark of a guest's pen: two figures in colours, the same on all that the pen wrote. Pure.

It tells two guests of one name apart, and says nothing else: it is made of the pen's number by a hash
whose key is this site's own, so that it is another mark on every other site.
"""

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.utils.translation import gettext as _

# Ten figures in five colours, and such a pair: 2,500 marks. static/css/talk.css draws them by letter.
SHAPES, COLOURS = 10, 5
MARKS = (SHAPES * COLOURS) ** 2
LEFT_SHAPE, LEFT_COLOUR = "abcdefghij", "klmno"
RIGHT_SHAPE, RIGHT_COLOUR = "ABCDEFGHIJ", "KLMNO"


def mark(number: int, key: bytes) -> str:
    """Return four letters, "ckBM": shape and colour of the left figure, then of the right one.

    `key`: at most 64 bytes. The hash is BLAKE2b of the number in decimal, keyed, its first 8 bytes.
    """
    digest = blake2b(b"%d" % number, key=key, digest_size=8).digest()
    rest, left_shape = divmod(int.from_bytes(digest), SHAPES)
    rest, left_colour = divmod(rest, COLOURS)
    rest, right_shape = divmod(rest, SHAPES)
    right_colour = rest % COLOURS
    return (
        LEFT_SHAPE[left_shape]
        + LEFT_COLOUR[left_colour]
        + RIGHT_SHAPE[right_shape]
        + RIGHT_COLOUR[right_colour]
    )


@lru_cache(maxsize=20_000)
def mark_of(pen_id: int) -> str:
    """Return the mark of a pen on this site."""
    return mark(pen_id, blake2b(b"mark" + settings.SECRET_KEY.encode()).digest())


def words_of(letters: str) -> str:
    """Return a mark in words: "dark circle and green bar"."""
    figures = {
        "left": _figure(LEFT_SHAPE.index(letters[0]), LEFT_COLOUR.index(letters[1])),
        "right": _figure(RIGHT_SHAPE.index(letters[2]), RIGHT_COLOUR.index(letters[3])),
    }
    return _("%(left)s and %(right)s") % figures


def _figure(shape: int, colour: int) -> str:
    colours = (_("dark"), _("blue"), _("green"), _("amber"), _("violet"))
    shapes = (
        _("circle"),
        _("square"),
        _("diamond"),
        _("peak"),
        _("wedge"),
        _("plus"),
        _("bar"),
        _("post"),
        _("frame"),
        _("hourglass"),
    )
    return _("%(colour)s %(shape)s") % {"colour": colours[colour], "shape": shapes[shape]}
