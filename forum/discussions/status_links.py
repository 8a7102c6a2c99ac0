"""The address of the page that says what was decided about a comment; a guest's works without the pen."""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from forum.accounts.models import Pen
from forum.accounts.readers import Reader
from forum.discussions.models import Comment

LINK_DAYS = 365
_SALT = "foyer.status"


def link_of(comment: Comment) -> str:
    """Return the path of the page: of a guest's comment the private one, else its author's own."""
    if not comment.pen_id:
        return reverse("status", args=[comment.pk])
    return reverse("status_link", args=[signing.dumps([comment.pk, comment.pen_id], salt=_SALT)])


def reader_with(token: str) -> tuple[int, Reader] | None:
    """Return the comment and the guest of a private link; None if it is none."""
    try:
        comment_id, pen_id = signing.loads(token, salt=_SALT, max_age=timedelta(days=LINK_DAYS))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    pen = Pen.objects.filter(pk=pen_id).first()
    return (int(comment_id), Reader(pen=pen)) if pen else None
