"""How django-allauth works here: our names, our limits, our words, our letters."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.accounts.limits import count, cut_address, hit, network_key
from forum.accounts.models import User
from forum.accounts.names import skeleton
from forum.worker.letters import letter

log = logging.getLogger(__name__)
# allauth's letters by our kinds; every other is a notice of something done to the account.
KINDS = {
    "email_confirmation_signup": "account_code",
    "email_confirmation": "account_code",
    "password_reset_code": "account_code",
    "account_already_exists": "account_known",
    "unknown_account": "account_unknown",
}
# What is said on the next page of one's account; allauth's other messages are not.
SAID = {
    "account/messages/email_confirmed.txt": _("Your address is confirmed."),
    "account/messages/email_deleted.txt": _("The address is taken away."),
    "account/messages/email_confirmation_failed.txt": _("This address cannot be confirmed."),
    "account/messages/password_changed.txt": _("Your password is changed."),
    "account/messages/password_set.txt": _("Your password is set."),
    "mfa/messages/totp_activated.txt": _("The app is set up as your second factor."),
    "mfa/messages/totp_deactivated.txt": _("The app is no second factor any more."),
    "mfa/messages/recovery_codes_generated.txt": _("New recovery codes are made."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is taken away."),
}


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("No member has this name with this password."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
        "incorrect_code": _("This code is not right."),
        "invalid_password_reset": _("This code is not right any more."),
        "too_many_login_attempts": _("Too many attempts. Please try again in a while."),
        "rate_limited": _("That was quick. Please wait a little."),
        "duplicate_email": _("This is your address already."),
        "same_as_current": _("This is the same as before."),
    }

    # ---------------------------------------------------------------------------------------- names

    def clean_username(self, username: str, shallow: bool = False) -> str:
        return User.objects.free_name(username)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        super().save_user(request, user, form, commit=False)
        user.skeleton = skeleton(user.username)
        user.save()
        return user

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        if settings.PEN_COOKIE_NAME in request.COOKIES:
            return reverse("claim")
        return super().get_signup_redirect_url(request)

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, *, signup: bool, **more: Any
    ) -> HttpResponse:
        """Go on as allauth does; for a new account settings.NEWCOMERS are called first: (request, user)."""
        if signup:
            for path in settings.NEWCOMERS:
                import_string(path)(request, user)
        return super().post_login(request, user, signup=signup, **more)

    # --------------------------------------------------------------------------------------- limits

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the sender's address cut to /24 or /48; a full one is never stored."""
        return cut_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a password that is tried. Raises ValidationError "too-often".

        Who is over the limit of their network, or of a name from it, adds nothing to what is
        counted for the name alone. Where the member has signed in before that does not count.
        """
        name, network = skeleton(str(credentials.get("username", ""))[:300]), network_key(request)
        count(hit("login:network", network))
        count(hit("login:pair", f"{name}:{network}") if name else 0)
        wait = hit("login:name", name)
        if wait and not _was_here(name, cut_address(request)):
            count(wait)

    def get_login_stages(self) -> list[str]:
        ours = "forum.accounts.adapter.AddressStage"
        theirs = "allauth.account.stages.EmailVerificationStage"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    # ---------------------------------------------------------------------------------------- words

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        words = message or SAID.get(message_template or "")
        if words:
            messages.add_message(request, level, str(words))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write one of our letters; too many codes to one address, or from one network, are not."""
        if not settings.MAILS:
            return
        what = template_prefix.rsplit("/", 1)[-1]
        kind = KINDS.get(what, "account_notice")
        if kind != "account_notice":
            wait = hit("mail:address", email.lower())
            if max(wait, hit("mail:network", network_key(self.request))):
                log.warning("too many codes were asked for: one is not sent")
                return
        letter(kind, email, {"what": what, "code": context.get("code", "")}).send()


class FactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right."),
        "cannot_generate_recovery_codes": _("Recovery codes come with an app or a passkey."),
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("My passkey") if not count else gettext("My other passkey")


def _was_here(name: str, address: str) -> bool:
    """Return True if a session of this member, still open, began in this network."""
    return UserSession.objects.filter(user__skeleton=name, ip=address).exists()


class AddressStage(EmailVerificationStage):
    """Asks for the code that was sent to the address with which somebody signed up.

    Of a member whom staff made, or who signed up while no mail went out, nothing is asked: mail that
    does not arrive locks no administrator out.
    """

    def handle(self) -> Any:
        user = self.login.user
        if user and not user.emailaddress_set.filter(primary=True).exists():
            return None, True
        return super().handle()
