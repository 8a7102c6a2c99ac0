"""Addresses of accounts: django-allauth's views under names that it asks for, and our own."""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from forum.accounts import address_views, preferences, views
from forum.accounts.views import answered, needs_mail

login = answered(account.login)
mail_code = answered(needs_mail(account.email_verification_sent))
reset = answered(needs_mail(account.password_reset))
reset_code = answered(needs_mail(account.confirm_password_reset_code))
reset_complete = answered(needs_mail(account.complete_password_reset))

urlpatterns = [
    path("login/", login, name="login"),
    path("login/", login, name="account_login"),
    path("logout/", account.logout, name="logout"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),
    path("account/", views.overview, name="account"),
    path("account/reading/", preferences.reading, name="reading"),
    path("reading/", preferences.looks, name="looks"),
    path("account/sessions/", views.sessions, name="sessions"),
    path("account/closed/", account.account_inactive, name="account_inactive"),
    path("account/again/", answered(account.reauthenticate), name="account_reauthenticate"),
    path("account/email/", answered(needs_mail(views.email)), name="account_email"),
    path("account/email/code/", mail_code, name="account_email_verification_sent"),
    path("account/password/", answered(account.password_change), name="account_change_password"),
    path("account/password/set/", answered(account.password_set), name="account_set_password"),
    path("account/reset/", reset, name="account_reset_password"),
    path("account/reset/code/", reset_code, name="account_confirm_password_reset_code"),
    path("account/reset/new/", reset_complete, name="account_complete_password_reset"),
    path(
        "account/reset/done/",
        needs_mail(account.password_reset_from_key_done),
        name="account_password_reset_completed",
    ),
    # The second factor
    path("account/factor/", factor.index, name="mfa_index"),
    path("account/factor/code/", answered(factor.authenticate), name="mfa_authenticate"),
    path("account/factor/again/", answered(factor.reauthenticate), name="mfa_reauthenticate"),
    path("account/factor/app/", answered(totp.activate_totp), name="mfa_activate_totp"),
    path("account/factor/app/remove/", answered(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/factor/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/factor/codes/new/",
        answered(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("account/factor/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/factor/passkeys/add/", answered(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("account/factor/passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path(
        "account/factor/passkeys/again/",
        answered(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "account/factor/passkeys/<int:pk>/remove/",
        passkeys.remove_webauthn,
        name="mfa_remove_webauthn",
    ),
    path(
        "account/factor/passkeys/<int:pk>/edit/",
        answered(passkeys.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path("mail/confirm/<str:token>/", address_views.confirm, name="mail_confirm"),
    path("mail/off/<str:token>/", address_views.off, name="mail_off"),
    path("account/letters/", needs_mail(preferences.letters), name="letters"),
    path("mail/stop/<str:token>/", address_views.stop, name="mail_stop"),
]
