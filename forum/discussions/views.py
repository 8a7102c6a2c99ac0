"""Reading a comment on its own page; what one wrote; the Lobby."""

from dataclasses import replace
from typing import Any

from django.db.models import F, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from forum import markup, sql
from forum.accounts.readers import (
    ANYBODY,
    Reader,
    reader_of,
)
from forum.discussions import (
    answers,
    arrivals,
    comments_html,
    muted,
    newness,
    overlay,
    page,
    proofs,
    services,
    week,
)
from forum.discussions.models import Comment, Revision, State, Topic
from forum.discussions.orders import usual_order
from forum.errors import kept_words

MINE_A_PAGE = 50
LOBBY_TOPICS = 200


# ---------------------------------------------------------------------------------------- reading


@require_safe
def comment_page(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """A comment with those above it and its replies. 404: never was; 410: was public."""
    options = page.Options.of(request.GET, usual_order(request))
    since = newness.since_of(request.GET)
    found = sql.first_values(_public_version, comment_id)
    if found:
        topic_id, version, *voted = found
        names = (topic_id, version, page.slot_of_stored(*voted))
        etag = answers.etag_of("comment", comment_id, *names, options, since)
        return answers.shared(
            request, etag, lambda: _whole(request, comment_id, options), keep=not since
        )
    return _whole(request, comment_id, options)


def _public_version(comment_id: int) -> QuerySet[Comment, Any]:
    """What says whether a comment is shown to all, and by which version: all that a warm page asks."""
    names = ("id", "version", "voted_at", "last_comment_at")
    rows = Comment.objects.visible_to(ANYBODY).filter(pk=comment_id)
    return rows.values_list(*(f"thread__topic__{name}" for name in names))


def _whole(request: HttpRequest, comment_id: int, options: page.Options) -> HttpResponse:
    reader = reader_of(request)
    comment = in_sight(reader, comment_id)
    if comment is None:
        return gone_or_missing(request, comment_id)
    if comment.is_public:
        return _branch(request, comment, options, reader)
    if comment.is_by(reader) or reader.is_staff:
        return answers.private(_own(request, comment, reader))
    if not services.was_public(comment.pk):
        raise Http404
    return _branch(request, comment, options, reader, status=410)


def in_sight(reader: Reader, comment_id: int) -> Comment | None:
    """Return a comment that is in sight of the reader, with all that its page says; one query."""
    return sql.first(_for_staff if reader.is_staff else _for_others, comment_id)


def _for_staff(comment_id: int) -> QuerySet[Comment]:
    return Comment.objects.exclude_purged().with_text().filter(pk=comment_id)


def _for_others(comment_id: int) -> QuerySet[Comment]:
    return Comment.objects.in_sight_of(ANYBODY).with_text().filter(pk=comment_id)


def in_any_state(comment_id: int) -> QuerySet[Comment]:
    return Comment.objects.with_text().filter(pk=comment_id)


def gone_or_missing(request: HttpRequest, comment_id: int) -> HttpResponse:
    if not services.was_public(comment_id):
        raise Http404
    return _gone(request)


def _gone(request: HttpRequest) -> HttpResponse:
    context = {"status": 410, "is_comment": True, "kept": kept_words(request)}
    return render(request, "errors/410.html", context, status=410)


def _branch(
    request: HttpRequest, comment: Comment, options: page.Options, reader: Reader, status: int = 200
) -> HttpResponse:
    talk = page.branch(comment, comment.thread.topic, options)
    if status == 410 and not options.after and b'<div class="kids">' not in talk.html:
        return _gone(request)
    news = newness.of(request, talk.topic, newness.since_of(request.GET), options.sort)
    token = overlay.token_of(request, reader)
    html = overlay.personal(talk.html, talk.topic.pk, reader, news, token, muted.of(request))
    return render(
        request,
        "discussions/comment.html",
        {
            "comment": comment,
            "topic": talk.topic,
            "body_html": html.decode(),
            "arrivals": arrivals.where(talk.topic, comment),
            "may_mute": _may_mute(comment, reader),
            "excerpt": markup.excerpt(comment.text.body_html, 160) if comment.is_public else "",
        },
        status=status,
    )


def _may_mute(comment: Comment, reader: Reader) -> bool:
    is_somebodys = bool(comment.member_id or comment.pen_id)
    return comment.is_public and is_somebodys and not comment.is_by(reader)


def _own(request: HttpRequest, comment: Comment, reader: Reader) -> HttpResponse:
    """A comment that is not public, to its author or staff: its text, why, and the way back."""
    context = own_page_context(comment, reader)
    return render(request, "discussions/own.html", context)


def own_page_context(comment: Comment, reader: Reader) -> dict[str, Any]:
    """Return what _own.html takes; a query each for its number, its depth and a reply to it."""
    found = own_context(comment, reader, page.number_of(comment))
    return found | {"depth": page.depth_of(comment)}


def own_context(
    comment: Comment, reader: Reader, number: str, is_answered: bool | None = None
) -> dict[str, Any]:
    """Return what is said of a comment to its author or staff; no query where `is_answered` is given."""
    # A spammer is not told which texts are taken for spam.
    shown = State.REMOVED if comment.state == State.SPAM and not reader.is_staff else comment.state
    return {
        "comment": comment,
        "shown_state": shown,
        "state_words": State(shown).label,
        "topic": comment.thread.topic,
        "number": number,
        "body_html": comment.text.body_html if comment.is_text_visible_to(reader) else "",
        "words": comments_html.gone_words(comment.state),
        "proof_words": proofs.WORDS.get(comment.reason, ""),
        "is_author": comment.is_by(reader),
        "may_edit": comment.is_editable_by(reader, is_answered),
        "may_note": not comment.bar_to_note(reader, is_answered),
        "may_undelete": comment.is_undeletable_by(reader),
    }


@require_safe
def history(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The earlier texts of a comment: to all once it has a public reply, before that to its author.

    What was replaced while it waited for a moderator stays between the author and staff; what a
    moderator took a part out of is for senior staff alone.
    """
    reader = reader_of(request)
    comment = get_object_or_404(Comment.objects.visible_to(reader).with_text(), pk=comment_id)
    if not (comment.is_by(reader) or reader.is_staff or comment.has_public_reply()):
        raise Http404
    context = {
        "comment": comment,
        "revisions": Revision.objects.visible_to(reader, comment).order_by("-pk"),
        "topic": comment.thread.topic,
        "number": page.number_of(comment),
    }
    return answers.private(render(request, "discussions/history.html", context))


@require_safe
def my_comments(request: HttpRequest) -> HttpResponse:
    """Everything that this member or pen wrote, newest first, held ones with it."""
    reader = reader_of(request)
    before = request.GET.get("before", "")
    rows = Comment.objects.by(reader).in_sight_of(reader).with_text().order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: MINE_A_PAGE + 1])
    ids = [comment.pk for comment in found]
    numbers, answered = page.numbers_of(ids), Comment.objects.answered_among(ids)
    context = {
        "comments": [
            own_context(comment, reader, numbers[comment.pk], comment.pk in answered)
            for comment in found[:MINE_A_PAGE]
        ],
        "next": found[MINE_A_PAGE - 1].pk if len(found) > MINE_A_PAGE else None,
        "is_any_public": any(comment.is_public for comment in found),
    }
    return answers.private(render(request, "discussions/my_comments.html", context))


# ---------------------------------------------------------------------------------------- the Lobby


@require_safe
def lobby(request: HttpRequest) -> HttpResponseBase:
    """Topics without a film, the latest talk first."""

    def make() -> HttpResponse:
        topics = Topic.objects.in_lobby().visible_to(reader_of(request))
        latest = topics.order_by(F("last_comment_at").desc(nulls_last=True), "-pk")
        shown = list(latest[:LOBBY_TOPICS])
        newness.count(request, shown)
        context = {
            "topics": shown,
            "week": week.talked(topics),
            "has_demo": any(topic.is_demo for topic in shown),
        }
        return render(request, "discussions/lobby.html", context)

    return answers.shared(request, None, make)


@require_safe
def topic_page(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    """A Lobby topic with its talk."""
    reader = reader_of(request)
    topic = get_object_or_404(Topic.objects.in_lobby().visible_to(reader), pk=topic_id)
    options = replace(page.Options.of(request.GET, usual_order(request)), after=0)
    since = newness.since_of(request.GET)

    def make() -> HttpResponse:
        talk = page.talk(topic, options)
        news = newness.of(request, talk.topic, since, options.sort)
        token = overlay.token_of(request, reader)
        html = overlay.personal(talk.html, topic.pk, reader, news, token, muted.of(request))
        context = {"topic": talk.topic, "body_html": html.decode(), "options": options}
        return render(request, "discussions/topic.html", context | {"news": news})

    etag = answers.etag_of("topic", *page.names_of(topic), options, since)
    return answers.shared(request, etag, make, keep=not since)


@require_safe
def topic_number(request: HttpRequest, topic_id: int, number: str) -> HttpResponse:
    """From a path number to the comment's own page: 302, 301 from one it had before."""
    topic = get_object_or_404(Topic.objects.in_lobby().visible_to(reader_of(request)), pk=topic_id)
    return answers.to_number(topic.pk, number)
