"""Members as others see them; a new name, a guest's comments taken over, leaving."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from forum.accounts.forms import NameForm
from forum.accounts.models import User
from forum.accounts.readers import Reader, pen_in, reader_of
from forum.accounts.views import refuse
from forum.discussions import answers, muted, page, services
from forum.discussions.bringing import bring_along
from forum.discussions.models import Claim, Comment, Topic, Vote

COMMENTS_A_PAGE = 50
MOST_FILMS = 60


@require_safe
def member_page(request: HttpRequest, member_id: int) -> HttpResponseBase:
    """A member's public comments, newest first, and the films they are about.

    404 for an account that staff have closed, as for one that never was: nothing is told about it.
    """
    member = get_object_or_404(User, pk=member_id, is_active=True)

    def make() -> HttpResponse:
        return render(request, "discussions/member.html", _profile(request, member))

    return answers.shared(request, None, make)


def _before(request: HttpRequest) -> int:
    """Return the id of ?before=, 0 if there is none."""
    before = request.GET.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0


def _profile(request: HttpRequest, member: User) -> dict[str, Any]:
    """Four queries, however many comments there are, one more for who muted something; a page is found
    by its key.
    """
    before, what_is_muted = _before(request), muted.of(request)
    theirs = Comment.objects.public().filter(member=member)
    rows = theirs.filter(pk__lt=before) if before else theirs
    found = list(rows.with_text().order_by("-pk")[: COMMENTS_A_PAGE + 1])
    shown = found[:COMMENTS_A_PAGE]
    about = theirs.order_by().values("thread__topic_id")
    films = Topic.objects.of_films().filter(pk__in=about).order_by("title", "pk")
    numbers = page.numbers_of([comment.pk for comment in shown])
    return {
        "member": member,
        "comments": [
            {"comment": one, "number": numbers[one.pk], "is_muted": what_is_muted.hides(one)}
            for one in shown
        ],
        "films": list(films[: MOST_FILMS + 1])[:MOST_FILMS] if not before else [],
        "next": shown[-1].pk if len(found) > COMMENTS_A_PAGE else None,
        "is_later": bool(before),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Change one's name: it changes on everything one wrote."""
    assert isinstance(request.user, User)
    member = User.objects.get(pk=request.user.pk)
    form = NameForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        chosen = form.cleaned_data["username"]
        try:
            services.rename_member(member_id=member.pk, name=chosen, by=reader_of(request))
        except ValidationError as refusal:
            form.add_error("username", refusal)
        else:
            messages.success(request, _("This is your name from now on."))
            return redirect("account")
    response = render(request, "discussions/name.html", {"form": form})
    refuse(response, {"form": form})
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Show what this browser's guest wrote; POST makes it the member's, `undo` gives it back."""
    reader, pen = reader_of(request), pen_in(request)
    if request.method == "POST":
        try:
            messages.success(request, _claimed(reader, pen, "undo" in request.POST))
            if reader.user and "undo" not in request.POST:
                bring_along(request, reader.user)
        except ValidationError as refusal:
            context = {**_claimable(reader, pen), "words": " ".join(refusal.messages)}
            return render(request, "discussions/claim.html", context, status=409)
        return redirect("claim")
    return render(request, "discussions/claim.html", _claimable(reader, pen))


def _claimed(reader: Reader, pen: Any, is_undo: bool) -> str:
    """Do it, and return what was done, in words. Raises ValidationError "nothing-to-claim"."""
    if is_undo:
        count = services.unclaim(by=reader)
        words = ngettext(
            "%(count)d comment is a guest's again.",
            "%(count)d comments are a guest's again.",
            count,
        )
    else:
        count = services.claim_pen(pen_id=pen.pk if pen else 0, by=reader)
        if not count:
            return _("The votes of this browser are yours now.")
        words = ngettext(
            "%(count)d comment is yours now.", "%(count)d comments are yours now.", count
        )
    return words % {"count": count}


def _claimable(reader: Reader, pen: Any) -> dict[str, Any]:
    rows = Comment.objects.filter(pen=pen) if pen else Comment.objects.none()
    rows = rows.in_sight_of(reader).with_text().order_by("-pk")
    count = Comment.objects.filter(pen=pen).count() if pen else 0
    return {
        "count": count,
        "votes": Vote.objects.filter(pen=pen).count() if pen and not count else 0,
        "comments": rows[:COMMENTS_A_PAGE],
        "claimed": Claim.objects.that_can_be_undone(reader.user).count(),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponseBase:
    """Ask to be erased, for which the password is asked again; or, in the day after, to stay."""
    if request.method == "POST" and "stay" in request.POST:
        reader = reader_of(request)
        assert reader.user is not None
        services.stay(member_id=reader.user.pk, by=reader)
        messages.success(request, _("Good that you stay."))
        return redirect("account")
    return _leave(request)


@reauthentication_required(app="forum.discussions")
def _leave(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    assert reader.user is not None
    context: dict[str, Any] = {"ways": User.Leaving.choices, "how": request.POST.get("how", "")}
    if request.method != "POST":
        return render(request, "discussions/leave.html", context)
    try:
        services.leave(member_id=reader.user.pk, how=context["how"], by=reader)
    except ValidationError as refusal:
        context["words"] = " ".join(refusal.messages)
        return render(request, "discussions/leave.html", context, status=422)
    get_adapter(request).send_notification_mail("account/email/leaving", reader.user)
    return redirect("account")
