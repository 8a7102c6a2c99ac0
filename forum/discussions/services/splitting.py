"""Some replies of a comment become a thread of their own together (docs/decisions/0181)."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import languages, markup
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import MODERATORS, Comment, CommentText, State, Thread
from forum.discussions.services.acts import Author, in_transaction, log, undoable
from forum.discussions.services.moving import number_and_recount, take_course
from forum.discussions.services.posting import check_body
from forum.discussions.services.wording import worded
from forum.index.tables import key_of

MOST_SPLIT = 50  # replies at once


def split_replies(
    *,
    comment_id: int,
    reply_ids: Sequence[int],
    body: str,
    by: Reader,
    topic_id: int | None = None,
) -> Thread:
    """Begin a thread with words of staff's and hang these replies to a comment, with all below them,
    under it, in the order they had; in the same talk or another.

    Their pages keep their addresses, the old numbers lead on. Statements: the same however many they
    are. Raises ValidationError: body-*, replies-missing, replies-many, gone-meanwhile, topic-gone,
    not-yours (nobody to write it), out-of-scope, moved.
    """
    body = check_body(body)
    if by.user is None:
        raise ValidationError(_("Only a member can do that."), "not-yours")
    chosen = set(reply_ids)
    if not chosen:
        raise ValidationError(_("Please choose what is to be split off."), "replies-missing")
    if len(chosen) > MOST_SPLIT:
        words = ngettext("At most %(n)d at once.", "At most %(n)d at once.", MOST_SPLIT)
        raise ValidationError(words % {"n": MOST_SPLIT}, "replies-many")
    author = Author(member=by.user)
    home = Comment.objects.values_list("thread__topic_id", flat=True).get(pk=comment_id)
    html, _people = worded(body, topic_id or home)  # nobody is called by them

    def write() -> Thread:
        source_id, home_id, target_id = take_course(comment_id, topic_id, by)
        replies = list(
            Comment.objects.filter(parent_id=comment_id, pk__in=chosen).order_by("ordinal")
        )
        if len(replies) != len(chosen) or any(one.state == State.PURGED for one in replies):
            words = _("Somebody changed this meanwhile. Please look and choose again.")
            raise ValidationError(words, "gone-meanwhile")
        root = _begin(author, body, html, target_id, replies[0].pk)
        tree.keep_numbers(replies, home_id)
        ordinals = {one.pk: at for at, one in enumerate(replies, 1)}
        tree.transplant(ordinals, source_id=source_id, target_id=root.thread_id, under_id=root.pk)
        tree.recount_threads(source_id, root.thread_id)
        log(by, "post", root, target_id, after=State.PUBLIC)
        parent = Comment.objects.get(pk=comment_id)
        was, now = str(source_id), str(root.thread_id)
        event = log(by, "split", parent, home_id, before=was, after=now)
        places = {one.pk: one.ordinal for one in replies}
        undoable(event, root=root.pk, replies=places, topic=target_id)
        number_and_recount(root.thread_id, home_id, target_id)
        return Thread.objects.get(pk=root.thread_id)

    return in_transaction(write)


def _begin(author: Author, body: str, html: str, topic_id: int, first_id: int) -> Comment:
    """Save the words that begin the new thread, its number still to be given."""
    now = timezone.now()
    root = Comment(
        **author.columns,
        state=State.PUBLIC,
        state_at=now,
        created_at=now,
        kind=MODERATORS,
        language=languages.guess(markup.plain(html)),
    )
    tree.insert_root(root, topic_id=topic_id, ordinal=10**15 + first_id)
    text = CommentText(comment=root, body=body, search_key=key_of(root.created_at, root.pk))
    text.show(html)
    text.save(force_insert=True)
    return root
