"""What people send: a comment, and a change of one."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import KeptName, User
from forum.accounts.names import check_name, is_reserved
from forum.accounts.readers import Reader
from forum.discussions import services
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

    def clean_body(self) -> str:
        return services.check_body(self.cleaned_data.get("body") or "")


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
    submission = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        initial = {"submission": uuid.uuid4()} | (kwargs.pop("initial", None) or {})
        if reader.pen:
            initial |= {"name": reader.pen.name, "email": reader.pen.email}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        if reader.user:
            del self.fields["name"], self.fields["email"]

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
