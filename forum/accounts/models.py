"""People: members with an account, and the pens of guests."""

import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.names import NAME_CHARS, check_name, is_reserved, skeleton
from forum.accounts.pen_marks import mark_of


class Mailing(models.TextChoices):
    """When a letter about a notice goes out."""

    NOW = "now", _("at once")
    DAILY = "daily", _("once a day")
    NEVER = "", _("never")


class MemberManager(UserManager["User"]):
    def _create_user_object(self, username: str, email: Any, password: Any, **fields: Any) -> Any:
        # Django's seam for all three create_…user methods.
        user = super()._create_user_object(username, email, password, **fields)  # type: ignore[misc]
        user.skeleton = skeleton(user.username)
        return user

    def named_like(self, name: str) -> models.QuerySet["User"]:
        """Return the members whose name looks like `name`."""
        return self.filter(skeleton=skeleton(name))

    def free_name(self, name: str, *, but: "User | None" = None) -> str:
        """Return `name` as check_name does if a member, other than `but`, may take it.

        Raises ValidationError: name-*, name-kept (a role of the site), name-taken.
        """
        name = check_name(name)
        if is_reserved(name) and not (but and but.is_staff):
            raise ValidationError(_("This name is kept for the site."), "name-kept")
        others = self.named_like(name).exclude(pk=but.pk) if but else self.named_like(name)
        if others.exists():
            words = _("A member has this name, or one that looks the same.")
            raise ValidationError(words, "name-taken")
        if KeptName.keeps(name):
            raise ValidationError(_("This name is not free at the moment."), "name-taken")
        return name


class User(AbstractUser):
    """A member. The username is the name that readers see; no two look alike."""

    class Density(models.TextChoices):
        AIRY = "", _("airy")
        COMPACT = "compact", _("compact")

    class Size(models.TextChoices):
        SMALL = "small", _("smaller")
        REGULAR = "", _("as it is")
        LARGE = "large", _("larger")

    class Face(models.TextChoices):
        SANS = "", _("without serifs")
        SERIF = "serif", _("with serifs")

    class Leaving(models.TextChoices):
        DELETE = "delete", _("delete my comments")
        KEEP = "keep", _("keep them without my name")

    username = models.CharField(
        _("name"),
        max_length=NAME_CHARS,
        unique=True,
        validators=[check_name],  # type: ignore[list-item]  # Django drops what it returns
        error_messages={"unique": _("A member has this name already.")},
        help_text=_("1 to 60 characters of any script. Readers see it."),
    )
    skeleton = models.CharField(max_length=NAME_CHARS * 4, unique=True, editable=False)
    # How pages are shown to this member; empty: as the site has it.
    language = models.CharField(_("language"), max_length=12, blank=True)
    zone = models.CharField(_("time zone"), max_length=60, blank=True)
    density = models.CharField(
        _("density"), max_length=8, blank=True, choices=Density.choices, default=Density.AIRY
    )
    type_size = models.CharField(
        _("size of type"), max_length=8, blank=True, choices=Size.choices, default=Size.REGULAR
    )
    typeface = models.CharField(
        _("face of the talk"), max_length=8, blank=True, choices=Face.choices, default=Face.SANS
    )
    # In which talks are shown; a name of forum.discussions.walk, empty: the site's.
    order = models.CharField(max_length=13, blank=True, db_default="", editable=False)
    shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    suspended_until = models.DateTimeField(null=True, blank=True, editable=False)
    held_at = models.DateTimeField(null=True, blank=True, editable=False)  # staff read first
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)  # and has not read it
    # True for the one account that nobody has: comments kept without a name stand under it.
    is_nobody = models.BooleanField(default=False, editable=False)
    leaves_at = models.DateTimeField(null=True, blank=True, editable=False)  # then it is erased
    leaves_how = models.CharField(max_length=8, blank=True, choices=Leaving.choices, editable=False)
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    mail_decisions = models.BooleanField(
        _("letters about my comments"),
        default=True,
        help_text=_("What moderators decide about them, by e-mail."),
    )

    # Letters about what stands in the inbox, by its kind.
    mail_replies = models.CharField(
        _("replies to what I wrote"),
        max_length=5,
        blank=True,
        choices=Mailing.choices,
        default=Mailing.NOW,
    )
    mail_mentions = models.CharField(
        _("where somebody names me"),
        max_length=5,
        blank=True,
        choices=Mailing.choices,
        default=Mailing.NOW,
    )
    mail_follows = models.CharField(
        _("what I follow"),
        max_length=5,
        blank=True,
        choices=Mailing.choices,
        default=Mailing.DAILY,
    )
    unread = models.PositiveIntegerField(default=0, editable=False)  # of the inbox
    has_mutes = models.BooleanField(default=False, editable=False)  # then pages ask which

    objects = MemberManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            models.Index(fields=["username"], name="member_staff", condition=Q(is_staff=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(leaves_at__isnull=True, leaves_how="")
                | Q(leaves_at__isnull=False, leaves_how__in=["delete", "keep"]),
                name="member_leaves_when_and_how",
            ),
            models.UniqueConstraint(
                fields=["is_nobody"], condition=Q(is_nobody=True), name="member_one_nobody"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def mailing_of(self, kind: str) -> str:
        """Return when letters about notices of this kind ("reply", "mention", "follow") go out."""
        by_kind = {
            "reply": self.mail_replies,
            "mention": self.mail_mentions,
            "follow": self.mail_follows,
        }
        return by_kind[kind]

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
        if KeptName.keeps(self.username):
            raise ValidationError({"username": _("This name is not free at the moment.")})


class KeptName(models.Model):
    """A name that was erased and is nobody's for a while: a keyed hash of its skeleton alone."""

    name_hash = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name_hash[:8]

    @staticmethod
    def hash_of(name: str) -> str:
        key = hashlib.sha256(b"name" + settings.SECRET_KEY.encode()).digest()
        return hmac.new(key, skeleton(name).encode(), hashlib.sha256).hexdigest()

    @classmethod
    def keeps(cls, name: str) -> bool:
        rows = cls.objects.filter(name_hash=cls.hash_of(name), until__gt=timezone.now())
        return rows.exists()


def public_id_of_a_pen() -> str:
    return secrets.token_hex(8)


class Pen(models.Model):
    """A guest who has posted from one browser: a random secret in a cookie, stored hashed."""

    # Names the pen in addresses; random, so that it tells neither the pen's number nor its secret.
    public_id = models.CharField(
        max_length=16, unique=True, default=public_id_of_a_pen, editable=False
    )

    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    name = models.CharField(_("name"), max_length=NAME_CHARS)  # last used, offered in the form
    email = models.EmailField(_("e-mail"), blank=True)  # never shown to readers
    # Of the letter that asks whether the address is theirs; together with the id it names its link.
    email_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_confirmed_at = models.DateTimeField(_("e-mail confirmed"), null=True, blank=True)
    mail_notices = models.BooleanField(default=True, editable=False)  # of replies, once confirmed
    # What the cookie says that this browser has muted, for who writes letters; "" without an address.
    muted = models.CharField(
        max_length=3_000, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Closed by staff: it writes, edits, votes and reports no more; until a moment, or for good.
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_until = models.DateTimeField(null=True, blank=True, editable=False)
    held_at = models.DateTimeField(null=True, blank=True, editable=False)  # staff read first
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)  # and has not read it

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        indexes = [
            models.Index(
                Lower("email"),
                name="pen_by_confirmed_email",
                condition=Q(email_confirmed_at__isnull=False),
            ),
            models.Index(
                fields=["closed_until"],
                name="pen_closed_until",
                condition=Q(closed_until__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_until__isnull=True) | Q(closed_at__isnull=False),
                name="pen_closed_until_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(muted="") | ~Q(email=""), name="pen_muted_has_address"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def mark(self) -> str:
        """The letters of the mark that stands on all that this pen wrote."""
        return mark_of(self.pk)


class QuietAddress(models.Model):
    """An address whose owner wants no letters as a guest: a keyed hash of it, kept for a year."""

    address_hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("address that wants no letters")
        verbose_name_plural = _("addresses that want no letters")

    def __str__(self) -> str:
        return f"#{self.pk}"


class BlockQuerySet(models.QuerySet["Block"]):
    def in_force(self) -> "BlockQuerySet":
        return self.filter(lifted_at=None, until__gt=timezone.now())


class Block(models.Model):
    """A network, a mail domain or a pattern of names that writes here no more, until a moment.

    `value` of a network is its key (limits.network_key), never an address; it is emptied when the
    block ends. Guests and new accounts are held against it (blocks.py), members who are here are not.
    """

    class Kind(models.TextChoices):
        NETWORK = "network", _("a network")
        DOMAIN = "domain", _("a mail domain")
        NAME = "name", _("a pattern of names")

    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    value = models.CharField(_("which"), max_length=100, blank=True)
    reason = models.CharField(_("why"), max_length=20)
    made_at = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"))
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    met = models.PositiveIntegerField(_("stopped"), default=0)  # how often it refused

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        indexes = [
            models.Index(fields=["until"], name="block_in_force", condition=Q(lifted_at=None))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["network", "domain", "name"]), name="block_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=models.F("made_at")), name="block_until_later"
            ),
        ]

    def __str__(self) -> str:
        if self.kind == self.Kind.NETWORK:
            return str(_("a network, its address unknown"))
        return self.value

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and self.until > timezone.now()
