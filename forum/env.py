"""The only reader of the environment. A missing or malformed value stops the start, naming it.

Every name is explained in README.md, "Settings".
"""

import ipaddress
import os
import re
import secrets
import zoneinfo
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
_env = environ.Env()
_ADDRESS = r"[^\s@<>,;]+@[^\s@<>,;]+"


def _stop(name: str, why: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name}: {why}")


def _text(name: str, default: str = "") -> str:
    return str(_env.str(name, default=default)).strip()


def _flag(name: str, default: bool) -> bool:
    """Return True for 1, true, yes, on; False for 0, false, no, off; stop on anything else."""
    value = _text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        _stop(name, f"{value!r} is neither on nor off")
    return default


def _number(name: str, default: int, low: int, high: int) -> int:
    value = _text(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        _stop(name, f"{value!r} is not a number from {low} to {high}")
    return int(value)


def _list(name: str) -> list[str]:
    return [part.strip() for part in _text(name).split(",") if part.strip()]


def _is_loopback(host: str) -> bool:
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host() -> str:
    value = _text("HOST") or "127.0.0.1"
    if any(sign in value for sign in "/ @"):
        _stop("HOST", f"{value!r} is not a host name or address")
    return value


def _site_url() -> str:
    value = _text("SITE_URL").rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.path
        _port = parts.port
    except ValueError:
        wrong = True
    if wrong:
        _stop("SITE_URL", f"{value!r} is not like https://films.example.org")
    return value


def _hosts(name: str) -> list[str]:
    hosts = _list(name)
    for host in hosts:
        if "/" in host or (":" in host and not host.startswith("[")):
            _stop(name, f"{host!r} is not a bare host name (no scheme, no port, no path)")
    return hosts


def _networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(part, strict=False) for part in _list(name)]
    except ValueError as error:
        _stop(name, f"{error} (addresses or networks, separated by commas)")


def _choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = _text(name, default).lower() or default
    if value not in choices:
        _stop(name, f"{value!r} is none of {', '.join(choices)}")
    return value


def _database() -> dict[str, Any]:
    url = _text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'foyer.sqlite3'}"
    try:
        config = dict(environ.Env.db_url_config(url))
    except Exception as error:  # the parser raises several kinds
        _stop("DATABASE_URL", f"not understood ({error})")
    engine = config.get("ENGINE")
    if engine not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        _stop("DATABASE_URL", "only sqlite:///… and postgresql://… are known")
    if engine.endswith("sqlite3") and config["NAME"] != ":memory:":
        config["NAME"] = str(BASE_DIR / config["NAME"])
    return config


def _cache() -> dict[str, Any]:
    url = _text("CACHE_URL")
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "foyer",
            "OPTIONS": {"MAX_ENTRIES": 100_000},  # above it counts of limits would be thrown out
        }
    if not url.startswith(("redis://", "rediss://", "unix://")):
        _stop("CACHE_URL", "only redis://… (Redis or Valkey) is known")
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},  # seconds
    }


def _email() -> dict[str, Any]:
    if not _text("EMAIL_URL"):
        return {}
    try:
        config = dict(_env.email_url("EMAIL_URL"))
    except Exception as error:
        _stop("EMAIL_URL", f"not understood ({error})")
    if config["EMAIL_BACKEND"].endswith(".smtp.EmailBackend"):
        if not config.get("EMAIL_HOST"):
            _stop(
                "EMAIL_URL", "names no host, for example smtp+tls://name:password@mail.example.org"
            )
        usual = 465 if config.get("EMAIL_USE_SSL") else 587 if config.get("EMAIL_USE_TLS") else 25
        config["EMAIL_PORT"] = config.get("EMAIL_PORT") or usual
    return config


def _email_from(site_url: str) -> str:
    value = _text("EMAIL_FROM")
    if not value:
        return f"no-reply@{urlsplit(site_url).hostname or 'localhost'}"
    if not re.fullmatch(_ADDRESS, value):
        _stop("EMAIL_FROM", f"{value!r} is not one address like films@example.org")
    return value


def _time_zone() -> str:
    value = _text("TIME_ZONE", "UTC") or "UTC"
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        _stop("TIME_ZONE", f"{value!r} is not a zone like Europe/Lisbon")
    return value


def _language() -> str:
    value = _text("LANGUAGE", "en").split(":")[0] or "en"
    # Shells set LANGUAGE for gettext in forms like "en_GB": the same value in Django's spelling.
    value = value.replace("_", "-").lower()
    if not all(part.isalnum() and part.isascii() for part in value.split("-")):
        _stop("LANGUAGE", f"{value!r} is not a language code like en or pt-br")
    return value


def _metrics_token() -> str:
    value = _text("METRICS_TOKEN")
    if value and not re.fullmatch(r"[\x21-\x7e]{16,200}", value):
        _stop("METRICS_TOKEN", "16 to 200 characters without spaces, for example 32 random ones")
    return value


def _addresses(name: str) -> list[str]:
    addresses = _list(name)
    for address in addresses:
        if not re.fullmatch(_ADDRESS, address):
            _stop(name, f"{address!r} is not one address like films@example.org")
    return addresses


def _webhook(name: str) -> tuple[str, str]:
    """Return an address that is posted to, and the key that signs what is; "" for none."""
    value, key = _text(name), _text(f"{name}_KEY")
    if not value:
        return "", ""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    is_near = parts.scheme == "http" and _is_loopback(host) if host else False
    if not host or parts.username or not (parts.scheme == "https" or is_near):
        _stop(name, "not like https://hooks.example.org/… (http:// on loopback alone)")
    if not re.fullmatch(r"[\x21-\x7e]{32,200}", key):
        _stop(f"{name}_KEY", "32 to 200 characters without spaces, known to the other side")
    return value, key


def _secret_key() -> str:
    """Return SECRET_KEY, or the one in DATA_DIR/secret (made at the first start, mode 0600)."""
    given = _text("SECRET_KEY")
    if given:
        if PUBLIC and len(given) < 32:
            _stop("SECRET_KEY", "shorter than 32 characters")
        return given
    if PUBLIC and not SQLITE:
        _stop("SECRET_KEY", "a public site on PostgreSQL needs one (50 random characters)")
    path = DATA_DIR / "secret"
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as new:
            new.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as error:
        _stop("DATA_DIR", f"{DATA_DIR} cannot be written ({error.strerror})")
    try:
        kept = path.read_text().strip()
    except OSError as error:
        _stop("DATA_DIR", f"{path} cannot be read ({error.strerror})")
    if not kept:
        _stop("SECRET_KEY", f"{path} is empty: delete it and start again")
    return kept


HOST = _host()
PORT = _number("PORT", 8000, 1, 65535)
# A relative path starts at the checkout, wherever the command was typed.
DATA_DIR = (BASE_DIR / Path(_text("DATA_DIR", "var") or "var").expanduser()).resolve()
DATABASE = _database()
SQLITE = DATABASE["ENGINE"].endswith("sqlite3")
CACHE = _cache()
EMAIL = _email()
SITE_NAME = _text("SITE_NAME", "Foyer") or "Foyer"
SITE_URL = _site_url()
EMAIL_FROM = _email_from(SITE_URL)
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = _hosts("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")
for _origin in CSRF_TRUSTED_ORIGINS:
    if not _origin.startswith(("http://", "https://")):
        _stop("CSRF_TRUSTED_ORIGINS", f"{_origin!r} must begin with https:// or http://")
TRUSTED_PROXIES = _networks("TRUSTED_PROXIES")

PUBLIC = (
    any(not _is_loopback(host) for host in ALLOWED_HOSTS)
    or bool(SITE_URL and not _is_loopback(urlsplit(SITE_URL).hostname or ""))
    or not _is_loopback(HOST)
    or bool(TRUSTED_PROXIES)
)
if HTTPS and not TRUSTED_PROXIES and _is_loopback(HOST):
    # The server speaks plain HTTP on loopback, so what reaches it came through a front server here.
    TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]

DEBUG = _flag("DEBUG", False)
DEMO = _flag("DEMO", not PUBLIC)
RATE_LIMITS = _flag("RATE_LIMITS", True)
GUESTS = _choice("GUESTS", "open", ("open", "hold", "closed"))
PROOF_OF_WORK = _flag("PROOF_OF_WORK", False)
TALK_ORDER = _choice(
    "TALK_ORDER", "oldest", ("oldest", "newest", "discussed", "best", "controversial")
)
VOTES = _choice("VOTES", "updown", ("updown", "up", "off"))
SCORE_HIDDEN_MINUTES = _number("SCORE_HIDDEN_MINUTES", 15, 0, 10_080)
EMBED_HOSTS = _hosts("EMBED_HOSTS")
TIME_ZONE = _time_zone()
LANGUAGE = _language()
METRICS_TOKEN = _metrics_token()
ALARM_EMAIL = _addresses("ALARM_EMAIL")
ALARM_WEBHOOK, ALARM_WEBHOOK_KEY = _webhook("ALARM_WEBHOOK")
OUTSIDE_CHECK, OUTSIDE_CHECK_KEY = _webhook("OUTSIDE_CHECK")
OUTSIDE_CHECK_FAILS = _choice("OUTSIDE_CHECK_FAILS", "pass", ("pass", "hold"))
ALARM_BACKLOG_HOURS = _number("ALARM_BACKLOG_HOURS", 24, 1, 720)
ALARM_BRANCH_COMMENTS = _number("ALARM_BRANCH_COMMENTS", 60, 2, 100_000)
LOG_FORMAT = _choice("LOG_FORMAT", "line", ("line", "json"))
WORKER_BESIDE = _flag("WORKER_BESIDE", True)
WEB_CONCURRENCY = _number("WEB_CONCURRENCY", 1, 1, 64)

if PUBLIC:
    if DEBUG:
        _stop("DEBUG", "a public site never runs with DEBUG on")
    if not RATE_LIMITS:
        _stop("RATE_LIMITS", "off is for measurements on a private machine; this site is public")
    if not ALLOWED_HOSTS:
        _stop("ALLOWED_HOSTS", "a public site names its hosts, for example films.example.org")
    if not SITE_URL:
        _stop("SITE_URL", "a public site names its address, for example https://films.example.org")
if WEB_CONCURRENCY > 1 and "locmem" in CACHE["BACKEND"]:
    _stop("CACHE_URL", "WEB_CONCURRENCY above 1 needs a cache shared by the processes (redis://…)")
SECRET_KEY = _secret_key()
