"""What a text becomes when it is saved: its HTML, and whom it names."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from django.db import IntegrityError

from forum import markup
from forum.discussions.models import Comment, CommentText, Mention
from forum.discussions.names import Person, people_meant
from forum.discussions.services.acts import in_transaction
from forum.discussions.titles import titles_in

MOST_TOLD = 10  # people that one comment can call
T = TypeVar("T")


class Worded(NamedTuple):
    """A text as it is shown, and the people that its marked names mean, in order."""

    html: str
    people: list[Person]


def worded(body: str, topic_id: int, body_format: str = CommentText.Format.MARKDOWN) -> Worded:
    """Return what the text becomes in this talk.

    No query for a text without a "@" and without an address of this site. A "@" takes one that looks
    through the talk: outside of locks.
    """
    if body_format != CommentText.Format.MARKDOWN:
        return Worded(markup.render(body, body_format), [])
    meant = people_meant(body, topic_id)
    html = markup.render(body, body_format, names=meant, titles=titles_in(body))
    named = [person for name in markup.mentioned(html) for person in meant.get(name, [])]
    return Worded(html, list(dict.fromkeys(named))[:MOST_TOLD])


def worded_again(body: str, body_format: str, earlier_html: str) -> str:
    """Return the HTML of a text that was shown before: the names that were marked still are."""
    if body_format != CommentText.Format.MARKDOWN:
        return markup.render(body, body_format)
    names, titles = markup.mentioned(earlier_html), titles_in(body)
    return markup.render(body, body_format, names=names, titles=titles)


def tell(comment: Comment, people: Iterable[Person], *, is_new: bool = False) -> None:
    """Store whom a comment names, in the transaction that writes it; who was named before and is
    not now is forgotten. Nobody names themselves.
    """
    named = {
        person
        for person in people
        if person not in (Person(comment.member_id, None), Person(None, comment.pen_id))
    }
    if not is_new:
        for row in Mention.objects.filter(comment=comment):
            mine = named & {Person(row.member_id, None), Person(None, row.pen_id)}
            named -= mine
            if not mine:
                row.delete()
    if named:
        rows = [
            Mention(comment=comment, member_id=one.member_id, pen_id=one.pen_id)
            for one in sorted(named, key=lambda one: (one.member_id or 0, one.pen_id or 0))
        ]
        Mention.objects.bulk_create(rows)
        if not is_new:  # who is named by an edit is told too; who was told before is not again
            CommentText.objects.filter(pk=comment.pk).update(is_news=comment.is_public)


def in_transaction_naming(people: list[Person], write: Callable[[], T]) -> T:
    """Run `write` as in_transaction does; once more, naming nobody, where one of those named was
    erased since they were looked up: a text is not lost for that.
    """
    try:
        return in_transaction(write)
    except IntegrityError:
        if not people:
            raise
        people.clear()
        return in_transaction(write)
