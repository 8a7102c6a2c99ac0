"""Reports: one a person and comment, settled by the decision about it, in that decision's transaction.

Who reported is written in the report alone. The event of a report names nobody, as moderators read
events of comments, their own too; and the author of the comment never learns it.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import (
    REPORT_CHARS,
    UNDELETE_WINDOW,
    Comment,
    Report,
    State,
    Thread,
    voter,
)
from forum.discussions.services.acts import in_transaction, log, refuse_closed
from forum.discussions.services.settling import VOID
from forum.discussions.services.states import was_public
from forum.discussions.services.waiting import keep_due

CONTACT_KEPT = timedelta(days=180)  # after the decision; so long it may be asked about


@dataclass(frozen=True)
class Reported:
    """What reporting gave: this person's report of the comment, and whether it is new."""

    report: Report
    is_new: bool


def report_comment(
    *,
    comment_id: int,
    by: Reader,
    reason: str,
    words: str = "",
    contact: str = "",
    in_good_faith: bool = False,
    of_children: bool = False,
    pen: Pen | None = None,
) -> Reported:
    """Report a comment that `by` can read; a second time gives the first report, unchanged.

    What may be unlawful needs words why, an address to answer to (unless it shows the abuse of
    children: `of_children`) and good faith. `pen`: the browser's, which a member may have written with.
    Raises ValidationError: reason-unknown, words-missing, words-long, contact-missing, contact-wrong,
    faith-missing; comment-gone, not-public, own-comment, account-closed, pen-closed, moved.
    """
    words, contact = words.replace("\x00", " ").strip(), contact.strip()
    refuse_words(reason, words, contact, in_good_faith, of_children)

    def write() -> Reported:
        comment = _take(comment_id)
        topic_id = refuse_report(comment, by, pen)
        assert comment is not None
        first = Report.objects.filter(comment=comment, **voter(by)).first()
        if first:
            return Reported(first, is_new=False)
        report = Report.objects.create(
            comment=comment,
            reason=reason,
            words=words,
            contact=contact if reason == Report.Reason.UNLAWFUL else "",
            **voter(by),
        )
        log(None, "report", comment, topic_id, reason=reason)
        keep_due(comment)
        return Reported(report, is_new=True)

    return in_transaction(write)


def take_back_report(*, comment_id: int, by: Reader) -> bool:
    """Delete the report of this member or pen while nobody has decided about it; return False if there
    is none, as after a second press. It may be made again.

    A comment that was held meanwhile stays held. Raises ValidationError: report-decided, moved.
    """

    def write() -> bool:
        comment = _take(comment_id)
        report = Report.objects.by(by).filter(comment=comment_id).first()
        if comment is None or report is None:
            return False
        if report.settled_at:
            words = _(
                "A moderator has decided about it already, so it cannot be taken back any more."
            )
            raise ValidationError(words, "report-decided")
        report.delete()
        log(None, "report-back", comment, comment.thread.topic_id, reason=report.reason)
        keep_due(comment)
        return True

    return in_transaction(write)


def _take(comment_id: int) -> Comment | None:
    """Return the comment as it is, its thread locked: who decides about it waits, or was faster."""
    try:
        tree.lock_thread_of(comment_id)
    except Comment.DoesNotExist:
        return None
    return Comment.objects.filter(pk=comment_id).first()


REPORT_WORDS = ("reason", "words", "contact", "in_good_faith", "of_children")


def refuse_words(
    reason: str, words: str, contact: str, in_good_faith: bool, of_children: bool
) -> None:
    """Raise ValidationError for a report that lacks something; codes as in `report_comment`."""
    if reason not in Report.Reason.values:
        raise ValidationError(_("Please choose what it is about."), "reason-unknown")
    if len(words) > REPORT_CHARS:
        text = _("At most %(most)s characters, please; these are %(length)s.")
        given = {"most": f"{REPORT_CHARS:,}", "length": f"{len(words):,}"}
        raise ValidationError(text, "words-long", given)
    if reason == Report.Reason.OTHER and not words.strip():
        raise ValidationError(_("Please say in a few words what it is."), "words-missing")
    if reason == Report.Reason.UNLAWFUL:
        _refuse_bare(words.strip(), contact, in_good_faith, of_children)


def _refuse_bare(words: str, contact: str, in_good_faith: bool, of_children: bool) -> None:
    """Refuse what the law (EU 2022/2065, article 16) wants to have said and is not."""
    if not words:
        text = _("Please say why it may be against the law, and which law you think of.")
        raise ValidationError(text, "words-missing")
    if contact:
        try:
            validate_email(contact)
        except ValidationError:
            text = _("An address looks like nils@example.org.")
            raise ValidationError(text, "contact-wrong") from None
    elif not of_children:
        text = _("Please leave an e-mail address, so that we can tell you what we decided.")
        raise ValidationError(text, "contact-missing")
    if not in_good_faith:
        text = _("Please tick that you believe what you say to be true and complete.")
        raise ValidationError(text, "faith-missing")


def refuse_report(comment: Comment | None, by: Reader, pen: Pen | None = None) -> int:
    """Return the comment's topic if `by` may report it; the one home of that rule. Else raise."""
    gone = ValidationError(_("There is no such comment."), "comment-gone")
    if comment is None:
        raise gone
    topic = Thread.objects.select_related("topic").get(pk=comment.thread_id).topic
    if topic.hidden_at and not by.is_staff:
        raise gone
    if not Comment.objects.visible_to(by).filter(pk=comment.pk).exists():
        if comment.state == State.PURGED or not was_public(comment.pk):
            raise gone
        raise ValidationError(_("This comment is not shown any more."), "not-public")
    if not comment.is_public:
        raise ValidationError(_("This comment is not shown to readers."), "not-public")
    if comment.is_by(by) or (pen and comment.pen_id == pen.pk):
        raise ValidationError(_("This comment is yours."), "own-comment")
    refuse_closed(by)
    return int(topic.pk)


def settle_what_is_gone() -> str:
    """Settle reports of what its author took back and can bring back no more; for settings.TICKS."""
    before, count = timezone.now() - UNDELETE_WINDOW, 0
    gone = Comment.objects.in_state(State.DELETED).filter(state_at__lt=before).order_by()
    open_ones = Report.objects.open().filter(comment__in=gone.values("pk"))
    for pk in sorted(set(open_ones.values_list("comment_id", flat=True))):
        count += in_transaction(partial(_settle_gone, pk))
    return f"comments that were reported and taken back: reports of {count:,} settled"


def _settle_gone(comment_id: int) -> int:
    comment = _take(comment_id)
    if comment is None or comment.state != State.DELETED:
        return 0
    rows = Report.objects.open().filter(comment=comment)
    return int(bool(rows.update(settled_at=timezone.now(), outcome=VOID)))


# ------------------------------------------------------------------------------- those who reported


def forget_contacts() -> str:
    """Empty the addresses in reports that were settled long ago, and the words of those who left,
    once they are settled; for settings.TICKS.
    """
    old = Report.objects.exclude(contact="").filter(settled_at__lt=timezone.now() - CONTACT_KEPT)
    count = old.update(contact="")
    Report.objects.exclude(settled_at=None).filter(member=None, pen=None).exclude(words="").update(
        words=""
    )
    return f"addresses in reports settled {CONTACT_KEPT.days} days ago: {count:,} emptied"


def forget_reports(*, by: Reader) -> None:
    """Take a person who goes out of what they reported: what is settled goes; what is open stays to be
    decided, without them and their address, and loses its words then.
    """
    mine = Report.objects.filter(**voter(by))
    mine.exclude(settled_at=None).delete()
    mine.update(member=None, pen=None, contact="")


def take_over_reports(*, pen_id: int, member: User) -> None:
    """Make a guest's reports the member's; where both reported the member's stays, and none is left of
    a comment of the member's own.
    """
    theirs = Report.objects.filter(member=member)
    rows = Report.objects.filter(pen=pen_id)
    double = Q(comment__member=member) | Q(comment__in=theirs.values("comment_id"))
    ids = set(rows.filter(double).values_list("pk", flat=True))
    ids |= set(theirs.filter(comment__member=member).values_list("pk", flat=True))
    for comment_id in sorted(
        set(Report.objects.filter(pk__in=ids).values_list("comment_id", flat=True))
    ):
        in_transaction(partial(_drop, comment_id, ids))
    rows.update(member=member, pen=None)


def _drop(comment_id: int, report_ids: set[int]) -> None:
    comment = _take(comment_id)
    if comment:
        Report.objects.filter(pk__in=report_ids, comment=comment).delete()
        keep_due(comment)
