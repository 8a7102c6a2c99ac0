"""A session and its member, read from the database by one query.

allauth's list of sessions (UserSession) says whose each one is. Django alone reads the session, and
then the member that the session names.
"""

from functools import cache
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from forum import sql
from forum.accounts.models import User


class SessionStore(db.SessionStore):
    """Django's sessions in the database; `member` is set on reading one that is in the list."""

    member: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        found = _read(self.session_key or "")
        if found is None:
            self._session_key = None
            return {}
        data, self.member = found
        return self.decode(data)


class authentication(AuthenticationMiddleware):
    """Set request.user to the member that came with the session; Django looks wherever none did."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        # It stands for a user, as Django itself sets it; its type does not say so.
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]


def _user_of(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):  # Django's own name: login and tests set it
        request._cached_user = _signed_in(request.session) or auth.get_user(request)
    return request._cached_user


def _signed_in(session: Any) -> User | None:
    """Return the member of a session under the conditions of django.contrib.auth.get_user; None
    where one fails: then Django's own function decides, and ends the session or mends it.
    """
    named = session.get(auth.SESSION_KEY)  # reads the session, and sets its member
    member: User | None = getattr(session, "member", None)
    if (
        member is not None
        and member.is_active
        and named == str(member.pk)
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(
            session.get(auth.HASH_SESSION_KEY) or "", member.get_session_auth_hash()
        )
    ):
        return member
    return None


def _read(key: str) -> tuple[str, User | None] | None:
    """Return a living session's data and its member, if it is in the list; one query."""
    if not (key.isascii() and key.isalnum()):
        return None  # none of ours; PostgreSQL takes no NUL, which a cookie can hold
    now = sql.moment(timezone.now())
    text, compiler, converters = _statement(connection.vendor)
    found = sql.rows(text, [key, now])
    if not found:
        return None
    data, *values = found[0]
    if values[0] is None:
        return data, None
    values = next(iter(compiler.apply_converters([values], converters)))
    names = [field.attname for field in User._meta.concrete_fields]
    return data, User.from_db(connection.alias, names, values)


@cache
def _statement(vendor: str) -> tuple[str, Any, Any]:
    """Return the query, and what turns the columns of a member into Python's values."""
    quote, member = connection.ops.quote_name, User._meta
    columns = ", ".join(f"u.{quote(str(field.column))}" for field in member.concrete_fields)
    text = (
        f"SELECT s.session_data, {columns} FROM {quote(Session._meta.db_table)} s"  # noqa: S608 (our own tables)
        f" LEFT JOIN {quote(UserSession._meta.db_table)} l ON l.session_key = s.session_key"
        f" LEFT JOIN {quote(member.db_table)} u ON u.id = l.user_id"
        " WHERE s.session_key = %s AND s.expire_date > %s"
    )
    compiler = User.objects.all().query.get_compiler(connection.alias)
    columns_as_read = [field.get_col(member.db_table) for field in member.concrete_fields]
    return text, compiler, compiler.get_converters(columns_as_read)
