"""Posting a comment or a reply."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import markup
from forum.discussions import checks, tree
from forum.discussions.models import BODY_CHARS, Comment, CommentText, State, Topic
from forum.discussions.services.acts import (
    Author,
    change_topic,
    in_transaction,
    log,
    open_to,
    refuse,
)
from forum.discussions.services.talks import present_topic_id

SAME_TEXT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Posted:
    """What posting gave: the comment, and False where the form had been sent before."""

    comment: Comment
    is_new: bool
    words: str = ""


class Home(NamedTuple):
    """Where a new comment goes; thread_id is 0 for a new thread."""

    thread_id: int
    topic: Topic

    @property
    def topic_id(self) -> int:
        return int(self.topic.pk)


def check_body(body: str) -> str:
    """Return the text with one kind of line end; raise ValidationError if empty or too long."""
    body = body.replace("\r\n", "\n").replace("\x00", "").strip("\n")
    if not body.strip():
        raise ValidationError(_("Please write something before you post."), "body-empty")
    if len(body) > BODY_CHARS:
        raise ValidationError(
            _("A comment can have at most %(limit)s characters; this one has %(length)s.")
            % {"limit": f"{BODY_CHARS:,}", "length": f"{len(body):,}"},
            "body-long",
        )
    return body


def post_comment(
    *,
    author: Author,
    body: str,
    topic_id: int | None = None,
    parent_id: int | None = None,
    submission: uuid.UUID | None = None,
    network_key: str = "",
    language: str = "",
) -> Posted:
    """Post a comment on a topic, or a reply to `parent_id`.

    Raises ValidationError: body-*, topic-gone, topic-locked, account-closed, thread-locked, parent-*, same-text
    (params: comment_id of the first), sent-before (another author, the same form), moved, or the
    code of a check that refuses. The same `submission` twice gives the first comment again.
    Statements: at most 4 before BEGIN, 9 with BEGIN and COMMIT.
    """
    body = check_body(body)
    first = _sent_before(submission, author)
    if first:
        return Posted(first, is_new=False)
    home = _target(topic_id, parent_id, author)
    _refuse_same_text(author, body)
    html = markup.render(body, CommentText.Format.MARKDOWN)
    verdict = judge(author, body, html, home.topic, network_key, is_reply=bool(parent_id))
    state = {checks.HOLD: State.HELD, checks.SPAM: State.SPAM}.get(verdict.outcome, State.PUBLIC)
    looked = [home]

    def write() -> Comment:
        # Started again, because the parent has moved: look again where it is.
        home = looked.pop() if looked else _target(topic_id, parent_id, author)
        comment = _place(author, state, verdict, language, home, parent_id)
        CommentText(
            comment=comment,
            body=body,
            body_html=html,
            html_version=markup.HTML_VERSION,
            submission=submission,
            network_key=network_key,
        ).save(force_insert=True)
        log(author, "post", comment, home.topic_id, after=state, reason=verdict.code)
        if parent_id is not None and comment.is_public:
            change_topic(home.topic_id, +1, at=comment.created_at, author=author)
        elif parent_id is not None:
            _require_open(author, home.topic_id)
        return comment

    try:
        return Posted(in_transaction(write), is_new=True, words=verdict.words)
    except IntegrityError:
        first = _sent_meanwhile(submission, author)
        if first is None:
            raise
        return Posted(first, is_new=False)


def _place(
    author: Author,
    state: State,
    verdict: checks.Verdict,
    language: str,
    home: Home,
    parent_id: int | None,
) -> Comment:
    """Save a new comment in its thread, or as a thread of its own."""
    now = timezone.now()
    comment = Comment(
        **author.columns,
        state=state,
        state_at=now,
        created_at=now,
        reason=verdict.code[:20],
        language=language,
    )
    if parent_id is None:
        _insert_thread(author, comment, home.topic_id)
    else:
        tree.insert_reply(
            comment, topic_id=home.topic_id, thread_id=home.thread_id, parent_id=parent_id
        )
    return comment


def _sent_before(submission: uuid.UUID | None, author: Author) -> Comment | None:
    if submission is None:
        return None
    mine = Q(member=author.member) if author.member else Q(pen=author.pen)
    return Comment.objects.filter(mine, text__submission=submission).first()


def _sent_meanwhile(submission: uuid.UUID | None, author: Author) -> Comment | None:
    """Return the comment that the same form made while this one was on its way.

    Raises ValidationError "sent-before" if another author made it, on the same browser for example.
    """
    first = _sent_before(submission, author)
    if submission and not first and CommentText.objects.filter(submission=submission).exists():
        words = _("This form was sent before, under another name. Please open it again.")
        raise ValidationError(words, "sent-before")
    return first


def _target(topic_id: int | None, parent_id: int | None, author: Author) -> Home:
    """Return where it goes, after one look that gives the clear messages; locks look again."""
    if parent_id is None:
        topic = Topic.objects.filter(pk=present_topic_id(topic_id or 0)).first()
        _refuse_closed(topic, author)
        return Home(0, topic)  # type: ignore[arg-type]
    parent = Comment.objects.select_related("thread__topic").filter(pk=parent_id).first()
    if parent is None:
        raise ValidationError(_("The comment you answered is not here any more."), "parent-gone")
    _refuse_closed(parent.thread.topic, author)
    return Home(parent.thread_id, parent.thread.topic)


def _refuse_closed(topic: Topic | None, author: Author) -> None:
    is_staff = bool(author.member and author.member.is_staff)
    if topic is None or (topic.hidden_at and not is_staff):
        raise ValidationError(_("There is no such talk."), "topic-gone")
    if topic.locked_at:
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")


def _refuse_same_text(author: Author, body: str) -> None:
    mine = Q(member=author.member) if author.member else Q(pen=author.pen)
    since = timezone.now() - SAME_TEXT_WINDOW
    recent = Comment.objects.filter(mine, created_at__gte=since).order_by("-pk")[:20]
    for pk, text, state in recent.values_list("pk", "text__body", "state"):
        if text == body and state != State.DELETED:
            raise ValidationError(
                _("You posted this very text a moment ago."), "same-text", {"comment_id": pk}
            )


def judge(
    author: Author,
    body: str,
    html: str,
    topic: Topic,
    network_key: str,
    *,
    is_reply: bool,
    is_edit: bool = False,
) -> checks.Verdict:
    """Return what the checks say, and the topic: it may hold what they let pass.

    Raises ValidationError if a check refuses.
    """
    is_staff = bool(author.member and author.member.is_staff)
    verdict = checks.run(
        checks.Draft(
            body=body,
            html=html,
            name=author.shown,
            is_member=bool(author.member),
            is_staff=is_staff,
            is_reply=is_reply,
            is_edit=is_edit,
            topic_id=topic.pk,
            network_key=network_key,
        )
    )
    if verdict.outcome == checks.REFUSE:
        raise ValidationError(verdict.words or _("This text was not accepted."), verdict.code)
    is_held = topic.holds(is_member=bool(author.member)) and not is_staff
    if verdict.outcome == checks.PUBLIC and is_held:
        words = _("What is written in this talk is read by a moderator before others see it.")
        return checks.Verdict(checks.HOLD, "topic", words)
    return verdict


def _insert_thread(author: Author, comment: Comment, topic_id: int) -> None:
    """Take the topic row first, with its counters in that one UPDATE; the rest is inserts only."""
    counted = int(comment.is_public)
    changes: dict[str, Any] = {"threads_given": F("threads_given") + 1}
    if counted:
        changes |= {
            "comment_count": F("comment_count") + 1,
            "version": F("version") + 1,
            "last_comment_at": comment.created_at,
        }
    if not open_to(author, topic_id).filter(moved_to=None).update(**changes):
        if not Topic.objects.filter(pk=topic_id, moved_to=None).exists():
            raise tree.Moved  # its talk went elsewhere meanwhile: the comment follows
        refuse(author)
    ordinal = Topic.objects.values_list("threads_given", flat=True).get(pk=topic_id)
    tree.insert_root(comment, topic_id=topic_id, ordinal=ordinal)


def _require_open(author: Author, topic_id: int) -> None:
    if not open_to(author, topic_id).exists():
        refuse(author)
