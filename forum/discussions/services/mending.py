"""What staff change in a comment's words: a part taken out, or the text edited, with a mark."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from forum.accounts.readers import Reader
from forum.discussions.models import Comment, CommentText, HeldEdit, Revision, State
from forum.discussions.services.acts import as_text, change_topic, in_transaction, log, undoable
from forum.discussions.services.deciding import refuse_decision
from forum.discussions.services.editing import change_text, refuse_other_text, take_comment
from forum.discussions.services.posting import check_body
from forum.discussions.services.settling import settle, tell_author_inside, tell_reporters
from forum.discussions.services.wording import tell, worded

SHORTEST_PART = 2  # characters; one would take a letter out of every word


def redact_comment(*, comment_id: int, by: Reader, part: str, base: str) -> Comment:
    """Staff: put a mark in place of `part` wherever the text, as it was typed, has it.

    The earlier text, and every one before it that has the part, is then for senior staff alone.
    Raises ValidationError: part-missing, changed-meanwhile, edit-waits, gone-meanwhile,
    own-comment, out-of-scope.
    """
    part = part.replace("\r\n", "\n").strip()

    def write() -> Comment:
        comment = _take(comment_id, base, by)
        text = comment.text
        if len(part) < SHORTEST_PART or part not in text.body:
            raise ValidationError(_("These words do not stand in the text."), "part-missing")
        body = text.body.replace(part, _mark(text.body_format))
        _change(comment, body, by, "redact", part)
        return comment

    return in_transaction(write)


def edit_as_staff(*, comment_id: int, by: Reader, body: str, base: str) -> Comment:
    """Staff: change a comment's text, in the format it has; readers see that a moderator did.

    Raises ValidationError: body-*, same-text, changed-meanwhile, edit-waits, gone-meanwhile,
    own-comment, out-of-scope.
    """
    body = check_body(body)

    def write() -> Comment:
        comment = _take(comment_id, base, by)
        if body == comment.text.body:
            raise ValidationError(_("The text is the same as before."), "same-text")
        _change(comment, body, by, "edit-staff", "")
        return comment

    return in_transaction(write)


def _take(comment_id: int, base: str, by: Reader) -> Comment:
    comment = take_comment(comment_id)
    refuse_decision(comment, by)
    if comment.state in (State.ERASED, State.PURGED):
        raise ValidationError(_("This comment is gone."), "gone-meanwhile")
    refuse_other_text(comment, base)
    if HeldEdit.objects.filter(comment_id=comment_id).exists():
        words = _("An edit of this comment waits. Accept or drop it first.")
        raise ValidationError(words, "edit-waits")
    return comment


def _change(comment: Comment, body: str, by: Reader, verb: str, part: str) -> None:
    """Write the new text; where `part` was taken out, shut the earlier texts that have it."""
    edited, staff_edited, now = comment.edited_at, comment.staff_edited_at, timezone.now()
    body_format = comment.text.body_format
    html, people = worded(body, comment.thread.topic_id, body_format)
    earlier = change_text(comment, body, html, now, body_format)
    tell(comment, people)
    Comment.objects.filter(pk=comment.pk).update(staff_edited_at=now, newcomer_at=None)
    comment.staff_edited_at = now
    if part:
        having = Revision.objects.filter(comment=comment, redacted_at=None)
        shut = [row.pk for row in having if row.pk == earlier.pk or part in row.body]
        Revision.objects.filter(pk__in=shut).update(redacted_at=now)
    topic_id = comment.thread.topic_id
    event = log(by, verb, comment, topic_id)
    undoable(
        event,
        revision=earlier.pk,
        edited_at=as_text(edited),
        staff_edited_at=as_text(staff_edited),
        at=as_text(now),
    )
    settle(comment, event)
    if comment.is_public:
        change_topic(topic_id, 0)
    tell_reporters(event)
    tell_author_inside(comment, by)


def _mark(body_format: str) -> str:
    """Return the mark in the site's language, so written that Markdown takes it for words."""
    with override(settings.LANGUAGE_CODE):
        words = _("removed by a moderator")
    is_markdown = body_format == CommentText.Format.MARKDOWN
    return f"\\[{words}\\]" if is_markdown else f"[{words}]"
