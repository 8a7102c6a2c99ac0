"""What readers will see: a decision about a comment shown before it is made, in its three ways."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from forum.accounts.readers import Reader, reader_of
from forum.discussions import page, services
from forum.discussions.models import Comment, State
from forum.moderation.act_pages import NAMES_SHOWN, Concerned
from forum.moderation.acts import acts_for
from forum.moderation.decisions import reasons, verbs_for

MOST_SHOWN = 30  # comments of the branch


@dataclass(frozen=True)
class Way:
    """One way to decide: what it is called, what readers see then, what it does to whom, and the door."""

    name: str
    words: str
    shown_html: str  # "" where nothing is left to be seen
    nothing: str  # what is said then
    effect: list[str]
    address: str  # of the act's page; "" for removing, which has its form here
    may: bool
    why_not: str


def ways(comment: Comment, reader: Reader) -> list[Way]:
    """Return the three ways; at most ten queries and three for what each shows."""
    topic = comment.thread.topic
    whole = Concerned.of(comment, branch=True)
    below = whole.public - int(comment.is_public)
    acts = {act.name: act for act in acts_for(comment, reader)}

    def act(name: str) -> str:
        return reverse(acts[name].url_name, args=[comment.pk]) if name in acts else ""

    show: Callable[..., str] = lambda **how: _bare(page.preview(comment, topic, **how))  # noqa: E731
    return [
        Way(
            "remove",
            _("Remove it"),
            show(state=State.REMOVED, most=MOST_SHOWN),
            _("Nothing public hangs below it: readers see nothing in its place."),
            [_only(comment), _below_stays(below)],
            "",
            "remove" in verbs_for(comment, reader),
            _("It is gone from the page already."),
        ),
        Way(
            "fold",
            _("Fold the branch"),
            show(folded=True, most=MOST_SHOWN),
            _("Readers do not see this comment now, so there is nothing to fold."),
            [_whole(whole), _("All of it stays a press away, with its links and feeds.")],
            act("fold"),
            "fold" in acts,
            _("This branch cannot be folded as it is."),
        ),
        Way(
            "branch",
            _("Remove the branch"),
            "",
            _("Readers see nothing in its place: neither this comment nor any below it."),
            [_whole(whole), _("Hidden from everybody, and deleted after 30 days.")],
            act("purge"),
            "purge" in acts,
            _("Senior staff can do that."),
        ),
    ]


def _only(comment: Comment) -> str:
    return _("1 comment, by %(name)s.") % {"name": comment.name}


def _below_stays(count: int) -> str:
    if not count:
        return _("No reply is touched.")
    words = ngettext("%(n)d reply stays below it.", "%(n)d replies stay below it.", count)
    return words % {"n": count}


def _whole(concerned: Concerned) -> str:
    names = ", ".join(concerned.names)
    more = concerned.authors - len(concerned.names)
    if more > 0 and len(concerned.names) == NAMES_SHOWN:
        names += ngettext(" and %(n)d other", " and %(n)d others", more) % {"n": more}
    return f"{concerned}: {names}." if names else f"{concerned}."


def _bare(html: str) -> str:
    """Return the comments without what names them on a page: two pictures of one stand side by side."""
    return re.sub(r' id="[ac]\d+"', "", html)


class PreviewPages:
    """The page of the three ways, for the admin of comments."""

    admin_site: Any
    opts: Any

    def preview_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:comment_id>/preview/", view, name="discussions_comment_preview")]

    @method_decorator(require_safe)
    def preview_view(self, request: HttpRequest, comment_id: int) -> HttpResponse:
        """What each way would leave for readers to see, and the door to it. It writes nothing."""
        reader = reader_of(request)
        if not reader.may_moderate():
            raise PermissionDenied
        rows = services.in_scope(Comment.objects.visible_to(reader), reader)
        rows = rows.with_text().select_related("held_edit")
        comment = rows.filter(pk=comment_id).first()
        if comment is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("What readers will see"),
            "opts": self.opts,
            "comment": comment,
            "number": page.number_of(comment),
            "ways": ways(comment, reader),
            "seen": services.seen_of(comment),
            "reasons": reasons(),
        }
        return TemplateResponse(request, "admin/discussions/comment/preview.html", context)
