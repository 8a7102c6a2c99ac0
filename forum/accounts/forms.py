"""The forms of signing in and up, and what a member sets: allauth's, with our rules for names."""

import zoneinfo
from typing import Any

from allauth.account.forms import ChangePasswordForm, ResetPasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.accounts import blocks
from forum.accounts.limits import count, hit, network_key
from forum.accounts.models import Mailing, User


class LoginForm(AllauthLoginForm):
    def clean_login(self) -> str:
        """Return the name as its member writes it: any spelling that looks the same will do."""
        typed = str(super().clean_login())
        found = User.objects.named_like(typed).values_list("username", flat=True).first()
        return found or typed


class SignupForm(AllauthSignupForm):
    """Name and password; an address where settings.MAILS. The field "website" is for robots."""

    def clean(self) -> dict[str, Any]:
        count(hit("signup:network", network_key(context.request)))
        cleaned: dict[str, Any] = super().clean()
        blocks.refuse(
            network=network_key(context.request),
            name=str(cleaned.get("username") or ""),
            email=str(cleaned.get("email") or ""),
        )
        return cleaned

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # An account would have cost a hash: who knows the address learns nothing by the time.
            make_password(self.cleaned_data.get("password1"))
        return super().try_save(request)


class ResetForm(ResetPasswordForm):
    def clean(self) -> Any:
        count(hit("reset:network", network_key(context.request)))
        return super().clean()


class PasswordForm(ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        count(hit("account:member", str(self.user.pk)))
        return str(super().clean_oldpassword())


class _Limited(forms.Form):
    user: User

    def clean_code(self) -> str:
        count(hit("factor:member", str(self.user.pk)))
        return str(super().clean_code())  # type: ignore[misc]


class FactorForm(_Limited, AuthenticateForm):
    pass


class FactorAgainForm(_Limited, ReauthenticateForm):
    pass


def _zones() -> list[tuple[str, Any]]:
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    return [("", _("as the site: %(zone)s") % {"zone": settings.TIME_ZONE})] + [
        (name, name.replace("_", " ")) for name in names if not name.startswith(("Etc/", "posix"))
    ]


class _Select(forms.Select):
    def __init__(self, **more: Any) -> None:
        super().__init__(attrs={"class": "in"}, **more)


class ReadingForm(forms.ModelForm):
    """How pages are shown to a member."""

    language = forms.ChoiceField(label=_("Language"), required=False, widget=_Select)
    zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones, widget=_Select)
    density = forms.ChoiceField(
        label=_("Density"), required=False, choices=User.Density.choices, widget=forms.RadioSelect
    )
    type_size = forms.ChoiceField(
        label=_("Size of type"), required=False, choices=User.Size.choices, widget=forms.RadioSelect
    )
    typeface = forms.ChoiceField(
        label=_("Type of the talk"),
        required=False,
        choices=User.Face.choices,
        widget=forms.RadioSelect,
    )
    shortcuts = forms.BooleanField(label=_("Keyboard shortcuts of one key"), required=False)

    class Meta:
        model = User
        fields = [
            "language",
            "zone",
            "density",
            "type_size",
            "typeface",
            "shortcuts",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) > 1:
            own = dict(settings.LANGUAGES).get(settings.LANGUAGE_CODE, settings.LANGUAGE_CODE)
            site = (_("as the site: %(language)s") % {"language": own}) if own else ""
            self.fields["language"].choices = [("", site), *settings.LANGUAGES]  # type: ignore[attr-defined]
        else:
            del self.fields["language"]


class LettersForm(forms.ModelForm):
    """When letters about what stands in the inbox go out, by its kind."""

    class Meta:
        model = User
        fields = ["mail_replies", "mail_mentions", "mail_follows", "mail_decisions"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("mail_replies", "mail_mentions", "mail_follows"):
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=Mailing.choices, widget=forms.RadioSelect
            )
        self.fields["mail_decisions"].label = _(
            "A letter when moderators decide about a comment of mine"
        )


class LooksForm(forms.Form):
    """How pages look in this browser, for who has no account; its names are those of Looks."""

    density = forms.ChoiceField(
        label=_("Density"), required=False, choices=User.Density.choices, widget=forms.RadioSelect
    )
    size = forms.ChoiceField(
        label=_("Size of type"), required=False, choices=User.Size.choices, widget=forms.RadioSelect
    )
    face = forms.ChoiceField(
        label=_("Type of the talk"),
        required=False,
        choices=User.Face.choices,
        widget=forms.RadioSelect,
    )
    keys = forms.BooleanField(label=_("Keyboard shortcuts of one key"), required=False)
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class NameForm(forms.Form):
    username = forms.CharField(label=_("Name"), strip=False)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        self.member = member
        super().__init__(*args, **kwargs)
        self.initial["username"] = member.username

    def clean_username(self) -> str:
        count(hit("account:member", str(self.member.pk)))
        return User.objects.free_name(self.cleaned_data["username"], but=self.member)
