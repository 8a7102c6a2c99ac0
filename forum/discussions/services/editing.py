"""Changing what a comment says."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import checks, notices
from forum.discussions.models import Comment, CommentText, HeldEdit, Revision, State
from forum.discussions.services.acts import Author, change_topic, log
from forum.discussions.services.posting import check_body, judge


def edit_comment(
    *, comment_id: int, by: Reader, body: str, base: str, network_key: str = ""
) -> bool:
    """Change a comment's text. Return True if it is changed, False if the edit waits for staff.

    `base` is the text version the form was opened on (`text_version`). Raises ValidationError:
    body-*, not-editable, gone-meanwhile, changed-meanwhile, or a refusing check's code.
    """
    body = check_body(body)
    html = markup.render(body, CommentText.Format.MARKDOWN)
    comment = Comment.objects.with_text().get(pk=comment_id)
    author = Author(member=comment.member, pen=comment.pen, name=comment.author_name)
    if not comment.is_by(by):
        raise ValidationError(_("Only its author can edit a comment."), "not-editable")
    verdict = judge(
        author,
        body,
        html,
        comment.thread.topic_id,
        network_key,
        is_reply=comment.parent_id is not None,
        is_edit=True,
    )
    with transaction.atomic():
        comment = _take_comment(comment_id)
        _refuse_edit(comment, by, base)
        if body == comment.text.body:
            return True
        now = timezone.now()
        if verdict.outcome != checks.PUBLIC:
            HeldEdit.objects.update_or_create(
                comment_id=comment_id,
                defaults={"body": body, "code": verdict.code, "created_at": now},
            )
            log(by, "edit-held", comment, comment.thread.topic_id, reason=verdict.code)
            return False
        _change_text(comment, body, html, now)
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        log(by, "edit", comment, comment.thread.topic_id)
        if comment.is_public:
            change_topic(comment.thread.topic_id, 0)
    return True


def text_version(comment: Comment) -> str:
    """Return what names the comment's present text, for the form that edits it."""
    return (comment.edited_at or comment.created_at).isoformat()


def _take_comment(comment_id: int) -> Comment:
    """Return the comment with its row locked, as it is now."""
    rows = Comment.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("text", "thread__topic").get(pk=comment_id)


def _refuse_edit(comment: Comment, by: Reader, base: str) -> None:
    if comment.state not in (State.PUBLIC, State.HELD):
        raise ValidationError(
            _("This comment was taken away while you were editing. Your text is still below."),
            "gone-meanwhile",
        )
    if not comment.is_editable_by(by):
        raise ValidationError(_("The time for editing this comment is over."), "not-editable")
    if base != text_version(comment):
        raise ValidationError(
            _("This comment was changed in another window meanwhile. Both texts are below."),
            "changed-meanwhile",
        )


def _change_text(comment: Comment, body: str, html: str, now: datetime) -> None:
    text = comment.text
    Revision.objects.create(
        comment=comment,
        body=text.body,
        body_format=text.body_format,
        body_html=text.body_html,
        was_public=comment.is_public,
        replaced_at=now,
    )
    text.body, text.body_format = body, CommentText.Format.MARKDOWN
    text.body_html, text.html_version = html, markup.HTML_VERSION
    text.save(update_fields=["body", "body_format", "body_html", "html_version"])
    Comment.objects.filter(pk=comment.pk).update(edited_at=now)


def decide_edit(*, comment_id: int, by: Reader, accept: bool) -> None:
    """Staff: apply or drop the edit that waits. Raises ValidationError "no-edit" if none does."""
    with transaction.atomic():
        comment = _take_comment(comment_id)
        held = HeldEdit.objects.filter(comment_id=comment_id).first()
        if held is None:
            raise ValidationError(_("No edit of this comment waits."), "no-edit")
        if accept:
            html = markup.render(held.body, CommentText.Format.MARKDOWN)
            _change_text(comment, held.body, html, timezone.now())
        held.delete()
        verb = "edit-accept" if accept else "edit-drop"
        log(by, verb, comment, comment.thread.topic_id)
        notices.tell_author(comment, verb, by=by)
        if accept and comment.is_public:
            change_topic(comment.thread.topic_id, 0)
