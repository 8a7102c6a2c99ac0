"""Changing what a comment says."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import languages, markup
from forum.accounts.readers import Reader
from forum.discussions import checks, notices, tree
from forum.discussions.models import Comment, CommentText, HeldEdit, Revision, State
from forum.discussions.services.acts import (
    Author,
    as_text,
    change_topic,
    in_transaction,
    log,
    refuse_closed,
    undoable,
)
from forum.discussions.services.deciding import refuse_decision
from forum.discussions.services.judging import judge
from forum.discussions.services.posting import check_body
from forum.discussions.services.sanctions import refuse_author
from forum.discussions.services.settling import tell_author_inside
from forum.discussions.services.states import refuse_unseen
from forum.discussions.services.waiting import keep_due
from forum.discussions.services.wording import in_transaction_naming, tell, worded

Said = tuple[Any, int | None]  # what checks said of a text, and its spam score
NOT_ASKED: Said = (None, None)
# The columns of a text that another one changes.
CHANGED = ["body", "body_format", "is_to_learn", "checked", "spam_score", *CommentText.SHOWN]


def refuse_edit(comment: Comment, by: Reader) -> None:
    """Raise ValidationError unless `by` may edit the comment: not-editable, gone-meanwhile, topic-closed."""
    if comment.state not in (State.PUBLIC, State.HELD):
        raise ValidationError(
            _("This comment was taken away while you were editing. Your text is still below."),
            "gone-meanwhile",
        )
    if not comment.is_editable_by(by):
        raise ValidationError(_("The time for editing this comment is over."), "not-editable")
    if comment.thread.topic.closed_at:
        raise ValidationError(
            _("This talk is closed: what stands in it stays as it is."), "topic-closed"
        )


def edit_comment(
    *,
    comment_id: int,
    by: Reader,
    body: str,
    base: str,
    network_key: str = "",
    language: str | None = None,
    refuse: Callable[[Comment, Reader], None] = refuse_edit,
) -> bool:
    """Change a comment's text. Return True if it is changed, False if the edit waits for staff.

    `language`: as `change_text` takes it. `refuse`: the rule of whether `by` may, asked of the locked
    comment; a note has another (noting.py).

    `base` is the text version the form was opened on (`text_version`). Raises ValidationError:
    body-*, not-editable, gone-meanwhile, changed-meanwhile, warned, account-closed, pen-closed, or a
    refusing check's code.
    """
    body = check_body(body)
    comment = Comment.objects.with_text().get(pk=comment_id)
    author = Author(member=comment.member, pen=comment.pen, name=comment.author_name)
    if not comment.is_by(by):
        raise ValidationError(_("Only its author can edit a comment."), "not-editable")
    refuse_author(author)
    html, people = worded(body, comment.thread.topic_id)
    verdict = judge(
        author,
        body,
        html,
        comment.thread.topic,
        network_key,
        parent_id=comment.parent_id,
        thread_id=comment.thread_id,
        is_edit=True,
    )

    def write() -> bool:
        comment = take_comment(comment_id)
        refuse_closed(by)
        refuse(comment, by)
        refuse_other_text(comment, base)
        if body == comment.text.body:
            _change_language(comment, language_after(comment, html, language), by)
            return True
        now = timezone.now()
        if verdict.outcome != checks.PUBLIC:
            HeldEdit.objects.update_or_create(
                comment_id=comment_id,
                defaults={
                    "body": body,
                    "code": verdict.code,
                    "checked": verdict.results,
                    "spam_score": verdict.spam_score,
                    "created_at": now,
                },
            )
            keep_due(comment)
            log(by, "edit-held", comment, comment.thread.topic_id, reason=verdict.code)
            return False
        change_text(comment, body, html, now, language=language, judged=_said(verdict))
        tell(comment, people)
        if HeldEdit.objects.filter(comment_id=comment_id).delete()[0]:
            keep_due(comment)
        log(by, "edit", comment, comment.thread.topic_id)
        if comment.is_public:
            change_topic(comment.thread.topic_id, 0)
        return True

    return in_transaction_naming(people, write)


def _said(verdict: checks.Judgement) -> Said:
    return verdict.results, verdict.spam_score


def text_version(comment: Comment) -> str:
    """Return what names the comment's present text, for the form that edits it."""
    return (comment.edited_at or comment.created_at).isoformat()


def text_at(comment: Comment, base: str, reader: Reader) -> str | None:
    """Return the text that the comment had at `base` (`text_version`), as `reader` may see it; None
    if it is not known.
    """
    try:
        since = datetime.fromisoformat(base)
    except ValueError:
        return None
    if timezone.is_naive(since):
        return None
    later = Revision.objects.visible_to(reader, comment).filter(replaced_at__gt=since)
    found = later.order_by("replaced_at", "pk").first()
    return found.body if found else None


def take_comment(comment_id: int) -> Comment:
    """Return the comment with its row locked, as it is now.

    Its thread is locked before: were that moved meanwhile, the wrong topic would hear of it.
    """
    tree.lock_thread_of(comment_id)
    rows = Comment.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("text", "thread__topic").get(pk=comment_id)


def refuse_other_text(comment: Comment, base: str) -> None:
    """Raise ValidationError "changed-meanwhile" unless its text is still that of the form."""
    if base != text_version(comment):
        raise ValidationError(
            _("This comment was changed in another window meanwhile. Both texts are below."),
            "changed-meanwhile",
        )


def change_text(
    comment: Comment,
    body: str,
    html: str,
    now: datetime,
    body_format: str = "markdown",
    language: str | None = None,
    judged: Said = NOT_ASKED,
) -> Revision:
    """Give the locked comment another text; return the earlier one, with what checks said of it.

    `language`: a key of languages.NAMES; "": guessed; None: what was chosen stays, what was guessed
    is guessed again. `judged`: what checks said of the new text.
    """
    text = comment.text
    comment.language = language_after(comment, html, language)
    earlier = Revision.objects.create(
        comment=comment,
        body=text.body,
        body_format=text.body_format,
        body_html=text.body_html,
        was_public=comment.is_public,
        replaced_at=now,
        checked=text.checked,
        spam_score=text.spam_score,
    )
    text.body, text.body_format, text.is_to_learn = body, body_format, True
    text.checked, text.spam_score = judged
    text.show(html)
    text.save(update_fields=CHANGED)
    comment.edited_at = now
    Comment.objects.filter(pk=comment.pk).update(edited_at=now, language=comment.language)
    return earlier


def language_after(comment: Comment, html: str, language: str | None) -> str:
    """Return the language that a comment has once its text is `html`; `language` as in change_text."""
    if language is None:
        language = chosen_language(comment)
    return language or languages.guess(markup.plain(html))


def chosen_language(comment: Comment) -> str:
    """Return the language that somebody chose for a comment; "" where it is as guessed."""
    guessed = languages.guess(markup.plain(comment.text.body_html))
    return "" if comment.language == guessed else comment.language


def _change_language(comment: Comment, language: str, by: Reader) -> None:
    """Say in which language an unchanged text is: no edit that readers are told of."""
    if language == comment.language:
        return
    Comment.objects.filter(pk=comment.pk).update(language=language)
    log(by, "edit", comment, comment.thread.topic_id, reason="language")
    if comment.is_public:
        change_topic(comment.thread.topic_id, 0)


def decide_edit(*, comment_id: int, by: Reader, accept: bool, seen: str = "") -> None:
    """Staff: apply or drop the edit that waits; a dropped one is kept among the earlier texts.

    Raises ValidationError: no-edit if none waits, changed-meanwhile (`seen`: states.seen_of),
    own-comment, out-of-scope.
    """

    def write() -> None:
        comment = take_comment(comment_id)
        refuse_decision(comment, by)
        refuse_unseen(comment, seen)
        held = HeldEdit.objects.filter(comment_id=comment_id).first()
        if held is None:
            raise ValidationError(_("No edit of this comment waits."), "no-edit")
        before, now = comment.edited_at, timezone.now()
        topic_id = comment.thread.topic_id
        html, people = worded(held.body, topic_id)
        if accept:
            judged = (held.checked, held.spam_score)
            earlier = change_text(comment, held.body, html, now, judged=judged)
            tell(comment, people)
        else:
            earlier = Revision.objects.create(
                comment=comment,
                body=held.body,
                body_format=CommentText.Format.MARKDOWN,
                body_html=html,
                was_public=False,
                replaced_at=now,
                dropped_at=now,
                checked=held.checked,
                spam_score=held.spam_score,
            )
        held.delete()
        keep_due(comment)
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
        tell_author_inside(comment, by)

    in_transaction(write)
