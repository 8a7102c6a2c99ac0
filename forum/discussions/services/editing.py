"""Changing what a comment says."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import checks, notices, tree
from forum.discussions.models import Comment, CommentText, HeldEdit, Revision, State
from forum.discussions.services.acts import (
    Author,
    as_text,
    change_topic,
    in_transaction,
    log,
    undoable,
)
from forum.discussions.services.posting import check_body, judge
from forum.discussions.services.states import refuse_unseen


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
        comment.thread.topic,
        network_key,
        is_reply=comment.parent_id is not None,
        is_edit=True,
    )

    def write() -> bool:
        comment = take_comment(comment_id)
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
        change_text(comment, body, html, now)
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        log(by, "edit", comment, comment.thread.topic_id)
        if comment.is_public:
            change_topic(comment.thread.topic_id, 0)
        return True

    return in_transaction(write)


def text_version(comment: Comment) -> str:
    """Return what names the comment's present text, for the form that edits it."""
    return (comment.edited_at or comment.created_at).isoformat()


def take_comment(comment_id: int) -> Comment:
    """Return the comment with its row locked, as it is now.

    Its thread is locked before: were that moved meanwhile, the wrong topic would hear of it.
    """
    tree.lock_thread_of(comment_id)
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
    refuse_other_text(comment, base)
    if comment.thread.topic.closed_at:
        raise ValidationError(
            _("This talk is closed: what stands in it stays as it is."), "topic-closed"
        )


def refuse_other_text(comment: Comment, base: str) -> None:
    """Raise ValidationError "changed-meanwhile" unless its text is still that of the form."""
    if base != text_version(comment):
        raise ValidationError(
            _("This comment was changed in another window meanwhile. Both texts are below."),
            "changed-meanwhile",
        )


def change_text(
    comment: Comment, body: str, html: str, now: datetime, body_format: str = "markdown"
) -> Revision:
    """Give the locked comment another text; return the earlier one."""
    text = comment.text
    earlier = Revision.objects.create(
        comment=comment,
        body=text.body,
        body_format=text.body_format,
        body_html=text.body_html,
        was_public=comment.is_public,
        replaced_at=now,
    )
    text.body, text.body_format = body, body_format
    text.body_html, text.html_version = html, markup.HTML_VERSION
    text.save(update_fields=["body", "body_format", "body_html", "html_version"])
    comment.edited_at = now
    Comment.objects.filter(pk=comment.pk).update(edited_at=now)
    return earlier


def decide_edit(*, comment_id: int, by: Reader, accept: bool, seen: str = "") -> None:
    """Staff: apply or drop the edit that waits; a dropped one is kept among the earlier texts.

    Raises ValidationError: no-edit if none waits, changed-meanwhile (`seen`: states.seen_of).
    """

    def write() -> None:
        comment = take_comment(comment_id)
        refuse_unseen(comment, seen)
        held = HeldEdit.objects.filter(comment_id=comment_id).first()
        if held is None:
            raise ValidationError(_("No edit of this comment waits."), "no-edit")
        before, now = comment.edited_at, timezone.now()
        html = markup.render(held.body, CommentText.Format.MARKDOWN)
        if accept:
            earlier = change_text(comment, held.body, html, now)
        else:
            earlier = Revision.objects.create(
                comment=comment,
                body=held.body,
                body_format=CommentText.Format.MARKDOWN,
                body_html=html,
                was_public=False,
                replaced_at=now,
            )
        held.delete()
        topic_id = comment.thread.topic_id
        verb = "edit-accept" if accept else "edit-drop"
        event = log(by, verb, comment, topic_id)
        undoable(
            event,
            revision=earlier.pk,
            edited_at=as_text(before),
            at=as_text(comment.edited_at),
            code=held.code,
            created_at=as_text(held.created_at),
        )
        notices.tell_author(comment, verb, by=by)
        if accept and comment.is_public:
            change_topic(topic_id, 0)

    in_transaction(write)
