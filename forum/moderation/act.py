"""What an act of staff on a comment or its branch is: its words, its form, its deed, how it will look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from forum.accounts.readers import Reader
from forum.discussions import page
from forum.discussions.models import Comment


class NoForm(forms.Form):
    """An act that needs no more than a yes."""


class FormOfComment(forms.Form):
    """A form that must know the comment it is about."""

    def __init__(self, *args: Any, comment: Comment, **kwargs: Any) -> None:
        self.comment = comment
        super().__init__(*args, **kwargs)


def _nothing(comment: Comment) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Act:
    """One act: what its button and page say, who may, and what it does with the form's data.

    `looks`: the fields of Said that it changes, for the sample of how the comment will look.
    """

    name: str
    words: Any
    effect: Any  # what will change, in a sentence or two
    form: type[forms.Form]
    do: Callable[[Comment, dict[str, Any], Reader, str], Any]
    done: Any
    applies: Callable[[Comment], bool] = lambda comment: True
    branch: bool = True
    is_senior: bool = False
    is_final: bool = False
    is_for_own: bool = False  # about the place, which a moderator may settle for their own too
    initial: Callable[[Comment], dict[str, Any]] = _nothing
    looks: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def url_name(self) -> str:
        return f"admin:discussions_comment_{self.name.replace('-', '_')}"

    def may(self, reader: Reader) -> bool:
        return reader.is_senior() if self.is_senior else reader.may_moderate()

    def form_of(self, comment: Comment, data: Any = None) -> forms.Form:
        """Return the form with what was sent, or with what it begins with."""
        more = {"comment": comment} if issubclass(self.form, FormOfComment) else {}
        if data is not None:
            return self.form(data, **more)
        return self.form(initial=self.initial(comment), **more)

    def sample_of(self, comment: Comment, form: forms.Form) -> str:
        """Return the comment as it will look, "" where nobody sees it or nothing is seen of the act."""
        if self.looks is None or not comment.is_public:
            return ""
        data = getattr(form, "cleaned_data", None) or {}
        return page.sample(comment, comment.thread.topic, **self.looks(data))
