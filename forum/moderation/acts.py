"""What staff can do to a comment or its branch beside its state: the words and the deeds."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import BODY_CHARS, Comment, Reason
from forum.moderation.act import Act
from forum.moderation.branch_acts import BRANCH_ACTS
from forum.moderation.targets import CommentField, TopicField


class DetachForm(forms.Form):
    topic = TopicField(
        label=gettext_lazy("To the talk of"),
        required=False,
        help_text=gettext_lazy("An address on this site. Left empty it stays in its talk."),
    )


class MoveForm(forms.Form):
    topic = TopicField(
        label=gettext_lazy("To the talk of"),
        help_text=gettext_lazy("The address of a film or of a talk in the Lobby."),
    )


class MergeForm(forms.Form):
    under = CommentField(
        label=gettext_lazy("Under the comment"),
        help_text=gettext_lazy("The address of its page, or #123."),
    )


class RedactForm(forms.Form):
    part = forms.CharField(
        label=gettext_lazy("What to take out"),
        max_length=BODY_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Copy it from the text as it was typed; every place that has it is changed."
        ),
    )


class EditForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Text"), strip=False, widget=forms.Textarea(attrs={"rows": 12})
    )


class PurgeForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose one")), *Reason.choices],
    )


class FinalForm(PurgeForm):
    sure = forms.BooleanField(
        label=gettext_lazy("I know that nothing brings it back"), required=True
    )


def _detach(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    topic = data["topic"]
    services.detach_branch(comment_id=comment.pk, by=by, topic_id=topic.pk if topic else None)


def _merge(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.merge_thread(thread_id=comment.thread_id, under_id=data["under"].pk, by=by)


def _move(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.move_thread(thread_id=comment.thread_id, topic_id=data["topic"].pk, by=by)


def _purge(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.hide_branch(comment_id=comment.pk, by=by, reason=data["reason"])


def _purge_now(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.purge_branch(comment_id=comment.pk, by=by, reason=data["reason"])


def _redact(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.redact_comment(comment_id=comment.pk, by=by, part=data["part"], base=base)


def _edit(comment: Comment, data: dict[str, Any], by: Reader, base: str) -> None:
    services.edit_as_staff(comment_id=comment.pk, by=by, body=data["body"], base=base)


def _is_root(comment: Comment) -> bool:
    return comment.parent_id is None


ACTS = {
    act.name: act
    for act in [
        Act(
            "redact",
            gettext_lazy("Take a part out"),
            gettext_lazy(
                "A mark stands in its place for everybody. The earlier texts that have it are shown to"
                " senior staff alone. The author cannot edit the comment any more."
            ),
            RedactForm,
            _redact,
            gettext_lazy("A part was taken out."),
            branch=False,
        ),
        Act(
            "edit",
            gettext_lazy("Edit"),
            gettext_lazy(
                "Readers see that a moderator edited it, and can read the earlier text where they could"
                " before. The author cannot edit the comment any more."
            ),
            EditForm,
            _edit,
            gettext_lazy("The text was changed."),
            branch=False,
            initial=lambda comment: {"body": comment.text.body},
        ),
        *BRANCH_ACTS,
        Act(
            "detach",
            gettext_lazy("Detach"),
            gettext_lazy(
                "The branch becomes a thread of its own with a new number. Its pages keep their"
                " addresses, and the old numbers lead on."
            ),
            DetachForm,
            _detach,
            gettext_lazy("The branch is a thread of its own."),
            applies=lambda comment: not _is_root(comment),
            is_for_own=True,
        ),
        Act(
            "merge",
            gettext_lazy("Hang under another comment"),
            gettext_lazy(
                "The thread becomes a branch under that comment. Its pages keep their addresses, and"
                " the old numbers lead on."
            ),
            MergeForm,
            _merge,
            gettext_lazy("The thread hangs under that comment."),
            applies=_is_root,
            is_for_own=True,
        ),
        Act(
            "move",
            gettext_lazy("Move to another talk"),
            gettext_lazy(
                "The whole thread goes to that talk and gets a number there. Its pages keep their"
                " addresses, and the old numbers lead on."
            ),
            MoveForm,
            _move,
            gettext_lazy("The thread was moved."),
            applies=_is_root,
            is_for_own=True,
        ),
        Act(
            "purge",
            gettext_lazy("Purge"),
            gettext_lazy(
                "It is hidden at once from everybody, staff too, and deleted after 30 days. Until then"
                " it can be brought back from the list of what is to be purged."
            ),
            PurgeForm,
            _purge,
            gettext_lazy("Hidden from everybody; deleted in 30 days."),
            is_senior=True,
        ),
        Act(
            "purge-now",
            gettext_lazy("Delete now, for good"),
            gettext_lazy(
                "For unlawful material. It is deleted at once, with all texts before it and everything"
                " below. This is final: nothing brings it back."
            ),
            FinalForm,
            _purge_now,
            gettext_lazy("Deleted for good."),
            is_senior=True,
            is_final=True,
        ),
        Act(
            "erase",
            gettext_lazy("Erase"),
            gettext_lazy(
                "Text, earlier texts and name are blanked; its place and the replies of others stay."
                " This is final: nothing brings it back."
            ),
            FinalForm,
            lambda comment, data, by, base: services.erase_comment(comment_id=comment.pk, by=by),
            gettext_lazy("Erased."),
            branch=False,
            is_senior=True,
            is_final=True,
        ),
    ]
}


def acts_for(comment: Comment, reader: Reader) -> list[Act]:
    """Return what this reader may do with the comment as it is."""
    is_own = services.is_own(comment, reader)
    return [
        act
        for act in ACTS.values()
        if act.may(reader) and act.applies(comment) and (act.is_for_own or not is_own)
    ]
