"""The group that a migration makes."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from forum.accounts.models import User

MIGRATION = import_module("forum.moderation.migrations.0001_moderators")
RIGHTS = {
    "discussions.moderate_comment",
    "discussions.view_comment",
    "discussions.view_topic",
    "films.view_film",
}
pytestmark = pytest.mark.django_db


def test_a_moderator_has_exactly_these_rights():
    person = User.objects.create_user("Ines", is_staff=True)
    person.groups.add(Group.objects.get(name="moderator"))
    assert person.get_all_permissions() == RIGHTS


def test_the_migration_makes_the_rights_where_a_new_database_has_none_yet():
    Group.objects.all().delete()
    Permission.objects.all().delete()
    MIGRATION.make(apps, SimpleNamespace(connection=connection))
    made = Permission.objects.filter(group__name="moderator").select_related("content_type")
    assert {f"{one.content_type.app_label}.{one.codename}" for one in made} == RIGHTS
    MIGRATION.make(apps, SimpleNamespace(connection=connection))
    assert Permission.objects.count() == len(RIGHTS)


def test_the_names_of_the_rights_are_those_that_django_writes():
    for (app, model), rights in MIGRATION.RIGHTS.items():
        for codename, name in rights.items():
            found = Permission.objects.get(
                content_type__app_label=app, content_type__model=model, codename=codename
            )
            assert found.name == name


@pytest.mark.django_db(transaction=True)
def test_the_group_goes_with_the_migration_and_comes_back_with_it():
    executor = MigrationExecutor(connection)
    executor.migrate([("moderation", None)])
    assert not Group.objects.filter(name="moderator").exists()
    executor.loader.build_graph()
    executor.migrate([("moderation", "0001_moderators")])
    assert Group.objects.get(name="moderator").permissions.count() == len(RIGHTS)
