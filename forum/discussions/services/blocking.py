"""Blocks of networks, mail domains and names: made and lifted by staff, for the whole site."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts import blocks
from forum.accounts.models import Block
from forum.accounts.readers import Reader
from forum.discussions.models import Breach, Comment, CommentText
from forum.discussions.services.acts import log, undoable
from forum.discussions.services.deciding import refuse_scoped


def block(*, kind: str, value: str, until: datetime, reason: str, by: Reader) -> Block:
    """Let a network (its key), a mail domain or a pattern of names take no part until a moment.

    Raises ValidationError: reason-missing, until-past, until-far, block-twice, block-many,
    out-of-scope.
    """
    refuse_scoped(by)
    if reason not in Breach.values:
        raise ValidationError(_("Please choose a reason."), "reason-missing")
    if until <= timezone.now():
        raise ValidationError(_("This moment is over already."), "until-past")
    if until > blocks.last_moment(kind):
        raise ValidationError(_("That is too long for a block."), "until-far")
    with transaction.atomic():
        in_force = Block.objects.in_force()
        if in_force.filter(kind=kind, value=value).exists():
            raise ValidationError(_("This is blocked already."), "block-twice")
        if in_force.count() >= blocks.IN_FORCE:
            raise ValidationError(_("There are too many blocks. Lift some first."), "block-many")
        made = Block.objects.create(
            kind=kind, value=value, until=until, reason=reason, made_by=by.user
        )
        event = log(by, "block", None, None, after=kind, reason=reason)
        undoable(event, block=made.pk)
    return made


def unblock(*, block_id: int, by: Reader) -> Block:
    """Lift a block. Raises Block.DoesNotExist; ValidationError: wrong-state, out-of-scope."""
    refuse_scoped(by)
    with transaction.atomic():
        found = Block.objects.select_for_update(no_key=True).get(pk=block_id)
        if not found.is_in_force:
            raise ValidationError(_("This block is over already."), "wrong-state")
        found.lifted_at = timezone.now()
        found.save(update_fields=["lifted_at"])
        event = log(by, "unblock", None, None, after=found.kind)
        undoable(event, block=found.pk)
    return found


def network_of(person: Reader) -> str:
    """Return the key of the network from which a person wrote last; "" once it is forgotten."""
    theirs = Comment.objects.by(person).order_by()
    rows = CommentText.objects.exclude(network_key="").filter(comment__in=theirs.values("pk"))
    return rows.order_by("-pk").values_list("network_key", flat=True).first() or ""
