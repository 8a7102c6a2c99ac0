"""The acts on a branch where it stands: locked, folded, slowed, pinned, featured, split."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import page, services, tree
from forum.discussions.models import BODY_CHARS, Comment, FoldReason
from forum.moderation.act import Act, FormOfComment, NoForm
from forum.moderation.targets import TopicField

REPLIES_SHOWN = 200  # to choose from
EXCERPT_CHARS = 90


class FoldForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[("", gettext_lazy("Choose one; readers see it")), *FoldReason.choices],
    )


class SlowForm(forms.Form):
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("One reply a person every"),
        coerce=int,
        initial=10,
        choices=[
            (n, ngettext_lazy("%(n)d minute", "%(n)d minutes", n) % {"n": n})
            for n in services.SLOW_MINUTES
        ],
    )


class SplitForm(FormOfComment):
    replies = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What is split off, each with all below it"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    body = forms.CharField(
        label=gettext_lazy("What the new thread begins with"),
        strip=False,
        max_length=BODY_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("It stands above them under your name: say what this is about."),
    )
    topic = TopicField(
        label=gettext_lazy("In the talk of"),
        required=False,
        help_text=gettext_lazy("An address on this site. Left empty it stays in its talk."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replies"].choices = reply_choices(self.comment)  # type: ignore[attr-defined]


def reply_choices(comment: Comment) -> list[tuple[int, str]]:
    """Return (id, number, name, the first words, how much hangs below) of its replies; three queries."""
    below = tree.top_of_branch(comment, levels=2).below
    rows = Comment.objects.filter(parent=comment).exclude_purged()
    rows = rows.select_related("text", "member").order_by("ordinal")[:REPLIES_SHOWN]
    number = page.number_of(comment)
    return [(one.pk, _choice(one, number, below.get(one.pk, 0))) for one in rows]


def _choice(one: Comment, number: str, below: int) -> str:
    said = markup.excerpt(one.text.body_html, EXCERPT_CHARS) or str(one.get_state_display())
    more = ngettext(" (%(n)d below)", " (%(n)d below)", below) % {"n": below} if below else ""
    return f"{number}.{one.ordinal} {one.called or _('somebody')}: {said}{more}"


def _split_initial(comment: Comment) -> dict[str, Any]:
    address = f"{settings.SITE_URL}{comment.get_absolute_url()}"
    return {"body": _("Split off from the replies to %(address)s") % {"address": address}}


def _split(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    topic = data["topic"]
    services.split_replies(
        comment_id=comment.pk,
        reply_ids=data["replies"],
        body=data["body"],
        by=by,
        topic_id=topic.pk if topic else None,
    )


BRANCH_ACTS = [
    Act(
        "fold",
        gettext_lazy("Fold the branch"),
        gettext_lazy(
            "Readers see its first line, why it is folded and how much is in it, and open it as they"
            " like. Everything stays public, counted, found and answerable."
        ),
        FoldForm,
        lambda comment, data, by, base: services.fold_branch(
            comment_id=comment.pk, by=by, reason=data["reason"]
        ),
        gettext_lazy("The branch is folded."),
        applies=lambda comment: comment.is_public and not comment.folded_at,
        looks=lambda data: {"fold_reason": data.get("reason") or FoldReason.OFF_TOPIC},
    ),
    Act(
        "unfold",
        gettext_lazy("Unfold the branch"),
        gettext_lazy("Readers see it open again."),
        NoForm,
        lambda comment, data, by, base: services.unfold_branch(comment_id=comment.pk, by=by),
        gettext_lazy("The branch is open again."),
        applies=lambda comment: bool(comment.folded_at),
        looks=lambda data: {"fold_reason": ""},
    ),
    Act(
        "slow",
        gettext_lazy("Slow the branch"),
        gettext_lazy(
            "A person may reply in it, at any depth, once in that time. Who has to wait is told until"
            " when and why, and keeps what they typed. Staff do not wait."
        ),
        SlowForm,
        lambda comment, data, by, base: services.slow_branch(
            comment_id=comment.pk, by=by, minutes=data["minutes"]
        ),
        gettext_lazy("The branch is slow."),
        applies=lambda comment: not comment.slow_s,
        is_for_own=True,
        looks=lambda data: {"slow_s": 60 * data.get("minutes", 10)},
    ),
    Act(
        "unslow",
        gettext_lazy("Let the branch go at its own pace"),
        gettext_lazy("Everybody may reply in it as often as elsewhere."),
        NoForm,
        lambda comment, data, by, base: services.slow_branch(
            comment_id=comment.pk, by=by, minutes=0
        ),
        gettext_lazy("The branch is slow no more."),
        applies=lambda comment: bool(comment.slow_s),
        is_for_own=True,
        looks=lambda data: {"slow_s": 0},
    ),
    Act(
        "lock",
        gettext_lazy("Lock: no new replies below"),
        gettext_lazy("It stays to be read and takes no new replies and no votes, at any depth."),
        NoForm,
        lambda comment, data, by, base: services.lock_branch(
            comment_id=comment.pk, by=by, locked=True
        ),
        gettext_lazy("The branch is locked."),
        applies=lambda comment: not comment.locked_at,
        is_for_own=True,
        looks=lambda data: {"is_locked": True},
    ),
    Act(
        "unlock",
        gettext_lazy("Unlock the branch"),
        gettext_lazy("It takes replies again, at every depth."),
        NoForm,
        lambda comment, data, by, base: services.lock_branch(
            comment_id=comment.pk, by=by, locked=False
        ),
        gettext_lazy("The branch is unlocked."),
        applies=lambda comment: bool(comment.locked_at),
        is_for_own=True,
        looks=lambda data: {"is_locked": False},
    ),
    Act(
        "pin",
        gettext_lazy("Pin the thread"),
        gettext_lazy(
            "It stands before all others in every order, with the word “pinned”. A talk has at most"
            " three of them."
        ),
        NoForm,
        lambda comment, data, by, base: services.pin_thread(
            comment_id=comment.pk, by=by, pinned=True
        ),
        gettext_lazy("The thread is pinned."),
        applies=lambda comment: comment.parent_id is None and not comment.thread.pinned_at,
        is_for_own=True,
        looks=lambda data: {"pinned": True},
    ),
    Act(
        "unpin",
        gettext_lazy("Unpin the thread"),
        gettext_lazy("It stands where its order puts it."),
        NoForm,
        lambda comment, data, by, base: services.pin_thread(
            comment_id=comment.pk, by=by, pinned=False
        ),
        gettext_lazy("The thread is pinned no more."),
        applies=lambda comment: comment.parent_id is None and bool(comment.thread.pinned_at),
        is_for_own=True,
        looks=lambda data: {"pinned": False},
    ),
    Act(
        "feature",
        gettext_lazy("Feature"),
        gettext_lazy(
            "It is marked with the word “featured” where it stands, and comes into the list and the"
            " feed of what moderators chose of this talk, to which the head of the talk leads."
        ),
        NoForm,
        lambda comment, data, by, base: services.feature_comment(
            comment_id=comment.pk, by=by, featured=True
        ),
        gettext_lazy("The comment is featured."),
        applies=lambda comment: comment.is_public and not comment.featured_at,
        branch=False,
        looks=lambda data: {"is_featured": True},
    ),
    Act(
        "unfeature",
        gettext_lazy("Feature no more"),
        gettext_lazy("The word goes, and it leaves the list and the feed."),
        NoForm,
        lambda comment, data, by, base: services.feature_comment(
            comment_id=comment.pk, by=by, featured=False
        ),
        gettext_lazy("The comment is featured no more."),
        applies=lambda comment: bool(comment.featured_at),
        branch=False,
        looks=lambda data: {"is_featured": False},
    ),
    Act(
        "split",
        gettext_lazy("Split replies off"),
        gettext_lazy(
            "The replies that you choose become a thread of their own together, below words of yours,"
            " with all that hangs below them. Their pages keep their addresses, and the old numbers"
            " lead on."
        ),
        SplitForm,
        _split,
        gettext_lazy("The replies stand in a thread of their own."),
        applies=lambda comment: comment.replies_given > 0,
        is_for_own=True,
        initial=_split_initial,
    ),
]
