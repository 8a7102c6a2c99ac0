"""A guest lets go of a pen: its secret ends, and with it what it wrote, or its address, as they choose."""

import secrets

from django.db import transaction

from forum.accounts.models import Pen
from forum.accounts.readers import Reader, hash_secret
from forum.discussions.models import Comment
from forum.discussions.services.acts import log
from forum.discussions.services.people import forget_pens
from forum.discussions.services.reporting import forget_reports
from forum.discussions.services.states import erase_comment
from forum.discussions.services.voting import forget_votes
from forum.worker.letters import forget


def forget_guest(*, pen: Pen, erase: bool = False, forget_address: bool = False) -> int:
    """End a pen's secret, and what it muted; return how many of its comments were erased.

    Kept comments stay under their name and mark, and by a confirmed address the pen can come back
    (accounts/recovery.py). `erase`: text and name of each go for good, then the pen and its address.
    The secret ends first: being cut short leaves a pen that nobody has, and less of it.
    """
    by = Reader(pen=pen)
    with transaction.atomic():
        changes = {"secret_hash": hash_secret(secrets.token_urlsafe(32)), "muted": ""}
        Pen.objects.filter(pk=pen.pk).update(**changes)
        if erase or forget_address:
            _forget_address(pen)
        log(by, "forget", None, None)
    if not erase:
        return 0
    theirs = Comment.objects.filter(pen=pen).order_by("pk")
    ids = list(theirs.values_list("pk", flat=True))
    for comment_id in ids:
        erase_comment(comment_id=comment_id, by=by)
    forget_votes(by=by)
    forget_reports(by=by)
    with transaction.atomic():
        forget_pens([pen.pk])
        Pen.objects.filter(pk=pen.pk).update(name="-")  # a claim of the last day keeps its row
    return len(ids)


def _forget_address(pen: Pen) -> None:
    if pen.email:
        forget(pen.email)
    Pen.objects.filter(pk=pen.pk).update(email="", email_asked_at=None, email_confirmed_at=None)
