"""Rows of a topic into the HTML of its talk: paging, order, bytes kept by version.

The bytes are the same for every reader; overlay.py lays over them what is personal.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from forum import sql
from forum.discussions import arrivals, postings, scores, tree, treemap, walk
from forum.discussions.comments_html import (
    PUBLIC,
    CommentsHtml,
    Said,
    moment,
    rows_said,
    said,
)
from forum.discussions.kept import kept
from forum.discussions.models import Comment, State, Thread, Topic
from forum.discussions.newness import invitation
from forum.discussions.options import (
    THREADS_BY,
    TOKEN,
    Options,
    order_cookie,
    order_names,
    orders_offered,
)
from forum.discussions.walk import OLDEST, Entry, Shape

PAGE_COMMENTS = 200
ALL_COMMENTS = 1_500
ANCESTORS_SHOWN = 5
REBUILDS = 2
SHAPE_ROW_BYTES = 700  # of a row in a kept shape, its share of the tables over it included
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Talk(NamedTuple):
    """The talk's HTML and the topic it was made from; is_settled is False if writers were faster
    than three attempts, and then it must not be kept or given an ETag.
    """

    html: bytes
    topic: Topic
    is_settled: bool


def talk(topic: Topic, options: Options) -> Talk:
    """Return the talk of a topic as one page of HTML; no query if its bytes are kept.

    Cold, three: threads, their rows with their words, the version once more; of a long thread the
    rows come alone, and the version with the words.
    """
    return _settled(topic, ("talk", options), lambda fresh: _talk_html(fresh, options))


def branch(comment: Comment, topic: Topic, options: Options) -> Talk:
    """Return a comment with those above it and its replies, for its own page."""
    return _settled(
        topic, ("branch", comment.pk, options), lambda fresh: _branch_html(comment, fresh, options)
    )


class Built(NamedTuple):
    """A page's HTML, and the topic's version when the last of it was read (0: not known)."""

    html: str
    version: int = 0


def _settled(topic: Topic, name: tuple[Any, ...], build: Callable[[Topic], Built]) -> Talk:
    """Return kept bytes, or build them; build again if the version rose meanwhile, at most twice."""
    html = b""
    for _attempt in range(1 + REBUILDS):
        shown = (get_language(), timezone.get_current_timezone_name())
        key = ("talk", topic.pk, topic.version, _slot(topic), name, shown, settings.RELEASE)
        known = kept.get(key)
        if known is not None:
            return Talk(known, topic, is_settled=True)
        built = build(topic)
        html, version = built.html.encode(), built.version or _version(topic.pk)
        if version == topic.version:
            kept.put(key, html, len(html))
            return Talk(html, topic, is_settled=True)
        topic = Topic.objects.get(pk=topic.pk)
    return Talk(html, topic, is_settled=False)


def names_of(topic: Topic) -> tuple[int, int, int]:
    """Return what names a topic's pages: its id, its version, and the votes they may show."""
    return topic.pk, topic.version, _slot(topic)


def _slot(topic: Topic) -> int:
    return scores.slot(topic.voted_at, topic.last_comment_at)


def slot_of_stored(voted_at: Any, last_comment_at: Any) -> int:
    """Return what _slot does of these columns as the database gives them."""
    if voted_at is None:
        return 0
    return scores.slot(moment(voted_at), moment(last_comment_at) if last_comment_at else None)


def _version(topic_id: int) -> int:
    found = sql.rows(f"SELECT version FROM {Topic._meta.db_table} WHERE id = %s", [topic_id])  # noqa: S608
    if not found:
        raise Http404
    return int(found[0][0])


# ------------------------------------------------------------------------------------- whole talk


def _talk_html(topic: Topic, options: Options) -> Built:
    threads, next_token, long_count, pinned = _choose_threads(topic, options)
    limit = ALL_COMMENTS if options.show_all else PAGE_COMMENTS
    if long_count:  # what its page says is a small part of it
        name = ("thread", threads[0])
        top = partial(tree.top_of_thread, threads[0], levels=walk.LEVELS, public=long_count)
        shapes = [_kept_shape(topic, name, top)]
        pieces = [_entries(shape, options, limit) for shape in shapes if shape.rows]
        words = _words(topic, [entry for piece, _left in pieces for entry in piece])
    else:
        rows = rows_said(threads)
        pieces = _pieces(rows, threads, options, limit)
        words = {row.id: row for row in rows if row.state == PUBLIC}
    page = CommentsHtml(topic, words, pinned=pinned)
    for piece, left in pieces:
        root = piece[0].row
        after = piece[-1].row.id if options.sort == OLDEST else 0
        more = _more_link(root.id, left, str(root.ordinal), after)
        page.add(piece, base=(root.ordinal,), more=more)
    entries = [entry for piece, _left in pieces for entry in piece]
    comments = treemap.drawn(entries, words, past="" if topic.locked_at else "say") + page.html()
    html = _frame(topic, options, comments, next_token)
    if options == Options(
        settings.TALK_ORDER
    ):  # who sorts or leafs reads another page than the canonical one
        html += postings.posting(topic, entries, words)
    return Built(html, _version_of(words))


def _choose_threads(topic: Topic, options: Options) -> tuple[list[int], str, int, set[int]]:
    """Return the ids of the page's threads in order, the token of the next page or "", and, if it is
    one thread with more comments than a page shows, how many public ones it has (else 0); and which
    are pinned.

    Whole threads are taken until 200 comments; a longer one stands alone.
    """
    limit = ALL_COMMENTS if options.show_all else PAGE_COMMENTS
    found = _threads_beyond(topic, options, limit + 1)
    total, taken = 0, 0
    for _id, count, _key, _pinned_at in found[:limit]:
        if taken and total + count > limit:
            break
        total, taken = total + count, taken + 1
    chosen, long_count = [row[0] for row in found[:taken]], total if total > limit else 0
    pinned = {row[0] for row in found[:taken] if row[3]}
    if taken == len(found) or not taken:
        return chosen, "", long_count, pinned
    last_id, _count, key, pinned_at = found[taken - 1]
    if pinned_at:
        key = pinned_at
    if isinstance(key, str):
        key = (moment(key) - _EPOCH) // timedelta(microseconds=1)
    return chosen, f"{'p' if pinned_at else ''}{key}.{last_id}", long_count, pinned


_LARGEST = {walk.DISCUSSED: 2**31 - 1, walk.BEST: 2**31 - 1, walk.CONTROVERSIAL: 2**63 - 1}


_PINNED = ("pinned_at", "<", "DESC")  # before all others, in every order


def _threads_beyond(topic: Topic, options: Options, most: int) -> list[tuple[int, int, Any, Any]]:
    """Return (id, public comments, value of the order's column, since when it is pinned or None; a
    moment as text) of the threads that follow the token, in order. One query.
    """
    order, token = THREADS_BY[options.sort], options.token
    value = tree.as_text(order[0]) if order[0] == "created_at" else order[0]
    columns = f"id, comment_count, {value},"
    if token and not _ends_pinned(token):
        rest, values = _in_order(order, options, f"{columns} NULL", most, begun=True)
        return sql.rows(rest, [topic.pk, *values])
    pinned_at = tree.as_text("pinned_at")
    first, before = _in_order(_PINNED, options, f"{columns} {pinned_at}", most, begun=bool(token))
    rest, values = _in_order(order, options, f"{columns} CAST(NULL AS TEXT)", most, begun=False)
    both = f"SELECT * FROM ({first}) p UNION ALL SELECT * FROM ({rest}) q"  # noqa: S608 (ours)
    found = sql.rows(both, [topic.pk, *before, topic.pk, *values])
    return sorted(found, key=lambda row: row[3] is None)  # of a union no order is promised


def _in_order(
    order: tuple[str, str, str], options: Options, columns: str, most: int, *, begun: bool
) -> tuple[str, list[Any]]:
    """Return the query of the pinned threads or of the others in this order, and its values but the
    first, the topic's; `begun`: what stands beyond the token.
    """
    column, after, way = order
    where, values = f"pinned_at IS {'NOT ' if order is _PINNED else ''}NULL", []
    if begun:
        key, last_id = _key_of(options)
        where += f" AND {column} {after}= %s AND ({column} {after} %s OR id {after} %s)"
        values = [key, key, last_id]
    text = (
        f"SELECT {columns} FROM {Thread._meta.db_table}"  # noqa: S608 (columns of our own)
        f" WHERE topic_id = %s AND comment_count > 0 AND {where}"
        f" ORDER BY {column} {way}, id {way} LIMIT {most}"
    )
    return text, values


def _ends_pinned(token: str) -> bool:
    return token.startswith("p")


def _key_of(options: Options) -> tuple[Any, int]:
    """Return the token's value of the order's column, and the thread's id."""
    match = TOKEN.match(options.token)
    assert match is not None  # Options.of refuses others
    key, last_id = int(match[1]), int(match[2])
    if options.sort in _LARGEST and not _ends_pinned(options.token):
        return min(key, _LARGEST[options.sort]), last_id
    try:
        at = _EPOCH + timedelta(microseconds=key)
    except OverflowError:
        raise BadRequest(_("This page does not exist.")) from None
    return sql.moment(at), last_id


def _pieces(
    rows: Sequence[Said], thread_ids: Sequence[int], options: Options, limit: int
) -> list[tuple[list[Entry], int]]:
    """Return what _entries returns of each of these whole threads, in the order of `thread_ids`."""
    by_thread: dict[int, list[Any]] = {thread_id: [] for thread_id in thread_ids}
    for row in rows:
        by_thread[row.thread_id].append(row)
    return [
        # Most threads are one comment.
        ([Entry(found[0], 0, ())], 0)
        if len(found) == 1
        else _entries(Shape.of(found), options, limit)
        for found in by_thread.values()
        if found
    ]


def _kept_shape(topic: Topic, name: tuple[str, int], read: Callable[[], tree.Top]) -> Shape:
    """Return the shape of a thread or branch; a long one is kept under the version, so that its
    further pages and other orders need not read it again.
    """
    key = ("shape", topic.pk, topic.version, _slot(topic), *name)
    shape: Shape | None = kept.get(key)
    if shape is None:
        shape = Shape.of(*read())
        if len(shape.rows) > PAGE_COMMENTS:
            kept.put(key, shape, SHAPE_ROW_BYTES * len(shape.rows))
    return shape


def _entries(shape: Shape, options: Options, limit: int) -> tuple[list[Entry], int]:
    """Return what a page shows of a thread or branch, and how many public comments it leaves out.

    A long one is cut in stored order under "oldest", else in the chosen order among its first 1,500.
    """
    root = shape.rows[0]
    if shape.public(root) <= limit:
        # Tombstones come on top; there are at most NEST of them over each public comment.
        return walk.walk(shape, root, limit=len(shape.rows), order=shape.order(options.sort))
    if options.sort == OLDEST:
        return walk.walk(shape, root, limit=limit)
    first = walk.first_in_stored_order(shape, root, ALL_COMMENTS)
    entries, _left = walk.walk(first, root, limit=limit, order=shape.order(options.sort))
    return entries, _not_among(shape, root, entries)


def _not_among(shape: Shape, root: tree.Row, entries: Sequence[Entry]) -> int:
    shown = sum(entry.row.state == State.PUBLIC for entry in entries)
    return shape.public(root) - shown - sum(entry.continues for entry in entries)


def _more_link(comment_id: int, count: int, number: str, after: int) -> str:
    if count <= 0:
        return ""
    words = ngettext(
        "%(count)d more reply to %(number)s", "%(count)d more replies to %(number)s", count
    ) % {"count": count, "number": number}
    query = f"?after={after}" if after else ""
    return f'<p class="more"><a href="/comments/{comment_id}/{query}">{words}</a></p>'


def _frame(topic: Topic, options: Options, comments: str, next_token: str) -> str:
    """Return the section round the comments: heading, orders, notices, count, pager, the way in."""
    head = (
        f'<section id="talk" aria-labelledby="talk-h"><header class="talk-head">'
        f'<h2 class="h" id="talk-h">{_("The talk")}</h2>'
        + (_orders(topic, options) if topic.comment_count > 1 else "")
        + "</header>"
    )
    said = [_("Demo talk, invented.")] if topic.is_demo else []
    said += [topic.notice] if topic.notice else []
    notice = "".join(f'<p class="notice" dir="auto">{escape(words)}</p>' for words in said)
    if not topic.comment_count:
        comments = (
            f'<p class="empty">{_("Nobody has said anything yet. The first word is yours.")}</p>'
        )
    elif not comments:
        comments = f'<p class="empty">{_("The talk ends here.")}</p>'
    return (
        f"{head}{notice}{invitation(topic.pk) if topic.comment_count else ''}<!--yours-->"
        f'<div class="talk" data-comment-count="{topic.comment_count}"{arrivals.where(topic)}>'
        f"{comments}</div>"
        f"{_pager(topic, options, next_token)}{_way_in(topic)}</section>"
    )


def _catch_up(topic: Topic) -> str:
    address = f"{escape(topic.get_absolute_url())}since/"
    return f'<a class="catch-up" href="{address}" rel="nofollow">{_("catch me up")}</a>'


def _featured(topic: Topic) -> str:
    """Return the way to what moderators chose of this talk, "" where that is nothing."""
    if not topic.featured_count:
        return ""
    words = ngettext("%(n)d featured", "%(n)d featured", topic.featured_count)
    address = reverse("featured", args=[topic.pk])
    return f'<a href="{address}">{words % {"n": topic.featured_count}}</a>'


def _orders(topic: Topic, options: Options) -> str:
    """Return the orders as links. Scripts remember the one that is followed (order.js); without
    them there is a page that asks.
    """
    asked = replace(options, token="", after=0)
    made = _order_links(asked, orders_offered(), get_language())
    links = made.replace("\0", escape(topic.get_absolute_url()))
    keep = f"{reverse('order')}?sort={options.sort}&amp;back={quote(topic.get_absolute_url())}"
    ask = f'<noscript><a href="{keep}">{_("always in this order")}</a></noscript>'
    return f'<p class="sort" data-cookie="{order_cookie()}">{links}{_featured(topic)}{_catch_up(topic)}{ask}</p>'


@lru_cache(maxsize=64)
def _order_links(options: Options, offered: tuple[str, ...], _language: str | None) -> str:
    """Return the links, "\0" where the address of the talk goes."""
    names = order_names()
    return "".join(
        f'<span aria-current="true">{names[sort]}</span>'
        if sort == options.sort
        else f'<a href="\0{options.query(sort=sort)}#talk" data-sort="{sort}">{names[sort]}</a>'
        for sort in offered
    )


def _pager(topic: Topic, options: Options, next_token: str) -> str:
    base = escape(topic.get_absolute_url())
    links = []
    if options.token:
        links.append(f'<a href="{base}{options.query(token="")}#talk">{_("To the beginning")}</a>')
    if next_token:
        links.append(
            f'<a rel="next" href="{base}{options.query(token=next_token)}#talk">{_("More of the talk")}</a>'
        )
    if topic.comment_count > PAGE_COMMENTS and not options.show_all:
        words = _("All on one page")
        if topic.comment_count > ALL_COMMENTS:
            words = _("%(count)s on one page") % {"count": f"{ALL_COMMENTS:,}"}
        links.append(f'<a href="{base}{options.query(token="", show_all=True)}#talk">{words}</a>')
    return f'<p class="pager">{" ".join(links)}</p>' if links else ""


def _way_in(topic: Topic) -> str:
    if topic.closed_at:
        words = _("This talk is closed. It stays here to be read.")
        return f'<p class="notice" dir="auto">{words} {escape(topic.closed_words)}</p>'
    if topic.locked_at:
        return f'<p class="notice">{_("This talk is locked: it takes no more comments.")}</p>'
    words = _("Say something about the film") if topic.path else _("Say something")
    hint = "" if settings.GUESTS == "closed" else _("No account needed.")
    if topic.all_held_at:
        hint = _("A moderator reads every new comment here before others see it.")
    elif topic.guests_held_at and hint:
        hint = _("No account needed; a moderator reads what guests write before others see it.")
    return (
        f'<p class="row" id="say"><a class="btn main" href="/topics/{topic.pk}/comments/new/"'
        f' data-form-link>{words}</a> <span class="quiet">{hint}</span></p>'
    )


# ------------------------------------------------------------------------------- a comment's page


def _branch_html(comment: Comment, topic: Topic, options: Options) -> Built:
    way = tree.ancestors(comment.pk)
    shape = _branch_shape(comment, topic)
    if not shape.rows:
        raise Http404  # purged since the comment was read
    limit = ALL_COMMENTS if options.show_all else PAGE_COMMENTS
    if options.after:
        entries, left = walk.walk_after(shape, shape.rows[0], after_id=options.after, limit=limit)
    else:
        entries, left = _entries(shape, options, limit)
    above = range(max(0, len(way) - 1 - ANCESTORS_SHOWN), len(way) - (not options.after))
    missing = {entry.row.parent_id for entry in entries if entry.far}
    others = [step for step in way[above.start : above.stop] if step.state == State.PUBLIC]
    far = [row for row in shape.rows if row.id in missing and row.state == State.PUBLIC]
    more_ids = [*(step.id for step in others), *(row.id for row in far)]
    words = _words(topic, entries, more_ids)
    pinned = _pinned(comment)
    page = CommentsHtml(topic, words, here=comment.pk, pinned=pinned)
    for at in above:
        page.add_above(way[: at + 1])
    base = tuple(step.ordinal for step in way)
    is_stored_order = options.after or options.sort == OLDEST
    after = entries[-1].row.id if entries and is_stored_order else 0
    page.add(entries, base=base, more=_more_link(comment.pk, left, walk.number(base, ()), after))
    return Built(treemap.drawn(entries, words) + page.html(), _version_of(words))


def _branch_shape(comment: Comment, topic: Topic) -> Shape:
    """Return the shape of a comment and all below it; a root's is its thread's."""
    name = ("branch", comment.pk) if comment.parent_id else ("thread", comment.thread_id)
    return _kept_shape(topic, name, partial(tree.top_of_branch, comment, levels=walk.LEVELS))


def preview(
    comment: Comment, topic: Topic, *, state: str = "", folded: bool = False, most: int
) -> str:
    """Return the branch of a comment as readers would see it were it in this state, or folded: at most
    `most` comments, without what is pressed; "" where nothing of it would be seen. Three queries.
    """
    top = tree.top_of_branch(comment, levels=walk.LEVELS)
    if not top.rows:
        return ""
    root = top.rows[0]._replace(state=state or comment.state)
    shape = Shape.of([root, *top.rows[1:]], top.below)
    if not shape.is_shown(root) or (folded and root.state != State.PUBLIC):
        return ""
    entries, left = walk.walk(shape, root, limit=most)
    words = _words(topic, [entry for entry in entries if entry.row.id != root.id], [root.id])
    page = CommentsHtml(topic, words)
    page.reply = page.vote = ()
    base = tuple(step.ordinal for step in tree.ancestors(comment.pk))
    page.add(entries, base=base, more=_more_link(comment.pk, left, walk.number(base, ()), 0))
    html = page.html()
    return html.replace("<details open>", "<details>", 1) if folded else html


# ------------------------------------------------------------------------------------ the comments


def _words(topic: Topic, entries: Sequence[Entry], more_ids: Sequence[int] = ()) -> dict[int, Said]:
    """Return what the public comments among these say, and more_ids, which are public too; one query."""
    ids = {entry.row.id for entry in entries if entry.row.state == State.PUBLIC} | set(more_ids)
    return said(ids, topic.pk)


def _version_of(words: dict[int, Said]) -> int:
    """Return the topic's version that was read with the words; 0 if none was."""
    return next((one.version for one in words.values()), 0)


def fragment(comment: Comment, topic: Topic) -> str:
    """Return one comment as it stands on a page, for the answer to htmx."""
    way = tree.ancestors(comment.pk)
    row = tree.Row(
        comment.pk, comment.parent_id, 0, State.PUBLIC, len(way) - 1, comment.ordinal, None
    )
    page = CommentsHtml(topic, said([comment.pk]), pinned=_pinned(comment))
    page.add([Entry(row, 0, ())], base=tuple(step.ordinal for step in way))
    return page.html()


def _pinned(comment: Comment) -> tuple[int, ...]:
    """Return the ids of the pinned threads on a page of this comment's thread."""
    return (comment.thread_id,) if comment.thread.pinned_at else ()


def sample(comment: Comment, topic: Topic, *, pinned: bool = False, **changes: Any) -> str:
    """Return a comment alone as it would look with these fields of Said; two queries and, for its
    replies, those of its branch.
    """
    way = tree.ancestors(comment.pk)
    entries = _entries(_branch_shape(comment, topic), Options(), 1)[0]
    words = {pk: one._replace(**changes) for pk, one in said([comment.pk]).items()}
    page = CommentsHtml(topic, words, pinned=(comment.thread_id,) if pinned else ())
    page.add(entries[:1], base=tuple(step.ordinal for step in way))
    return page.html()


def number_of(comment: Comment) -> str:
    """Return the comment's path number, "6.5"; one query."""
    return numbers_of([comment.pk])[comment.pk]


def numbers_of(comment_ids: Sequence[int]) -> dict[int, str]:
    """Return the path numbers of comments; one query for all."""
    ways = tree.ordinals_down_to(comment_ids)
    return {pk: walk.number(way, ()) for pk, way in ways.items()}


def depth_of(comment: Comment) -> int:
    """Return how many comments stand above this one."""
    return tree.depth_of(comment)


def address_of(comment: Comment, topic: Topic) -> str:
    """Return an address whose page holds `#c<id>`, for the way back after posting."""
    at = f"#c{comment.pk}"
    if not comment.is_public:
        return comment.get_absolute_url()
    if topic.comment_count <= PAGE_COMMENTS and tree.depth_of(comment) <= walk.NEST:
        return f"{topic.get_absolute_url()}{at}"
    return f"{comment.get_absolute_url()}{at}"
