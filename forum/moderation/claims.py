"""Taking a comment up for ten minutes: others see who has it, and are told before they decide."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from forum.accounts.readers import Reader
from forum.moderation.models import CLAIM_LASTS, Claim


def take(*, comment_id: int, by: Reader) -> Claim:
    """Take a comment up for CLAIM_LASTS, or for as long again; return the claim on it, which is another's
    if somebody of the staff has it already.
    """
    assert by.user is not None
    now = timezone.now()
    times = {"since": now, "until": now + CLAIM_LASTS}
    with transaction.atomic():
        free = Claim.objects.filter(comment_id=comment_id).filter(
            Q(until__lte=now) | Q(member=by.user)
        )
        if not free.update(member=by.user, **times):
            made = Claim(comment_id=comment_id, member=by.user, **times)
            Claim.objects.bulk_create([made], ignore_conflicts=True)
        return Claim.objects.select_related("member").get(comment_id=comment_id)


def release(*, comment_id: int) -> None:
    """Let a comment go: it is decided."""
    Claim.objects.filter(comment_id=comment_id).delete()


def of_others(comment_ids: Iterable[int], reader: Reader) -> dict[int, Claim]:
    """Return {comment: the claim of somebody else} of these; one query."""
    rows = Claim.objects.live().of_others(reader).filter(comment_id__in=list(comment_ids))
    return {one.comment_id: one for one in rows.select_related("member")}


def forget_claims() -> str:
    """Delete the claims that are over; return what was done, in words."""
    count, _by_model = Claim.objects.filter(until__lte=timezone.now()).delete()
    return f"claims on comments that are over: {count:,} deleted"
