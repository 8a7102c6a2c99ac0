"""A film goes from view and comes back: shown first, then done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from films import services
from films.admin.merging import MergePages
from films.models import Film
from forum.accounts.admin import Way
from forum.accounts.readers import reader_of
from forum.discussions.models import Comment

BACK = gettext_lazy("It can be published again at any time, with its talk as it was.")


@dataclass(frozen=True)
class StateAct:
    """A step from one state to another that needs a look first."""

    name: str
    words: Any
    state: str
    effect: Callable[[Film, str], list[Any]]  # of the film and its talk, in words
    done: Any
    sources: tuple[str, ...]  # the states in which it applies

    @property
    def url_name(self) -> str:
        return f"films_film_{self.name.replace('-', '_')}"


def _talk(film: Film) -> str:
    """Return how much talk the film has: "3 public comments by 2 people"."""
    rows = Comment.objects.counted().on_topic(film.topic_id)
    n, people = rows.count(), rows.count_authors()
    comments = ngettext("%(n)d public comment", "%(n)d public comments", n) % {"n": n}
    authors = ngettext("%(n)d person", "%(n)d people", people) % {"n": people}
    return _("%(comments)s by %(people)s") % {"comments": comments, "people": authors}


def _withdraw_effect(film: Film, talk: str) -> list[Any]:
    gone = _("%(path)s answers that it is gone (410), and so does every page of its talk.")
    return [
        gone % {"path": film.get_absolute_url()},
        _("It leaves lists, search, feeds and the pages of its people."),
        _("From view with it: %(talk)s. Nothing is deleted, and nobody can post.") % {"talk": talk},
        BACK,
    ]


def _draft_effect(film: Film, talk: str) -> list[Any]:
    gone = _("%(path)s answers as if it had never been (404), and so does every page of its talk.")
    return [
        gone % {"path": film.get_absolute_url()},
        _("Not in view as long: %(talk)s. Nothing is deleted, and nobody can post.")
        % {"talk": talk},
        BACK,
    ]


def _publish_effect(film: Film, talk: str) -> list[Any]:
    return [
        _("%(path)s shows the film again.") % {"path": film.get_absolute_url()},
        _("Its talk is back with it, and open: %(talk)s.") % {"talk": talk},
        _("It stands in lists, search and feeds again. It can be withdrawn at any time."),
    ]


DRAFT, PUBLISHED, WITHDRAWN = Film.State.DRAFT, Film.State.PUBLISHED, Film.State.WITHDRAWN
STATE_ACTS = {
    act.name: act
    for act in [
        StateAct(
            "withdraw",
            gettext_lazy("Withdraw"),
            WITHDRAWN,
            _withdraw_effect,
            gettext_lazy("The film is withdrawn."),
            (PUBLISHED,),
        ),
        StateAct(
            "publish-again",
            gettext_lazy("Publish again"),
            PUBLISHED,
            _publish_effect,
            gettext_lazy("The film is published again."),
            (WITHDRAWN,),
        ),
        StateAct(
            "to-draft",
            gettext_lazy("Take back to draft"),
            DRAFT,
            _draft_effect,
            gettext_lazy("The film is a draft again."),
            (PUBLISHED, WITHDRAWN),
        ),
    ]
}


class StatePages(MergePages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.state_view)
        routes = [
            path(f"<int:film_id>/{name}/", view, {"name": name}, name=act.url_name)
            for name, act in STATE_ACTS.items()
        ]
        return [*routes, *super().get_urls()]

    def ways(self, request: HttpRequest, obj: Any) -> list[Way]:
        if not self.has_change_permission(request, obj):
            return []
        return [
            Way(act.words, reverse(f"admin:{act.url_name}", args=[obj.pk]))
            for act in STATE_ACTS.values()
            if obj.state in act.sources
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def state_view(self, request: HttpRequest, film_id: int, name: str) -> HttpResponse:
        """GET: what will change. POST: do it, or say why not and what happened meanwhile (409)."""
        act, film = STATE_ACTS[name], self.film_of(request, film_id)
        if not self.has_change_permission(request, film):
            raise PermissionDenied
        if request.method != "POST":
            return self._state_page(request, film, act)
        by, shown = reader_of(request).user, request.POST.get("seen", "")
        try:
            if film.state not in act.sources:
                raise ValidationError(_("This does not apply any more."), "changed-meanwhile")
            services.set_film_state(film=film, state=act.state, by=by, shown=shown)
        except ValidationError as refusal:
            film = self.film_of(request, film_id)
            words = " ".join([*refusal.messages, _last_change(film)])
            return self._state_page(request, film, act, status=409, refusal=words)
        self.message_user(request, act.done)
        return HttpResponseRedirect(reverse("admin:films_film_change", args=[film_id]))

    def _state_page(
        self, request: HttpRequest, film: Film, act: StateAct, **context: Any
    ) -> TemplateResponse:
        applies = film.state in act.sources
        if not applies:
            context.setdefault("refusal", _("This does not apply: the film is as it says above."))
        return self.act_page(
            request,
            film,
            words=act.words,
            effect=act.effect(film, _talk(film)) if applies else [],
            form=forms.Form() if applies else None,
            seen=services.seen(film),
            standing=film.get_state_display(),
            **context,
        )


def _last_change(film: Film) -> str:
    """Return who changed the film last, and when; "" where that is not known."""
    last = film.history.select_related("history_user").order_by("-history_id").first()
    if last is None:
        return ""
    who = last.history_user or _("somebody who is gone")
    at = date_format(localtime(last.history_date), "j F Y, H:i")
    return _("%(who)s changed it last, on %(at)s.") % {"who": who, "at": at}
