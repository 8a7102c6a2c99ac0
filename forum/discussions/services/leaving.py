"""A member goes: a day to think again, then nothing of the person is left (docs/decisions/0053)."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from forum.accounts.models import KeptName, Pen, User
from forum.accounts.names import skeleton
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import Claim, Comment, CommentText, State
from forum.discussions.services.acts import in_transaction, log
from forum.discussions.services.deciding import refuse_scoped
from forum.discussions.services.people import (
    close_account,
    forget_pens,
    is_out_of_reach,
    refuse_member_unseen,
)
from forum.discussions.services.reporting import forget_reports
from forum.discussions.services.states import erase_comment
from forum.discussions.services.voting import forget_votes
from forum.worker.letters import forget

RETURN_WINDOW = timedelta(hours=24)
NAME_KEPT = timedelta(days=180)  # so long nobody else takes the name


def leave(*, member_id: int, how: str, by: Reader) -> User:
    """A member asks to be erased in 24 hours; until then `stay` takes it back.

    Raises ValidationError: how-unknown, last-superuser.
    """
    if how not in User.Leaving.values:
        raise ValidationError(_("Please choose what becomes of your comments."), "how-unknown")
    with transaction.atomic():
        member = User.objects.select_for_update().get(pk=member_id)
        if member.is_superuser:
            words = _("An administrator cannot leave. Let another one take your rights first.")
            raise ValidationError(words, "last-superuser")
        member.leaves_at, member.leaves_how = timezone.now() + RETURN_WINDOW, how
        member.save(update_fields=["leaves_at", "leaves_how"])
        log(by, "leave", None, None, member=member)
    return member


def stay(*, member_id: int, by: Reader) -> None:
    """Take back what `leave` asked for."""
    with transaction.atomic():
        rows = User.objects.filter(pk=member_id, leaves_at__isnull=False)
        if rows.update(leaves_at=None, leaves_how=""):
            log(by, "stay", None, None, member=User.objects.get(pk=member_id))


def erase_leavers() -> str:
    """Erase the members whose 24 hours are over; return what was done, in words."""
    due = User.objects.filter(leaves_at__lte=timezone.now(), is_superuser=False).order_by("pk")
    ids = list(due.values_list("pk", flat=True))
    for member_id in ids:
        erase_member(member_id=member_id, by=None)
    return f"members who left: {len(ids):,} erased"


def erase_member(*, member_id: int, by: Reader | None, how: str = "", seen: str = "") -> None:
    """Take everything of a person out of the site. `how`: User.Leaving, else what they chose.

    The account is closed first, so that nothing is written meanwhile. Then comment by comment, each
    with its counts and versions, so that being cut short leaves a member of whom less is left; doing
    it again finishes. The row of the member goes last. `seen` is `member_seen`. Raises
    ValidationError: not-allowed (`is_out_of_reach`), changed-meanwhile, out-of-scope.
    """
    refuse_scoped(by)
    with transaction.atomic():
        member = User.objects.select_for_update(no_key=True).get(pk=member_id)
        if is_out_of_reach(member, by):
            raise ValidationError(_("This account cannot be erased."), "not-allowed")
        refuse_member_unseen(member, seen)
        close_account(member)
    keeps = (how or member.leaves_how) == User.Leaving.KEEP
    theirs = Comment.objects.filter(member=member).order_by("pk")
    for pk, state in list(theirs.values_list("pk", "state")):
        if keeps and state == State.PUBLIC:
            _make_nameless(pk, by)
        else:
            erase_comment(comment_id=pk, by=by)
    forget_votes(by=Reader(user=member))
    forget_reports(by=Reader(user=member))
    for pen in Pen.objects.filter(pk__in=Claim.objects.filter(member=member).values("pen_id")):
        forget_votes(by=Reader(pen=pen))
        forget_reports(by=Reader(pen=pen))
    with transaction.atomic():
        _erase_account(User.objects.select_for_update().get(pk=member_id))
        log(by, "erase-member", None, None, member=member)


def _make_nameless(comment_id: int, by: Reader | None) -> None:
    nobody = former_member()

    def write() -> None:
        tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        Comment.objects.filter(pk=comment_id).update(member=nobody)
        changes = {"author_url": "", "network_key": "", "submission": None}
        CommentText.objects.filter(pk=comment_id).update(**changes)
        log(by, "nameless", comment, comment.thread.topic_id)
        tree.recount_topics(comment.thread.topic_id)

    in_transaction(write)


def former_member() -> User:
    """Return the one account that nobody has: under it stand the comments kept without a name."""
    with translation.override(settings.LANGUAGE_CODE):
        name = shown = _("former member")
    for number in range(2, 100):  # a member may have had the name before it was kept
        if not User.objects.named_like(shown).filter(is_nobody=False).exists():
            break
        shown = f"{name} {number}"
    made, _is_new = User.objects.get_or_create(
        is_nobody=True,
        defaults={
            "username": shown,
            "skeleton": skeleton(shown),
            "is_active": False,
            "password": "!",
        },
    )
    return made


def _erase_account(member: User) -> None:
    """Delete the account and what lies about it; its name is kept from others, as a hash."""
    claims = Claim.objects.filter(member=member)
    pens = set(claims.values_list("pen_id", flat=True))
    addresses = {member.email}
    addresses |= set(EmailAddress.objects.filter(user=member).values_list("email", flat=True))
    addresses |= set(Pen.objects.filter(pk__in=pens).values_list("email", flat=True))
    for address in addresses - {""}:
        forget(address)
    claims.delete()
    forget_pens(pens)
    # What staff did stays told; by whom, and the name of whom it concerned, does not.
    LogEntry.objects.filter(user=member).update(user=former_member())
    kind = ContentType.objects.get_for_model(User)
    about = LogEntry.objects.filter(content_type=kind, object_id=str(member.pk))
    about.update(object_repr="", change_message="")
    KeptName.objects.update_or_create(
        name_hash=KeptName.hash_of(member.username),
        defaults={"until": timezone.now() + NAME_KEPT},
    )
    member.delete()  # addresses, factors and sessions go with it


def forget_kept_names() -> str:
    """Let names be free again whose time is over; return what was done, in words."""
    count, _by_model = KeptName.objects.filter(until__lt=timezone.now()).delete()
    return f"names of members who left: {count:,} free again"
