"""People with their rights, and something said for them to decide about."""

import itertools
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from forum.accounts.models import User
from forum.accounts.names import NAME_CHARS
from forum.accounts.readers import pen_with_secret
from forum.discussions import services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, HeldEdit
from forum.discussions.services import waiting
from tests.conftest import put_groups_back

LIST = "/admin/discussions/comment/"
ALL = f"{LIST}?tab=all"


def person(name="Ruth", *rights, **fields):
    """Return somebody of the staff with these rights ("app.codename")."""
    made = User.objects.create_user(name, password="lantern-soft-9", is_staff=True, **fields)
    for right in rights:
        app, codename = right.split(".")
        made.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return made


def moderator(name="Ines"):
    """Return a member of the group of moderators."""
    return member_of("moderator", name)


def member_of(group, name):
    """Return somebody of the staff in one of the groups that the migration makes."""
    if not Group.objects.filter(name=group).exists():  # tests that flush the database
        put_groups_back()
    made = person(name)
    made.groups.add(Group.objects.get(name=group))
    return made


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def lately(words):
    """Return what finds `words`, in which "0 seconds" may be up to nine: a slow machine takes its time."""
    assert "0 seconds ago" in words
    return re.compile(re.escape(words).replace(re.escape("0 seconds"), r"(?:1 second|\d seconds)"))


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.clear()


@pytest.fixture
def topic(db):
    return services.open_topic(title="The last row", by=None)


@pytest.fixture
def say(topic):
    """say(text, name="Nils", member=None, under=None, state="public") -> Comment"""
    numbers = itertools.count(1)

    def say_one(text="", name="Nils", member=None, under=None, state="public", edit=""):
        author = services.Author(member=member)
        if member is None:
            pen, _secret, _is_new = pen_with_secret(f"secret of {name}", name[:NAME_CHARS])
            author = services.Author(pen=pen, name=name)
        where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
        body = text or f"Something was said, {next(numbers)}."
        comment = services.post_comment(author=author, body=body, **where).comment
        if state != comment.state:
            services.set_state(
                comment_id=comment.pk, to=state, sources={comment.state}, verb="test", by=None
            )
        if edit:
            now = comment.created_at
            HeldEdit.objects.create(comment=comment, body=edit, code="links", created_at=now)
            waiting.keep_due(Comment.objects.get(pk=comment.pk))
        return Comment.objects.get(pk=comment.pk)

    return say_one


@pytest.fixture
def senior(db):
    return member_of("senior", "Greta")


@pytest.fixture
def sunniva(db):
    return User.objects.create_user("Sunniva", password="lantern-soft-9")


@pytest.fixture
def nils(db):
    return pen_with_secret("secret of Nils", "Nils")[0]
