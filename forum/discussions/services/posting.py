"""Posting a comment or a reply."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import counts, languages, markup, sql
from forum.accounts.readers import Reader
from forum.discussions import checks, tree
from forum.discussions.models import MODERATORS, Comment, CommentText, State, Topic
from forum.discussions.namesakes import is_namesake
from forum.discussions.services.acts import (
    Author,
    change_topic,
    log,
    open_to,
    refuse,
)
from forum.discussions.services.cooling import refuse_heated, refuse_second
from forum.discussions.services.deciding import decides_in
from forum.discussions.services.judging import judge
from forum.discussions.services.sanctions import refuse_author
from forum.discussions.services.talks import present_topic_id
from forum.discussions.services.waiting import due_when_held
from forum.discussions.services.wording import in_transaction_naming, tell, worded
from forum.index.tables import key_of

NEWCOMER_COMMENTS = 3  # public ones of theirs; until then staff are shown what they write
CLOCK_SLIP = timedelta(
    hours=2
)  # by which a clock may have been fast; further ahead is an import's date


@dataclass(frozen=True)
class Posted:
    """What posting gave: the comment, and False where the form had been sent before.

    topic: where it stands, as it was looked at for posting, this comment counted; None if sent before.
    """

    comment: Comment
    is_new: bool
    words: str = ""
    topic: Topic | None = None


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
    if wrong := checks.wrong_length(body):
        raise ValidationError(wrong.words, wrong.code)
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
    as_moderator: bool = False,
    sent: checks.Sent | None = None,
) -> Posted:
    """Post a comment on a topic, or a reply to `parent_id`; its language is guessed unless given.

    `as_moderator`: readers see that a moderator says it; `sent`: how a form came. Raises
    ValidationError: body-*, topic-gone, topic-locked, account-closed, pen-closed, warned,
    not-moderator, thread-locked, parent-*, sent-before (another author, the same form), sent-already
    (the same form with other words; params: comment_id), cooling (params: wait, in seconds), moved, or
    the code and params of a check that refuses. The same `submission` twice gives the first comment
    again. Statements: at most 5 before BEGIN, 7 for a guest (one of them asks which rules are in
    force), 9 with BEGIN and COMMIT; one more of each where it names people, and
    where the branch is slow.
    """
    body = check_body(body)
    refuse_author(author)
    first = _sent_before(submission, author)
    if first:
        _refuse_other_words(first, body)
        return Posted(first, is_new=False)
    home = _target(topic_id, parent_id, author)
    kind = _moderators(author, home.topic_id) if as_moderator else ""
    html, people = worded(body, home.topic_id)
    spoken = language or languages.guess(markup.plain(html))
    verdict = judge(
        author,
        body,
        html,
        home.topic,
        network_key,
        parent_id=parent_id,
        thread_id=home.thread_id,
        submission=submission,
        sent=sent,
    )
    state = {checks.HOLD: State.HELD, checks.SPAM: State.SPAM}.get(verdict.outcome, State.PUBLIC)
    is_another = not author.member and is_namesake(author.name, author.pen, home.topic_id)
    is_new = _is_newcomer(verdict.draft)
    looked = [home]

    def write() -> tuple[Comment, Topic]:
        # Started again, because the parent has moved: look again where it is.
        home = looked.pop() if looked else _target(topic_id, parent_id, author)
        comment = _place(author, state, verdict, spoken, home, parent_id, is_another, is_new, kind)
        text = CommentText(
            comment=comment,
            body=body,
            submission=submission,
            network_key=network_key,
            checked=verdict.results,
            spam_score=verdict.spam_score,
            is_news=comment.is_public,
            search_key=key_of(comment.created_at, comment.pk),
        )
        text.show(html)
        text.save(force_insert=True)
        tell(comment, people, is_new=True)
        log(author, "post", comment, home.topic_id, after=state, reason=verdict.code)
        if parent_id is not None and comment.is_public:
            change_topic(home.topic_id, +1, at=comment.created_at, author=author)
        elif parent_id is not None:
            _require_open(author, home.topic_id)
        return comment, home.topic

    try:
        comment, topic = in_transaction_naming(people, write)
    except IntegrityError:
        first = _sent_meanwhile(submission, author)
        if first is None:
            raise
        return Posted(first, is_new=False)
    counts.add("posts", label=str(state))
    topic.comment_count += comment.is_public
    return Posted(comment, is_new=True, words=verdict.words, topic=topic)


def _moderators(author: Author, topic_id: int) -> str:
    """Return the kind of what a moderator says as one. Raises ValidationError "not-moderator"."""
    by = Reader(user=author.member)
    if not (by.may_moderate() and decides_in(by, topic_id)):
        words = _("Only a moderator of this talk can say something as one.")
        raise ValidationError(words, "not-moderator")
    return MODERATORS


def _place(
    author: Author,
    state: State,
    verdict: checks.Verdict,
    language: str,
    home: Home,
    parent_id: int | None,
    is_another: bool,
    is_new: bool,
    kind: str,
) -> Comment:
    """Save a new comment in its thread, or as a thread of its own."""
    now = _moment_after(home.topic)
    comment = Comment(
        **author.columns,
        state=state,
        state_at=now,
        created_at=now,
        reason=verdict.code[:20],
        due_at=due_when_held(now, home.thread_id) if state == State.HELD else None,
        newcomer_at=now if is_new and state == State.PUBLIC else None,
        language=language,
        is_namesake=is_another,
        kind=kind,
    )
    if parent_id is None:
        _insert_thread(author, comment, home.topic_id)
    else:
        tree.insert_reply(
            comment, topic_id=home.topic_id, thread_id=home.thread_id, parent_id=parent_id
        )
        refuse_second(comment, author)
    return comment


def _moment_after(topic: Topic) -> datetime:
    """Return now, or the moment of the topic's last comment where the clock was set back since.

    What is written later never stands before what was there: equal moments are in order of ids.
    """
    now, last = timezone.now(), topic.last_comment_at
    return last if last and now < last <= now + CLOCK_SLIP else now


def _sent_before(submission: uuid.UUID | None, author: Author) -> Comment | None:
    if submission is None or not _is_stored(submission):
        return None
    mine = Q(member=author.member) if author.member else Q(pen=author.pen)
    return Comment.objects.filter(mine, text__submission=submission).first()


def _refuse_other_words(first: Comment, body: str) -> None:
    """Refuse a form that was posted, its answer lost, its words changed since and sent again."""
    if first.edited_at or first.staff_edited_at or first.text.body == body:
        return
    words = _("Your first words were posted already. What is below differs: edit them there.")
    raise ValidationError(words, "sent-already", {"comment_id": first.pk})


def _is_stored(submission: uuid.UUID) -> bool:
    field = CommentText._meta.get_field("submission")
    found = sql.rows(
        f"SELECT 1 FROM {CommentText._meta.db_table} WHERE {field.column} = %s",  # noqa: S608 (ours)
        [field.get_db_prep_value(submission, connection)],
    )
    return bool(found)


def _sent_meanwhile(submission: uuid.UUID | None, author: Author) -> Comment | None:
    """Return the comment that the same form made while this one was on its way.

    Raises ValidationError "sent-before" if another author made it, on the same browser for example.
    """
    first = _sent_before(submission, author)
    if submission and not first and _is_stored(submission):
        words = _("This form was sent before, under another name. Please open it again.")
        raise ValidationError(words, "sent-before")
    return first


def _target(topic_id: int | None, parent_id: int | None, author: Author) -> Home:
    """Return where it goes, after one look that gives the clear messages; locks look again."""
    if parent_id is None:
        topic = Topic.objects.filter(pk=present_topic_id(topic_id or 0)).first()
        return Home(0, _open(topic, author))
    parent = sql.first(_with_topic, parent_id)
    if parent is None:
        raise ValidationError(_("The comment you answered is not here any more."), "parent-gone")
    topic = _open(parent.thread.topic, author)
    refuse_heated(parent, author)
    return Home(parent.thread_id, topic)


def _with_topic(comment_id: int) -> QuerySet[Comment]:
    return Comment.objects.select_related("thread__topic").filter(pk=comment_id)


def _open(topic: Topic | None, author: Author) -> Topic:
    """Return a talk that takes comments. Raises ValidationError: topic-gone, topic-locked."""
    is_staff = bool(author.member and author.member.is_staff)
    if topic is None or (topic.hidden_at and not is_staff):
        raise ValidationError(_("There is no such talk."), "topic-gone")
    if topic.locked_at:
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")
    return topic


def _is_newcomer(draft: checks.Draft) -> bool:
    """Return True if fewer than NEWCOMER_COMMENTS of the author's last ones are public."""
    known = sum(one.state == State.PUBLIC for one in draft.recent)
    return not draft.is_staff and known < NEWCOMER_COMMENTS


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
