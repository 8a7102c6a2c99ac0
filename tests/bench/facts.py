"""Queries of the measured pages, counted in a process of its own, and a member's session, as JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402

from forum.accounts.models import User  # noqa: E402
from forum.discussions.kept import kept  # noqa: E402


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        client.get(path)
    return len(found)


def main(slug: str) -> None:
    setup_test_environment()
    member = User.objects.create_user("Measurer")
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    page, anybody, known = f"/films/{slug}/", Client(), Client()
    known.cookies["session"] = session.session_key
    kept.clear()
    counted = {
        "film page, nothing kept": queries(anybody, page),
        "film page, warm": queries(anybody, page),
        "film page, a member": queries(known, page),
        "home": queries(anybody, "/"),
        "catalogue": queries(anybody, "/films/"),
    }
    print(json.dumps({"session": session.session_key, "queries": counted}))


main(sys.argv[1])
