"""One function for each thing that people do to the talk.

Each is one transaction, has no request inside, raises ValidationError with a code, returns the
object and writes its Event. Locks are taken in one order: Thread rows ascending, comment rows,
others, Topic rows ascending and last (a wholly new thread takes its Topic first and then only
inserts); see tree.py and docs/decisions/0001.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import markup
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import checks, tree
from forum.discussions.models import (
    BODY_CHARS,
    Comment,
    CommentText,
    Event,
    HeldEdit,
    Reason,
    Revision,
    State,
    Thread,
    Topic,
)

SAME_TEXT_WINDOW = timedelta(minutes=1)
RESTARTS = 5
TOPIC_OPEN = "published"  # what the event of a hidden topic says it was before
T = TypeVar("T")


@dataclass(frozen=True)
class Author:
    """Who writes: a member, or a guest with a pen and the name they gave."""

    member: User | None = None
    pen: Pen | None = None
    name: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "member": self.member,
            "pen": None if self.member else self.pen,
            "author_name": "" if self.member else self.name,
        }

    @property
    def shown(self) -> str:
        return self.member.username if self.member else self.name


@dataclass(frozen=True)
class Posted:
    """What posting gave: the comment, and False where the form had been sent before."""

    comment: Comment
    is_new: bool
    words: str = ""


class Home(NamedTuple):
    """Where a new comment goes; thread_id is 0 for a new thread."""

    thread_id: int
    topic_id: int


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


# ---------------------------------------------------------------------------------------- posting


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

    Raises ValidationError: body-*, topic-gone, topic-locked, thread-locked, parent-*, same-text
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
    verdict = _judge(author, body, html, home.topic_id, network_key, is_reply=bool(parent_id))
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
        _log(author, "post", comment, home.topic_id, after=state, reason=verdict.code)
        if parent_id is not None and comment.is_public:
            _count(home.topic_id, +1, at=comment.created_at, is_open=True)
        elif parent_id is not None:
            _require_open(home.topic_id)
        return comment

    try:
        return Posted(_in_transaction(write), is_new=True, words=verdict.words)
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
        _insert_thread(comment, home.topic_id)
    else:
        tree.insert_reply(comment, thread_id=home.thread_id, parent_id=parent_id)
    return comment


def _in_transaction(write: Callable[[], T]) -> T:
    """Run `write` in a transaction; start again where a comment has moved meanwhile."""
    for attempt in range(RESTARTS):
        try:
            with transaction.atomic():
                return write()
        except tree.Moved:
            if attempt == RESTARTS - 1:
                raise ValidationError(
                    _("This talk is being moved. Please try again."), "moved"
                ) from None
    raise AssertionError("unreachable")


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
        topic = Topic.objects.filter(pk=topic_id or 0).first()
        _refuse_closed(topic, author)
        return Home(0, topic.pk)  # type: ignore[union-attr]
    parent = Comment.objects.select_related("thread__topic").filter(pk=parent_id).first()
    if parent is None:
        raise ValidationError(_("The comment you answered is not here any more."), "parent-gone")
    _refuse_closed(parent.thread.topic, author)
    return Home(parent.thread_id, parent.thread.topic_id)


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


def _judge(
    author: Author,
    body: str,
    html: str,
    topic_id: int,
    network_key: str,
    *,
    is_reply: bool,
    is_edit: bool = False,
) -> checks.Verdict:
    """Return what the checks say; raise ValidationError if one refuses."""
    verdict = checks.run(
        checks.Draft(
            body=body,
            html=html,
            name=author.shown,
            is_member=bool(author.member),
            is_staff=bool(author.member and author.member.is_staff),
            is_reply=is_reply,
            is_edit=is_edit,
            topic_id=topic_id,
            network_key=network_key,
        )
    )
    if verdict.outcome == checks.REFUSE:
        raise ValidationError(verdict.words or _("This text was not accepted."), verdict.code)
    return verdict


def _insert_thread(comment: Comment, topic_id: int) -> None:
    """Take the topic row first, with its counters in that one UPDATE; the rest is inserts only."""
    counted = int(comment.is_public)
    changes: dict[str, Any] = {"threads_given": F("threads_given") + 1}
    if counted:
        changes |= {
            "comment_count": F("comment_count") + 1,
            "version": F("version") + 1,
            "last_comment_at": comment.created_at,
        }
    if not Topic.objects.filter(pk=topic_id, locked_at=None).update(**changes):
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")
    ordinal = Topic.objects.values_list("threads_given", flat=True).get(pk=topic_id)
    tree.insert_root(comment, topic_id=topic_id, ordinal=ordinal)


def _count(
    topic_id: int, change: int, *, at: datetime | None = None, is_open: bool = False
) -> None:
    """Raise the topic's version, its count by `change`: the last statement of a transaction."""
    changes: dict[str, Any] = {"version": F("version") + 1}
    if change:
        changes["comment_count"] = F("comment_count") + change
    if at:
        changes["last_comment_at"] = at
    rows = Topic.objects.filter(pk=topic_id)
    if not (rows.filter(locked_at=None) if is_open else rows).update(**changes) and is_open:
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")


def _require_open(topic_id: int) -> None:
    if not Topic.objects.filter(pk=topic_id, locked_at=None).exists():
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")


def _log(
    who: Author | Reader | None,
    verb: str,
    comment: Comment | None,
    topic_id: int | None,
    *,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> None:
    member = getattr(who, "member", None) or getattr(who, "user", None)
    pen = getattr(who, "pen", None)
    Event.objects.create(
        actor_id=member.pk if member else None,
        pen_id=pen.pk if pen and not member else None,
        verb=verb,
        comment_id=comment.pk if comment else None,
        thread_id=comment.thread_id if comment else None,
        topic_id=topic_id,
        before=str(before),
        after=str(after),
        reason=reason[:40],
    )


# ---------------------------------------------------------------------------------------- editing


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
    verdict = _judge(
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
            _log(by, "edit-held", comment, comment.thread.topic_id, reason=verdict.code)
            return False
        _change_text(comment, body, html, now)
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        _log(by, "edit", comment, comment.thread.topic_id)
        if comment.is_public:
            _count(comment.thread.topic_id, 0)
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
        _log(by, "edit-accept" if accept else "edit-drop", comment, comment.thread.topic_id)
        if accept and comment.is_public:
            _count(comment.thread.topic_id, 0)


# ----------------------------------------------------------------------------------------- states

# From which states each act of staff leads to its target; "restore" brings back to public.
MODERATION: dict[str, tuple[State, frozenset[str]]] = {
    "approve": (State.PUBLIC, frozenset({State.HELD})),
    "hold": (State.HELD, frozenset({State.PUBLIC})),
    "spam": (State.SPAM, frozenset({State.PUBLIC, State.HELD})),
    "remove": (State.REMOVED, frozenset({State.PUBLIC, State.HELD})),
    "restore": (State.PUBLIC, frozenset({State.SPAM, State.REMOVED})),
}


def moderate(*, comment_id: int, verb: str, by: Reader, reason: str = "") -> Comment:
    """Staff: approve, hold, spam, remove (with a Reason) or restore a comment.

    Raises ValidationError: reason-missing, wrong-state (somebody was faster, or it does not apply).
    """
    target, sources = MODERATION[verb]
    if verb == "remove" and reason not in Reason.values:
        raise ValidationError(_("Removing needs a reason."), "reason-missing")
    return set_state(
        comment_id=comment_id, to=target, sources=sources, verb=verb, by=by, reason=reason
    )


def delete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author takes a comment back. Raises ValidationError: not-yours, wrong-state."""
    _require_author(comment_id, by)
    sources = frozenset({State.PUBLIC, State.HELD})
    return set_state(comment_id=comment_id, to=State.DELETED, sources=sources, verb="delete", by=by)


def undelete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author brings a comment back within 24 hours, to the state it had.

    Raises ValidationError: not-yours, too-late, wrong-state.
    """
    comment = _require_author(comment_id, by)
    if comment.state == State.DELETED and not comment.is_undeletable_by(by):
        raise ValidationError(_("The 24 hours for bringing it back are over."), "too-late")
    last = Event.objects.filter(comment_id=comment_id, verb="delete").order_by("pk").last()
    target = State.HELD if last and last.before == State.HELD else State.PUBLIC
    return set_state(
        comment_id=comment_id,
        to=target,
        sources=frozenset({State.DELETED}),
        verb="undelete",
        by=by,
    )


def _require_author(comment_id: int, by: Reader) -> Comment:
    comment = Comment.objects.get(pk=comment_id)
    if not comment.is_by(by):
        raise ValidationError(_("Only its author can do that."), "not-yours")
    return comment


def set_state(
    *,
    comment_id: int,
    to: State,
    sources: frozenset[str],
    verb: str,
    by: Reader | None,
    reason: str = "",
) -> Comment:
    """Put a comment into another state, counts and version with it; the one way states change.

    Raises ValidationError "wrong-state" unless its state, read under the lock, is in `sources`.
    """

    def write() -> Comment:
        comment = _change_state(comment_id, to, sources, verb, by, reason)
        tree.recount_topics(comment.thread.topic_id)
        return comment

    return _in_transaction(write)


def _change_state(
    comment_id: int, to: State, sources: frozenset[str], verb: str, by: Reader | None, reason: str
) -> Comment:
    """Do what set_state says, up to the topic, whose row comes last.

    The topic is counted again and its version raised whatever the state was: the words of a
    tombstone change with it.
    """
    thread_id = tree.lock_thread_of(comment_id)
    comment = Comment.objects.select_related("thread").get(pk=comment_id)
    before = comment.state
    if before not in sources:
        raise ValidationError(
            _("This comment is %(state)s already."),
            "wrong-state",
            {"state": comment.get_state_display()},
        )
    comment.state, comment.state_at, comment.reason = to, timezone.now(), reason
    changes = {"state": to, "state_at": comment.state_at, "reason": reason}
    Comment.objects.filter(pk=comment_id).update(**changes)
    _log(by, verb, comment, comment.thread.topic_id, before=before, after=to, reason=reason)
    if State.PUBLIC in (before, to):
        tree.recount_threads(thread_id)
    return comment


def erase_comment(*, comment_id: int, by: Reader | None) -> None:
    """Blank a comment for good: text, earlier texts, name. Its place and its replies stay."""
    alive = frozenset(state for state in State.values if state != State.ERASED)

    def write() -> None:
        comment = _change_state(comment_id, State.ERASED, alive, "erase", by, "")
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        Revision.objects.filter(comment_id=comment_id).update(body="", body_html="")
        CommentText.objects.filter(pk=comment_id).update(
            body="", body_html="", author_url="", network_key="", submission=None
        )
        Comment.objects.filter(pk=comment_id).update(member=None, pen=None, author_name="")
        tree.recount_topics(comment.thread.topic_id)

    _in_transaction(write)


# ---------------------------------------------------------------------------------- moving, purging


def detach_branch(*, comment_id: int, by: Reader | None, topic_id: int | None = None) -> Thread:
    """Make a branch a thread of its own, in its topic or another. Raises ValidationError."""

    def write() -> Thread:
        source_id = tree.lock_thread_of(comment_id)
        home_id = Thread.objects.values_list("topic_id", flat=True).get(pk=source_id)
        target_id = topic_id or home_id
        thread = tree.detach(comment_id, source_id=source_id, topic_id=target_id)
        tree.recount_threads(source_id, thread.pk)
        comment = Comment.objects.get(pk=comment_id)
        _log(by, "detach", comment, target_id, before=str(source_id), after=str(thread.pk))
        for one in sorted({home_id, target_id}):
            if one == target_id:
                Topic.objects.filter(pk=one).update(threads_given=F("threads_given") + 1)
                given = Topic.objects.values_list("threads_given", flat=True).get(pk=one)
                tree.number_thread(thread.pk, given)
            tree.recount_topics(one)
        thread.refresh_from_db()
        return thread

    return _in_transaction(write)


def merge_thread(*, thread_id: int, under_id: int, by: Reader | None) -> None:
    """Hang a whole thread under a comment of another thread. Raises ValidationError."""

    def write() -> None:
        target_id = Comment.objects.values_list("thread_id", flat=True).get(pk=under_id)
        if target_id == thread_id:
            raise ValidationError(_("A thread cannot hang under itself."), "same-thread")
        tree.lock(thread_id, target_id)
        topics = Thread.objects.filter(pk__in=[thread_id, target_id])
        topic_ids = dict(topics.values_list("pk", "topic_id"))
        root = Comment.objects.in_thread(thread_id).get(parent=None)
        tree.merge(thread_id, under_id=under_id, target_id=target_id)
        tree.recount_threads(target_id)
        moved = Comment.objects.get(pk=root.pk)
        _log(by, "merge", moved, topic_ids[target_id], before=str(thread_id), after=str(target_id))
        tree.recount_topics(*topic_ids.values())

    _in_transaction(write)


def purge_branch(*, comment_id: int, by: Reader | None) -> int:
    """Delete a branch for good; return how many comments went. Nothing brings them back."""

    def write() -> int:
        thread_id = tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        topic_id, is_root = comment.thread.topic_id, comment.parent_id is None
        _log(by, "purge", comment, topic_id, before=comment.state)
        gone = tree.purge(comment_id, thread_id=thread_id)
        if not is_root:
            tree.recount_threads(thread_id)
        tree.recount_topics(topic_id)
        return gone

    return _in_transaction(write)


# ----------------------------------------------------------------------------------------- topics


def open_topic(*, title: str, by: Reader | None, is_demo: bool = False) -> Topic:
    """Open a topic in the Lobby. Raises ValidationError "title-empty"."""
    title = " ".join(title.split())
    if not title:
        raise ValidationError(_("A topic needs a title."), "title-empty")
    with transaction.atomic():
        topic = Topic.objects.create(title=title[:300], is_demo=is_demo)
        _log(by, "open", None, topic.pk)
    return topic


def rename_topic(*, topic_id: int, title: str, by: Reader | None) -> None:
    with transaction.atomic():
        Topic.objects.filter(pk=topic_id).update(title=title[:300], version=F("version") + 1)
        _log(by, "rename", None, topic_id)


def lock_topic(*, topic_id: int, by: Reader | None, locked: bool) -> None:
    """Close a topic for new comments, or open it again."""
    with transaction.atomic():
        Topic.objects.filter(pk=topic_id).update(
            locked_at=timezone.now() if locked else None, version=F("version") + 1
        )
        _log(by, "lock" if locked else "unlock", None, topic_id)


def raise_versions_of(member: User) -> None:
    """A member's name changes: every topic with a comment of theirs shows something new.

    Call it in the transaction that changes the name, before the change: who posts holds a topic and
    then asks for the member's row, and so must we.
    """
    theirs = Comment.objects.filter(member=member).order_by().values("thread__topic_id")
    rows = Topic.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk")
    Topic.objects.filter(pk__in=[topic.pk for topic in rows]).update(version=F("version") + 1)


def was_public(comment_id: int) -> bool:
    """Return True if readers ever saw this comment, also when it is gone for good.

    An imported one has no event of its own until staff decide about it; it was seen if its topic
    was open before it was hidden.
    """
    seen = Q(before=State.PUBLIC) | Q(after=State.PUBLIC)
    if Event.objects.filter(seen, comment_id=comment_id).exists():
        return True
    topics = Comment.objects.counted().filter(pk=comment_id).values("thread__topic_id")
    closings = Event.objects.filter(topic_id__in=topics, comment_id=None, before=TOPIC_OPEN)
    return closings.exists()
