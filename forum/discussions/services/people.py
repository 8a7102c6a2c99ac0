"""What is done to a member as a whole: a new name, a guest's comments claimed, a suspension."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.names import skeleton
from forum.accounts.readers import Reader
from forum.accounts.views import end_sessions
from forum.discussions import tree
from forum.discussions.models import Claim, Comment, Mention, Report, Topic, Vote
from forum.discussions.services.acts import as_text, in_transaction, log, undoable
from forum.discussions.services.deciding import refuse_scoped
from forum.discussions.services.following import claim_ties, unclaim_ties
from forum.discussions.services.reporting import take_over_reports
from forum.discussions.services.sanctions import claim_sanctions, settle_sanctions
from forum.discussions.services.telling import tell_person
from forum.discussions.services.topics import raise_versions_of
from forum.discussions.services.voting import drop_votes_on_own, give_back_votes, take_over_votes


def rename_member(*, member_id: int, name: str, by: Reader | None) -> User:
    """Give a member another name, and every topic with a comment of theirs another version.

    Raises ValidationError as User.objects.free_name does, "name-taken" also where another was
    faster. Topics are taken before the member's row.
    """
    try:
        with transaction.atomic():
            member = User.objects.get(pk=member_id)
            name = User.objects.free_name(name, but=member)
            if name == member.username:
                return member
            raise_versions_of(member)
            member.username, member.skeleton = name, skeleton(name)
            member.save(update_fields=["username", "skeleton"])
            log(by, "name", None, None, member=member)
    except IntegrityError:
        words = _("A member has this name, or one that looks the same.")
        raise ValidationError(words, "name-taken") from None
    return member


# ------------------------------------------------------------------------------------------ claims


def claim_pen(*, pen_id: int, by: Reader) -> int:
    """Make the comments of a guest's pen those of the member `by`; return how many there were.

    What each was before is kept for a day, in which `unclaim` gives them back, and the guest's votes
    with them. Reports become the member's for good; what staff decided about the guest holds for the member.
    Raises ValidationError: nothing-to-claim, pen-closed.
    """
    member, now = _member(by), timezone.now()
    votes, reports = Vote.objects.filter(pen_id=pen_id), Report.objects.filter(pen_id=pen_id)

    def write() -> int:
        rows = _locked(Comment.objects.filter(pen_id=pen_id))
        if not rows and not votes.exists() and not reports.exists():
            raise ValidationError(
                _("This browser has no comments to take over."), "nothing-to-claim"
            )
        claim_sanctions(pen=Pen.objects.get(pk=pen_id), member=member)
        Claim.objects.bulk_create(
            Claim(
                comment_id=one.pk, member=member, pen_id=pen_id, author_name=one.author_name, at=now
            )
            for one in rows
        )
        changes = {"member": member, "pen": None, "author_name": ""}
        Comment.objects.filter(pk__in=[one.pk for one in rows]).update(**changes)
        told = Mention.objects.filter(member=member).values("comment_id")
        Mention.objects.filter(pen_id=pen_id).exclude(comment_id__in=told).update(member=member)
        claim_ties(pen_id=pen_id, member=member, at=now)
        for one in rows:
            log(by, "claim", one, one.thread.topic_id)
        _raise_versions(rows)
        return len(rows)

    count = in_transaction(write)
    # Their comments are others', whose threads may not be asked for while these are held.
    take_over_votes(pen_id=pen_id, member=member, at=now)
    drop_votes_on_own(member)
    take_over_reports(pen_id=pen_id, member=member)
    return count


def unclaim(*, by: Reader) -> int:
    """Give claimed comments of the last day back to their pens, and the votes that came with them;
    return how many comments. None: 0.

    A vote that the claim took back, as both had voted or it was on the member's own, does not come again.
    """
    member = _member(by)
    claimed = Claim.objects.that_can_be_undone(member)
    for pen_id, at in set(claimed.values_list("pen_id", "at")):
        give_back_votes(pen_id=pen_id, member=member, at=at)

    def write() -> int:
        claims = {one.comment_id: one for one in Claim.objects.that_can_be_undone(member)}
        rows = _locked(Comment.objects.filter(pk__in=claims, member=member))
        for one in rows:
            claim = claims[one.pk]
            changes = {"member": None, "pen": claim.pen_id, "author_name": claim.author_name}
            Comment.objects.filter(pk=one.pk).update(**changes)
            log(by, "unclaim", one, one.thread.topic_id)
        pens = {claim.pen_id for claim in claims.values()}
        Mention.objects.filter(pen__in=pens, member=member).update(member=None)
        unclaim_ties(member=member, moments={claim.at for claim in claims.values()})
        Claim.objects.filter(pk__in=[claim.pk for claim in claims.values()]).delete()
        _raise_versions(rows)
        return len(rows)

    return in_transaction(write)


def forget_claims() -> str:
    """Settle the claims whose day is over; a pen that has no comment left goes with its name."""
    with transaction.atomic():
        old = Claim.objects.settled()
        pens = set(old.values_list("pen_id", flat=True))
        for pen_id, member in {
            one.pen_id: one.member for one in old.select_related("member")
        }.items():
            settle_sanctions(pen_id=pen_id, member=member)
        count, _by_model = old.delete()
        forget_pens(pens)
    return f"claims that can no longer be undone: {count:,} settled"


def forget_pens(pen_ids: Iterable[int]) -> None:
    """Delete these pens unless a comment, a vote, a report, or a claim that can be undone, is still theirs."""
    free = set(pen_ids)
    models: list[Any] = [Report, Vote, Comment, Claim]
    for model in models:  # one after the other: nested, SQLite gives up
        free -= set(model.objects.filter(pen__in=free).values_list("pen_id", flat=True))
    pens = Pen.objects.filter(pk__in=free)
    Mention.objects.filter(pen__in=free, member__isnull=False).update(pen=None)  # now the member's
    pens.delete()


def _member(by: Reader) -> User:
    if by.user is None:
        raise ValidationError(_("Only a member can do that."), "not-yours")
    return by.user


def _locked(chosen: Any) -> list[Comment]:
    """Return these comments with their threads locked, then themselves. Raises tree.Moved."""
    tree.lock(*chosen.order_by().values_list("thread_id", flat=True))
    rows = chosen.select_for_update(no_key=True, of=("self",)).select_related("thread")
    return list(rows.order_by("pk"))


def _raise_versions(rows: list[Comment]) -> None:
    """Raise the versions of the topics of these comments, ascending: what a transaction ends with."""
    for topic_id in sorted({one.thread.topic_id for one in rows}):
        Topic.objects.filter(pk=topic_id).update(version=F("version") + 1)


# -------------------------------------------------------------------------------------- suspensions


def member_seen(member: User) -> str:
    """Return what names how an account stands, for the form that decides about it."""
    moments = f"{as_text(member.suspended_until)}/{as_text(member.leaves_at)}"
    return f"{member.username}/{member.is_active}/{moments}"


def refuse_member_unseen(member: User, seen: str) -> None:
    """Raise ValidationError "changed-meanwhile" if the account does not stand as it was seen."""
    if seen and seen != member_seen(member):
        raise ValidationError(_("This account was changed meanwhile."), "changed-meanwhile")


def is_out_of_reach(member: User, by: Reader | None) -> bool:
    """Return True for whom nobody suspends or erases: superusers, oneself, the former member."""
    is_self = bool(by and by.user and by.user.pk == member.pk)
    return member.is_superuser or member.is_nobody or is_self


def suspend(
    *,
    member_id: int,
    by: Reader | None,
    until: datetime | None = None,
    reason: str = "",
    seen: str = "",
    is_ban: bool = False,
) -> User:
    """Close a member's account: signed out everywhere, profile withheld, nothing can be written.

    `until` None: until `reinstate`; `seen`: the account as staff saw it (`member_seen`); `is_ban`
    is what it is called. Raises ValidationError: reason-missing, until-past, not-allowed
    (`is_out_of_reach`), out-of-scope, changed-meanwhile.
    """
    refuse_scoped(by)
    if not reason.strip():
        raise ValidationError(_("A suspension needs a reason."), "reason-missing")
    if until and until <= timezone.now():
        raise ValidationError(_("This moment is over already."), "until-past")
    with transaction.atomic():
        member = _locked_member(member_id)
        if is_out_of_reach(member, by):
            raise ValidationError(_("This account cannot be suspended."), "not-allowed")
        refuse_member_unseen(member, seen)
        close_account(member, until)
        event = log(by, "ban" if is_ban else "suspend", None, None, member=member, reason=reason)
        undoable(event, until=as_text(until))
        tell_person(Reader(user=member), "closed", reason=reason, until=until)
    return member


def reinstate(*, member_id: int, by: Reader | None, seen: str = "") -> User:
    """Open a suspended account again; `seen` as in `suspend`.

    Raises ValidationError: wrong-state if it is open, changed-meanwhile, out-of-scope.
    """
    refuse_scoped(by)
    with transaction.atomic():
        member = _locked_member(member_id)
        refuse_member_unseen(member, seen)
        if member.is_active or member.is_nobody:
            raise ValidationError(_("This account is not suspended."), "wrong-state")
        before = member.suspended_until
        member.is_active, member.suspended_until = True, None
        member.save(update_fields=["is_active", "suspended_until"])
        event = log(by, "reinstate", None, None, member=member)
        if by:
            undoable(event, until=as_text(before))
            tell_person(Reader(user=member), "opened")
    return member


def close_account(member: User, until: datetime | None = None) -> None:
    """Let the member do nothing any more and sign them out everywhere; their row is locked."""
    member.is_active, member.suspended_until = False, until
    member.save(update_fields=["is_active", "suspended_until"])
    end_sessions(UserSession.objects.filter(user=member))


def _locked_member(member_id: int) -> User:
    """Return the member's row under its lock, their topics raised before: topics come first."""
    raise_versions_of(User.objects.get(pk=member_id))
    return User.objects.select_for_update(no_key=True).get(pk=member_id)


def end_suspensions() -> str:
    """Open the accounts whose suspension is over; return what was done, in words."""
    over = User.objects.filter(is_active=False, suspended_until__lte=timezone.now())
    ids = list(over.values_list("pk", flat=True))
    for member_id in ids:
        reinstate(member_id=member_id, by=None)
    return f"suspensions that are over: {len(ids):,} ended"
