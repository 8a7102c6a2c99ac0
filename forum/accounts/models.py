"""People: members with an account, and the pens of guests."""

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.names import NAME_CHARS, check_name, is_reserved, skeleton


class MemberManager(UserManager["User"]):
    def _create_user_object(self, username: str, email: Any, password: Any, **fields: Any) -> Any:
        # Django's seam for all three create_…user methods.
        user = super()._create_user_object(username, email, password, **fields)  # type: ignore[misc]
        user.skeleton = skeleton(user.username)
        return user

    def named_like(self, name: str) -> models.QuerySet["User"]:
        """Return the members whose name looks like `name`."""
        return self.filter(skeleton=skeleton(name))


class User(AbstractUser):
    """A member. The username is the name that readers see; no two look alike."""

    username = models.CharField(
        _("name"),
        max_length=NAME_CHARS,
        unique=True,
        validators=[check_name],  # type: ignore[list-item]  # Django drops what it returns
        error_messages={"unique": _("A member has this name already.")},
        help_text=_("1 to 60 characters of any script. Readers see it."),
    )
    skeleton = models.CharField(max_length=NAME_CHARS * 4, unique=True, editable=False)
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    mail_decisions = models.BooleanField(
        _("letters about my comments"),
        default=True,
        help_text=_("What moderators decide about them, by e-mail."),
    )

    objects = MemberManager()  # type: ignore[misc,assignment]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username

    def clean(self) -> None:
        super().clean()
        try:
            self.username = check_name(self.username)
        except ValidationError:
            return  # the field's own validator says it
        self.skeleton = skeleton(self.username)
        if is_reserved(self.username) and not self.is_staff:
            raise ValidationError({"username": _("This name is kept for the site.")})
        if User.objects.named_like(self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": _("A member has a name that looks the same.")})


class Pen(models.Model):
    """A guest who has posted from one browser: a random secret in a cookie, stored hashed."""

    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    name = models.CharField(_("name"), max_length=NAME_CHARS)  # last used, offered in the form
    email = models.EmailField(_("e-mail"), blank=True)  # never shown to readers
    # Of the letter that asks whether the address is theirs; together with the id it names its link.
    email_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_confirmed_at = models.DateTimeField(_("e-mail confirmed"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")

    def __str__(self) -> str:
        return self.name


class QuietAddress(models.Model):
    """An address whose owner wants no letters as a guest: a keyed hash of it, kept for a year."""

    address_hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("address that wants no letters")
        verbose_name_plural = _("addresses that want no letters")

    def __str__(self) -> str:
        return f"#{self.pk}"
