"""Comments by their words, newest first or the likeliest first."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import page as talk_page
from forum.discussions.models import Comment, CommentText
from forum.discussions.muted import NOTHING, Muted
from forum.index import finding, folding
from forum.index.language import Asked
from forum.index.tables import COMMENT, KEY_IDS
from forum.search import context, narrowing
from forum.search.narrowing import Question
from forum.search.places import place, token
from forum.search.titles import NEWEST, Found

CONSIDERED = 300  # of the latest that have the words; these are ranked
USUAL_WORDS = 60  # of a comment; a longer one must say a word more often to rank as high
_SATURATION, _LENGTH = 1.2, 0.75  # k1 and b of BM25 (Robertson and Zaragoza 2009)


@dataclass(frozen=True)
class Hit:
    """A comment that was found. context: (words, whether they were asked for) in order; is_muted: by
    who looks.
    """

    comment: Comment
    number: str
    context: list[tuple[str, bool]]
    is_muted: bool


def comments(
    question: Question,
    *,
    most: int,
    sort: str = NEWEST,
    after: str = "",
    topic_id: int | None = None,
    what_is_muted: Muted = NOTHING,
) -> Found:
    """Return Hits among the comments whose text the reader may see, in one talk if `topic_id` is given.

    Without a word only of an author, a film or a talk. Raises TooMuch.
    """
    asked, reader = question.asked, question.reader
    is_narrow = bool(asked.author or asked.film or topic_id)
    if not asked.terms and not (is_narrow and not asked.without):
        return Found()
    are_few = question.means_few_comments(most + 1 if sort == NEWEST else CONSIDERED)
    rows = narrowing.comments(Comment.objects.visible_to(reader), question, are_few=are_few)
    if topic_id:
        rows = rows.filter(thread__topic=topic_id)
    with _patience(asked, is_narrow):
        keys, more = _keys(asked, rows, most, sort, after, is_narrow or are_few)
    return Found(_hits(asked, reader, keys, what_is_muted), more)


def _patience(asked: Asked, is_narrow: bool) -> AbstractContextManager[None]:
    """Return the limit of time for what may look at many rows; whole words alone never do."""
    is_plain = not asked.without and all(
        len(term.words) == 1 and not term.begins for term in asked.terms
    )
    narrow = is_narrow or asked.years or asked.category
    return nullcontext() if is_plain and not narrow else finding.in_time()


def _keys(
    asked: Asked, rows: Any, most: int, sort: str, after: str, is_narrow: bool
) -> tuple[list[int], str]:
    """Return the keys of a page of `rows`, and the token of the next."""
    least, below = narrowing.keys_between(asked)
    words = finding.expression(COMMENT, asked)
    look = partial(finding.keys, COMMENT, words, rows, least=least, is_narrow=is_narrow)
    if sort == NEWEST or not words:
        at = place(after, "i")
        below = min(below, at[0]) if at else below
        some: dict[str, Any] = {"below": below, "most": most + 1}
        keys = look(**some) if words else _without_words(rows, least, **some)
        return keys[:most], token([keys[most - 1]]) if len(keys) > most else ""
    keys = look(below=below, most=CONSIDERED)
    texts = CommentText.objects.filter(pk__in=[key % KEY_IDS for key in keys])
    said = dict(texts.values_list("search_key", "words"))
    ranked = sorted((-score(asked, said[key]), -key) for key in keys if key in said)
    at = place(after, "ii")
    shown = [one for one in ranked if at is None or one > at][: most + 1]
    more = token(shown[most - 1]) if len(shown) > most else ""
    return [-key for _score, key in shown[:most]], more


def _without_words(rows: Any, least: int, *, below: int, most: int) -> list[int]:
    keys = rows.filter(text__search_key__gte=least, text__search_key__lt=below)
    keys = keys.order_by("-text__search_key").values_list("text__search_key", flat=True)
    return list(keys[:most])


def score(asked: Asked, said: str) -> int:
    """Return how well the words of a comment answer, in thousandths.

    BM25 without the rarity of words, as each has all of them; words that were asked for one after
    the other and stand so count once more.
    """
    words = said.split()
    long = 1 - _LENGTH + _LENGTH * len(words) / USUAL_WORDS
    total = 0.0
    wanted = [(folding.stem(word), term.begins) for term in asked.terms for word in term.words]
    for word, begins in wanted:
        times = sum(one.startswith(word) for one in words) if begins else words.count(word)
        total += times * (_SATURATION + 1) / (times + _SATURATION * long)
    line = f" {said} "
    for (one, _begins), (other, _goes_on) in pairwise(wanted):
        total += f" {one} {other} " in line
    return round(total * 1000)


def _hits(asked: Asked, reader: Reader, keys: Sequence[int], what_is_muted: Muted) -> list[Hit]:
    """Return the comments of these keys, in their order; two queries."""
    ids = [key % KEY_IDS for key in keys]
    if not ids:
        return []
    rows = Comment.objects.visible_to(reader).with_text().defer("text__body", "text__words")
    found = {one.pk: one for one in rows.filter(pk__in=ids)}
    numbers = talk_page.numbers_of(list(found))
    return [
        Hit(
            found[pk],
            numbers[pk],
            context.around(markup.open_words(found[pk].text.body_html), asked),
            what_is_muted.hides(found[pk]),
        )
        for pk in ids
        if pk in found
    ]
