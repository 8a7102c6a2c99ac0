"""What people send: a comment, and a change of one."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from forum import languages
from forum.accounts.models import KeptName, User
from forum.accounts.names import check_name, is_reserved
from forum.accounts.readers import Reader
from forum.discussions import form_marks, proofs, services
from forum.discussions.models import BODY_CHARS


class BodyForm(forms.Form):
    """A comment's text, counted before anything parses it."""

    body = forms.CharField(
        label=_("Your comment"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "in",
                "rows": 7,
                "dir": "auto",
                "data-limit": BODY_CHARS,
                "required": True,
            }
        ),
    )

    language = forms.ChoiceField(
        label=_("Language of the text"),
        required=False,
        choices=[("", _("as the text tells")), *languages.NAMES.items()],
        widget=forms.Select(attrs={"class": "in"}),
    )

    def clean_body(self) -> str:
        return services.check_body(self.cleaned_data.get("body") or "")


class NoteForm(BodyForm):
    """A note to one's own comment, whose language stays. `room`: characters that are left for it."""

    def __init__(self, *args: Any, room: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["language"]
        self.fields["body"].label = _("Your note")
        self.fields["body"].widget.attrs["data-limit"] = room


class CommentForm(BodyForm):
    """A comment or reply. Guests give a name, and an address if they like; members neither."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        strip=False,
        widget=forms.TextInput(
            attrs={"class": "in", "autocomplete": "name", "dir": "auto", "required": True}
        ),
    )
    email = forms.EmailField(
        label=_("E-mail, never shown"),
        required=False,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "email"}),
        error_messages={
            "invalid": _("An address looks like nils@example.org. You may leave it out.")
        },
    )
    as_moderator = forms.BooleanField(label=_("Say it as a moderator"), required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput, required=False)
    opened = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    proof = forms.CharField(widget=forms.HiddenInput, required=False)  # of work (proofs.py)
    website = forms.CharField(required=False)  # nobody sees it, and only machines fill it in

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        submission = uuid.uuid4()
        initial = {"submission": submission, "opened": form_marks.opened(submission)}
        initial |= kwargs.pop("initial", None) or {}
        if reader.pen:
            initial |= {"name": reader.pen.name, "email": reader.pen.email}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        if reader.user:
            for name in ("name", "email", "opened", "website"):
                del self.fields[name]
        if reader.user or not settings.PROOF_OF_WORK:
            del self.fields["proof"]
        if not (reader.is_staff and reader.may_moderate()):
            del self.fields["as_moderator"]

    @property
    def age_s(self) -> int | None:
        """How long ago the form that was sent was made, in seconds; None if it does not say."""
        submission = self.cleaned_data.get("submission")
        return form_marks.age_s(self.cleaned_data.get("opened", ""), submission)

    @property
    def proved(self) -> str:
        """Return how the work was proved that this form asked for, "" if it asked for none.

        A good proof counts from then on: to be asked where a comment is posted alone.
        """
        if "proof" not in self.fields:
            return ""
        return proofs.outcome(self.cleaned_data["proof"], self.cleaned_data.get("submission"))

    @property
    def challenge(self) -> str:
        """What the form asks its browser to work on, "" for nothing: it has done so."""
        if "proof" not in self.fields or self._has_proof:
            return ""
        return proofs.challenge()

    @property
    def _has_proof(self) -> bool:
        return proofs.is_true(str(self["proof"].value() or ""))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields nobody sees, as the form has them when it is shown again: one that does not say
        when it was made says so from now on.
        """
        submission = str(self["submission"].value() or uuid.uuid4())
        found = [("submission", submission)]
        if "opened" in self.fields:
            opened = str(self["opened"].value() or "")
            is_ours = form_marks.age_s(opened, submission) is not None
            found.append(("opened", opened if is_ours else form_marks.opened(submission)))
        if "proof" in self.fields and self._has_proof:
            found.append(("proof", str(self["proof"].value())))
        return found

    def clean_name(self) -> str:
        name = check_name(self.cleaned_data.get("name") or "")
        if is_reserved(name):
            raise ValidationError(
                _("This name is kept for the people who run the site."), "name-kept"
            )
        if User.objects.named_like(name).exists():
            raise ValidationError(
                _(
                    "A member has this name or one that looks the same. Is it you? Then sign in first."
                ),
                "name-taken",
            )
        if KeptName.keeps(name):
            raise ValidationError(_("This name is not free at the moment."), "name-taken")
        return name
