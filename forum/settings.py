"""The only settings; places differ by environment alone (forum/env.py, README.md "Settings")."""

import hashlib
from typing import Any

from django.utils.translation import gettext_lazy as _

from forum import env

BASE_DIR = env.BASE_DIR
DATA_DIR = env.DATA_DIR
SECRET_KEY = env.SECRET_KEY
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", ".localhost"]
if env.SITE_URL and not env.ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(env.SITE_URL.split("://")[1].rsplit(":", 1)[0])
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS

# Foyer's own
SITE_NAME = env.SITE_NAME
SITE_URL = env.SITE_URL or f"http://{env.HOST}:{env.PORT}"
PUBLIC = env.PUBLIC
DEMO = env.DEMO
GUESTS = env.GUESTS
PROOF_OF_WORK = env.PROOF_OF_WORK
TALK_ORDER = env.TALK_ORDER  # of a talk for who has chosen none
VOTES = env.VOTES
SCORE_HIDDEN_MINUTES = env.SCORE_HIDDEN_MINUTES  # of a young comment
SCORE_SHOWN_FROM_POINTS = 2  # above zero, and as far below it
FOLDED_AT_POINTS = -5  # a branch with such a score starts folded
EMBED_HOSTS = env.EMBED_HOSTS
TRUSTED_PROXIES = env.TRUSTED_PROXIES
MAILS = bool(env.EMAIL)  # without it no letter is written and none is offered
RATE_LIMITS_ON = env.RATE_LIMITS
# scope: (times, seconds) pairs; every one must hold
RATE_LIMITS: dict[str, list[tuple[int, int]]] = {
    "post:author": [(6, 60), (60, 3600)],  # a member or a pen
    "post:network": [(20, 60), (200, 3600)],  # a /24 or /48, guests only
    "pen:network": [(10, 3600)],  # new pens, so that a thrown-away cookie gains nothing
    "edit:author": [(20, 60)],
    "vote:author": [(40, 60), (400, 3600)],  # a member or a pen
    "vote:network": [(80, 60), (800, 3600)],  # guests only
    "report:author": [(6, 60), (40, 3600)],  # a member or a pen
    "report:network": [(12, 60), (120, 3600)],  # guests only
    "appeal:author": [(6, 3600)],
    # Passwords tried. An attack on a name from many places keeps its owner waiting for a minute at
    # most, and not at all where they have signed in before (forum/accounts/adapter.py).
    "login:network": [(30, 300)],
    "login:pair": [(10, 300)],  # a name from one network
    "login:name": [(100, 60)],  # a name from everywhere
    "factor:member": [(10, 300)],  # codes of a second factor; the password was right
    "signup:network": [(20, 3600)],
    "reset:network": [(20, 3600)],
    "account:member": [(30, 3600)],  # changes of one's account
    "mail:address": [(8, 3600)],  # codes sent to one address, whoever asks
    "mail:network": [(30, 3600)],
    "search:network": [(60, 60)],
    "film:author": [
        (5, 600),
        (30, 86400),
    ],  # films and corrections suggested, by a member or a network
    "suggest:network": [(240, 60)],  # one after each pause in typing
    "names": [(120, 60)],  # names offered while one is typed, to a member or a network
    # Letters to guests: "is this address yours?", and what staff decided
    "confirm:address": [(2, 86400), (4, 30 * 86400)],
    "confirm:network": [(10, 3600)],
    "back:address": [(3, 3600)],  # a lost pen; its link works for longer (accounts/recovery.py)
    "back:network": [(10, 3600)],
    "decision:address": [(20, 3600)],
    "notice:address": [(20, 3600)],  # beyond it they come with the daily letter
    "follow:author": [(60, 3600)],
}
# What a text must pass, in this order (forum/discussions/checks.py)
COMMENT_CHECKS = [
    "forum.moderation.checks.rate",
    "forum.moderation.checks.token",
    "forum.moderation.checks.trap",
    "forum.moderation.checks.length",
    "forum.moderation.checks.closed",
    "forum.moderation.checks.guests",
    "forum.moderation.checks.slow",
    "forum.moderation.checks.repeat",
    "forum.moderation.checks.banned",
    "forum.moderation.checks.words",
    "forum.moderation.checks.links",
    "forum.moderation.checks.person",
    "forum.moderation.checks.record",
    "forum.moderation.checks.first",
    "forum.moderation.checks.reports",
    "forum.moderation.checks.topic",
    "forum.moderation.checks.spam_score",
]
# What checks need to be told of layers above: functions of the draft, by the name of the fact
COMMENT_FACTS = {
    "rules": "forum.moderation.rules.of_draft",
    "spam_score": "forum.moderation.spam.table.of_draft",
}
if PROOF_OF_WORK:
    COMMENT_CHECKS.insert(3, "forum.moderation.checks.proof")
OUTSIDE_CHECK, OUTSIDE_CHECK_KEY = env.OUTSIDE_CHECK, env.OUTSIDE_CHECK_KEY
OUTSIDE_CHECK_FAILS = env.OUTSIDE_CHECK_FAILS  # "pass" or "hold": where no answer came
if OUTSIDE_CHECK:
    COMMENT_CHECKS.append("forum.moderation.outside.outside")
    COMMENT_FACTS["outside"] = "forum.moderation.outside.of_draft"
# In which topics a moderator may decide: a function of a member that returns a queryset, or None for all.
DECIDES_IN = "forum.moderation.scopes.topics_of"
# What is done for who has just signed up: functions of the request and the member.
NEWCOMERS = ["forum.discussions.bringing.bring_along"]
# What is due from time to time: functions without arguments that return what they did, in words.
TICKS = [
    "forum.discussions.upkeep.forget_network_keys",
    "forum.discussions.upkeep.forget_sessions",
    "forum.discussions.proofs.forget_proofs",
    "films.touched.prune",
    "films.related.renew_talked_about",
    "films.sharing.make_missing",
    "forum.discussions.services.purge_what_is_due",
    "forum.discussions.services.forget_decisions",
    "forum.accounts.upkeep.forget_unconfirmed",
    "forum.discussions.services.people.end_suspensions",
    "forum.discussions.services.sanctions.open_pens_again",
    "forum.accounts.blocks.forget_networks",
    "forum.discussions.services.people.forget_claims",
    "forum.discussions.services.visiting.forget_visits",
    "forum.discussions.services.reporting.settle_what_is_gone",
    "forum.discussions.services.reporting.forget_contacts",
    "forum.discussions.services.leaving.erase_leavers",
    "forum.discussions.services.leaving.forget_kept_names",
    "forum.accounts.addresses.forget_quiet",
    "forum.discussions.mailing.queue_daily",
    "forum.discussions.services.telling.forget_notices",
    "forum.discussions.services.telling.count_unread_again",
    "forum.worker.upkeep.send_forgotten",
    "forum.worker.upkeep.prune_letters",
    "forum.worker.upkeep.prune_tasks",
    "forum.worker.figures.forget_hours",
    "forum.discussions.services.waiting.mend_due",
    "forum.moderation.claims.forget_claims",
    "forum.discussions.upkeep.check_trees_by_night",
    "forum.transfer.uploads.forget_uploads",
    "forum.moderation.spam.learning.forget_gone",
    "forum.moderation.spam.learning.draw_line",
    "forum.moderation.alarms.forget_alarms",
]

# What a worker looks for once a second: functions that return how much there was, 0 if nothing.
ERRANDS = [
    "forum.discussions.services.telling.tell_news",
    "forum.discussions.mailing.queue_letters",
    "forum.moderation.spam.learning.learn_decided",
    "forum.moderation.alarms.watch",
    "films.related.find_some",
    "films.sharing.make_some",
]
# Letters whose words are made in the moment they are sent, by kind.
LETTER_WRITERS = {
    "notice": "forum.discussions.mailing.written",
    "digest": "forum.discussions.mailing.written_digest",
}

INSTALLED_APPS = [
    "forum.worker",
    "forum.accounts",
    "forum.discussions",
    "films",
    "forum.moderation",
    "forum.search",
    "forum.transfer",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "mptt",
    "django_tasks",
    "django_tasks_db",
]
SITE_ID = 1
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

# Accounts (django-allauth, docs/decisions/0050). Limits are ours alone: RATE_LIMITS above.
ACCOUNT_ADAPTER = "forum.accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "forum.accounts.forms.LoginForm",
    "signup": "forum.accounts.forms.SignupForm",
    "reset_password": "forum.accounts.forms.ResetForm",
    "change_password": "forum.accounts.forms.PasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
# Where no mail goes out, a mistyped password could never be mended: it is asked for twice.
ACCOUNT_SIGNUP_FIELDS = ["username*", *(["email*"] if MAILS else []), "password1*"]
if not MAILS:
    ACCOUNT_SIGNUP_FIELDS.append("password2*")
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAILS else "none"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = MAILS
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 30 * 60  # seconds; letters wait for a worker
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 30 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS: Any = False
MFA_ADAPTER = "forum.accounts.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "forum.accounts.forms.FactorForm",
    "reauthenticate": "forum.accounts.forms.FactorAgainForm",
}
MFA_RATE_LIMITS: Any = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds, for clocks that differ
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who signs up cannot sign in before the address is confirmed
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.HTTPS  # browsers do that on localhost alone

MIDDLEWARE = [
    "forum.middleware.watched",
    "forum.middleware.front_server",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "forum.middleware.heads",
    "forum.middleware.compression",
    "forum.middleware.content_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "forum.transfer.middleware.old_addresses",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "forum.accounts.sessions.authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "forum.accounts.middleware.ask_again",
    "forum.accounts.preferences.shown_as_chosen",
    "forum.accounts.middleware.second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
CSRF_FAILURE_VIEW = "forum.errors.csrf_failure"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "forum.accounts.context.site",
            ],
            "libraries": {
                "constant": "forum.constant",
                "dates": "forum.dates",
                "start_page": "forum.moderation.start_page",
            },
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {"default": env.DATABASE}
if env.SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds; then 503
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        " PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening it again costs more than a warm page
else:
    DATABASES["default"]["ENGINE"] = "forum.postgresql"  # Django's, which outlives a restart of it
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps connections
    DATABASES["default"].setdefault("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] |= {
        # Seconds. A page says after 2 that the database is away, after twice that if it had to wait
        # for its turn. One attempt to connect follows the other, so that no pause between them
        # outgrows a reader's patience once the database is back.
        "pool": {"min_size": 1, "max_size": 10, "timeout": 2, "reconnect_timeout": 4},
        "connect_timeout": 4,
        # Of disks without a head that moves: with PostgreSQL's own 4.0 it reads whole tables where
        # a page needs 200 rows of them. And no statement is worth compiling: all are short.
        "options": "-c random_page_cost=1.1 -c jit=off",
        "prepare_threshold": 2,  # times; of forum/sql.py alone, as other statements carry values
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.CACHE}
SESSION_ENGINE = "forum.accounts.sessions"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = env.LANGUAGE
LANGUAGES: list[tuple[str, Any]] = [("en", _("English"))]
if env.LANGUAGE.split("-")[0] != "en":
    LANGUAGES.append((env.LANGUAGE, env.LANGUAGE))
TIME_ZONE = env.TIME_ZONE
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
IMPORTS_ROOT = DATA_DIR / "imports"  # what staff brought; no address leads there
IMPORT_BYTES = 1024 * 1024 * 1024  # of one file, at most
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "forum.static.Storage"},
}
FILE_UPLOAD_PERMISSIONS = 0o644
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes; above it 413, before any of it is read
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# What pages kept in memory are named by, so that an upgrade never shows an old page.
RELEASE = hashlib.sha256(
    b"".join(
        path.read_bytes()
        for folder in ("forum", "films", "templates", "static/css", "static/js")
        for path in sorted((BASE_DIR / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".css", ".js"}
    )
).hexdigest()[:12]
PAGE_MEMORY_BYTES = 64 * 1024 * 1024  # pages kept in this process

# What is told of the site (docs/operations.md)
METRICS_TOKEN = env.METRICS_TOKEN
ALARM_EMAIL = env.ALARM_EMAIL
ALARM_WEBHOOK, ALARM_WEBHOOK_KEY = env.ALARM_WEBHOOK, env.ALARM_WEBHOOK_KEY
ALARM_BACKLOG_HOURS = env.ALARM_BACKLOG_HOURS
ALARM_BRANCH_COMMENTS = env.ALARM_BRANCH_COMMENTS  # within an hour
SLOW_QUERY_S = 0.1  # seconds; a statement that takes longer is counted and logged
NIGHT_HOUR = 3  # of the clock in TIME_ZONE; then all trees are checked

# Cookies and transport. With an https address every cookie is bound to the host and to TLS.
_prefix = "__Host-" if env.HTTPS else ""
SESSION_COOKIE_NAME = f"{_prefix}session"
CSRF_COOKIE_NAME = f"{_prefix}csrf"
PEN_COOKIE_NAME = f"{_prefix}pen"
LANGUAGE_COOKIE_NAME = f"{_prefix}language"
PREFERENCES_COOKIE_NAME = f"{_prefix}preferences"  # how pages look to a guest
SEEN_COOKIE_NAME = f"{_prefix}seen"  # of guests who have new comments marked
ORDER_COOKIE_NAME = f"{_prefix}order"  # of a guest who chose one; scripts set it too
MUTED_COOKIE_NAME = f"{_prefix}muted"  # of a guest who muted somebody, or words
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if env.HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.HTTPS
# Preloading cannot be taken back; it is the owner's decision, made at the front server.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"  # frames of players say otherwise for themselves
X_FRAME_OPTIONS = "DENY"
# The shape of Django 6's SECURE_CSP; forum/middleware.py sends it, pages add frame and media hosts.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "media-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# The queue in our own database: what is enqueued in a transaction comes and goes with it. Letters
# have a queue of their own: a long import holds up no letter, a slow mail server no import.
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "mail"],
    },
}
# Letters are stored by EMAIL_BACKEND; the worker hands them to MAIL_CARRIER.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10  # seconds
for _name, _value in env.EMAIL.items():
    globals()[_name] = _value
MAIL_CARRIER = EMAIL_BACKEND.replace("django.core.mail.backends.smtp.", "forum.worker.smtp.")
if MAILS:
    EMAIL_BACKEND = "forum.worker.backend.EmailBackend"
DEFAULT_FROM_EMAIL = f'"{SITE_NAME.translate({34: None, 92: None})}" <{env.EMAIL_FROM}>'

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "forum.logs.Line"}, "json": {"()": "forum.logs.Json"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env.LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Refusals are counted (forum/counts.py), and stand in the lines of requests.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        "forum.requests": {"level": "INFO" if env.LOG_FORMAT == "json" else "WARNING"},
        "psycopg.pool": {"level": "ERROR"},  # a warning a second while the database is away
    },
}
