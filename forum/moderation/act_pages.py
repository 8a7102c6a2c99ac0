"""The page of each act: what will change and who is concerned, and then, by POST, the deed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from forum import markup
from forum.accounts.readers import Reader, reader_of
from forum.discussions import page, services, tree
from forum.discussions.models import Comment, State
from forum.discussions.writing import STATUS
from forum.moderation.act import Act
from forum.moderation.acts import ACTS
from forum.moderation.words import meanwhile

NAMES_SHOWN = 12


@dataclass(frozen=True)
class Concerned:
    """Whom an act concerns: a comment alone, or all of its branch."""

    comments: int
    public: int
    authors: int
    names: list[str]

    @classmethod
    def of(cls, comment: Comment, *, branch: bool, only: Sequence[int] = ()) -> "Concerned":
        """Count; three queries. `only`: the branches of these replies."""
        rows = tree.branch_rows(comment) if branch else []
        rows = _below(rows, only) if only else rows
        found = Comment.objects.filter(pk__in=[row.id for row in rows] or [comment.pk])
        authors = found.order_by().values_list("member__username", "author_name").distinct()
        names = sorted({member or name for member, name in authors} - {""})
        return cls(
            len(rows) or 1,
            sum(row.state == State.PUBLIC for row in rows) if rows else int(comment.is_public),
            found.count_authors(),
            names[:NAMES_SHOWN],
        )

    def __str__(self) -> str:
        comments = ngettext("%(n)d comment", "%(n)d comments", self.comments)
        authors = ngettext("%(n)d person", "%(n)d people", self.authors)
        return _("%(comments)s (%(public)d public) by %(authors)s") % {
            "comments": comments % {"n": self.comments},
            "public": self.public,
            "authors": authors % {"n": self.authors},
        }


def _below(rows: Sequence[tree.Row], tops: Sequence[int]) -> list[tree.Row]:
    """Return those of a branch's rows, in stored order, that are or hang below one of `tops`."""
    here = set(tops)
    for row in rows:
        if row.parent_id in here:
            here.add(row.id)
    return [row for row in rows if row.id in here]


def _chosen(form: forms.Form) -> list[int]:
    return list(getattr(form, "cleaned_data", {}).get("replies") or ())


class ActPages:
    """The pages of the acts, for the admin of comments."""

    admin_site: Any
    opts: Any

    def act_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        return [
            path(
                f"<int:comment_id>/{name}/",
                view,
                {"name": name},
                name=act.url_name.removeprefix("admin:"),
            )
            for name, act in ACTS.items()
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def act_view(self, request: HttpRequest, comment_id: int, name: str) -> HttpResponse:
        """GET: what will change and who is concerned. POST: do it, or say why not."""
        act, reader = ACTS[name], reader_of(request)
        if not act.may(reader):
            raise PermissionDenied
        comment = _comment_of(reader, comment_id)
        if not act.is_for_own:
            _refuse_own(comment, reader)
        if request.method != "POST":
            form = act.form_of(comment, request.GET or None)
            return self._act_page(request, comment, act, form)
        form = act.form_of(comment, request.POST)
        if form.is_valid() and "look" in request.POST:  # how it will look; nothing is done
            return self._act_page(request, comment, act, form)
        if not form.is_valid():
            return self._act_page(request, comment, act, form, status=422)
        seen = request.POST.get("seen", "")
        if not act.applies(comment) or (seen and seen != services.seen_of(comment)):
            form.add_error(None, f"{capfirst(meanwhile(comment_id) or _('changed meanwhile'))}.")
            return self._act_page(request, comment, act, form, status=409)
        try:
            act.do(comment, form.cleaned_data, reader, request.POST.get("base", ""))
        except ValidationError as refusal:
            form.add_error(None, refusal)
            status = STATUS.get(refusal.code or "", 422)
            comment = _comment_of(reader, comment_id)
            return self._act_page(request, comment, act, form, status=status)
        messages.success(request, f"#{comment_id}: {act.done}")
        return HttpResponseRedirect(_way_on(comment_id, reader))

    def _act_page(
        self, request: HttpRequest, comment: Comment, act: Act, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": act.words,
            "opts": self.opts,
            "act": act,
            "may_look": bool(form.fields) and (act.looks is not None or act.name == "split"),
            "form": form,
            "comment": comment,
            "number": page.number_of(comment),
            "excerpt": markup.excerpt(comment.text.body_html, 240),
            "concerned": Concerned.of(comment, branch=act.branch, only=_chosen(form)),
            "sample_html": act.sample_of(comment, form),
            "target": getattr(form, "cleaned_data", {}).get("under"),
            "seen": services.seen_of(comment),
            "base": services.text_version(comment),
        }
        template = "admin/discussions/comment/act.html"
        return TemplateResponse(request, template, context, status=status)


def _comment_of(reader: Reader, comment_id: int) -> Comment:
    rows = services.in_scope(Comment.objects.visible_to(reader), reader)
    found = rows.with_text().filter(pk=comment_id).first()
    if found is None:
        raise Http404
    return found


def _refuse_own(comment: Comment, reader: Reader) -> None:
    try:
        services.refuse_own(comment, reader)
    except ValidationError as refusal:
        raise PermissionDenied(" ".join(refusal.messages)) from None


def _way_on(comment_id: int, reader: Reader) -> str:
    """Return the comment's page, or the queue where nobody sees it any more."""
    if Comment.objects.visible_to(reader).filter(pk=comment_id).exists():
        return reverse("admin:discussions_comment_change", args=[comment_id])
    return reverse("admin:discussions_comment_changelist")
