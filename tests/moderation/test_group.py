"""The groups that a migration makes, and who may do what: role by page, by act, by state."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from films.services import create_category, create_film, create_person
from forum.accounts.models import Block, User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Decision, Event, State
from forum.moderation.acts import ACTS
from forum.moderation.decisions import VERBS
from forum.moderation.models import RulesVersion
from forum.moderation.person_acts import PERSON_ACTS
from tests.moderation.conftest import LIST, client_of, member_of, person

MIGRATION = import_module("forum.moderation.migrations.0002_groups")
LATER = import_module("forum.moderation.migrations.0007_rights_to_rules")
MODERATOR = {
    "discussions.moderate_comment",
    "discussions.view_comment",
    "discussions.view_topic",
    "films.view_film",
}
SENIOR = MODERATOR | {
    "discussions.senior_comment",
    "accounts.view_user",
    "accounts.suspend_user",
    "accounts.view_pen",
    "moderation.change_rulesversion",
}
VIEWER = {
    "discussions.view_comment",
    "discussions.view_topic",
    "films.view_film",
    "films.view_person",
    "films.view_category",
}
EDITOR = {
    f"films.{verb}_{model}"
    for verb in ("add", "change", "view")
    for model in ("film", "person", "category")
}
RIGHTS = {
    "viewer": VIEWER,
    "moderator": MODERATOR,
    "senior": SENIOR,
    "editor": EDITOR,
    "administrator": VIEWER
    | SENIOR
    | EDITOR
    | {
        "discussions.add_topic",
        "discussions.change_topic",
        "accounts.add_user",
        "accounts.change_user",
        "flatpages.add_flatpage",
        "flatpages.change_flatpage",
        "flatpages.delete_flatpage",
        "flatpages.view_flatpage",
        "transfer.add_importbatch",
        "worker.view_letter",
        "worker.change_letter",
    },
}
ROLES = ["nobody", "member", "staff", *RIGHTS]
pytestmark = pytest.mark.django_db


def client_as(role):
    if role == "nobody":
        return Client()
    if role == "member":
        return client_of(User.objects.create_user("Sunniva"))
    if role == "staff":
        return client_of(person("Olga"))
    return client_of(member_of(role, "Olga"))


@pytest.mark.parametrize("group", list(RIGHTS))
def test_a_group_has_exactly_these_rights(group):
    assert member_of(group, "Olga").get_all_permissions() == RIGHTS[group]


def test_the_migration_makes_the_rights_where_a_new_database_has_none_yet():
    for _again in range(2):
        Group.objects.all().delete()
        Permission.objects.all().delete()
        for _twice in range(2):
            MIGRATION.make(apps, SimpleNamespace(connection=connection))
            LATER.make(apps, SimpleNamespace(connection=connection))
        for group, rights in RIGHTS.items():
            made = Permission.objects.filter(group__name=group).select_related("content_type")
            assert {f"{one.content_type.app_label}.{one.codename}" for one in made} == rights
        assert Permission.objects.count() == len(set.union(*RIGHTS.values()))


def test_the_names_of_the_rights_are_those_that_django_writes():
    written = {
        (model._meta.label_lower, codename): name
        for model in apps.get_models()
        for codename, name in [
            *((f"{verb}_{model._meta.model_name}", f"Can {verb} {model._meta.verbose_name_raw}")
              for verb in model._meta.default_permissions),
            *model._meta.permissions,
        ]
    }  # fmt: skip
    for rights in MIGRATION.GROUPS.values():
        for right in rights:
            app, model, codename = right.split(".")
            wanted = written.get((f"{app}.{model}", codename))
            assert wanted in (None, MIGRATION.name_of(codename)), right


@pytest.mark.django_db(transaction=True)
def test_the_groups_go_with_the_migration_and_come_back_with_it():
    executor = MigrationExecutor(connection)
    executor.migrate([("moderation", None)])
    assert not Group.objects.filter(name__in=RIGHTS).exists()
    executor.loader.build_graph()
    executor.migrate(executor.loader.graph.leaf_nodes("moderation"))
    for group, rights in RIGHTS.items():
        assert Group.objects.get(name=group).permissions.count() == len(rights)


# ------------------------------------------------------------------------------- role x page

MODERATE = "discussions.moderate_comment"

PAGES = {  # address: the groups that may read it
    LIST: {"viewer", "moderator", "senior", "administrator"},
    f"{LIST}{{comment}}/change/": {"viewer", "moderator", "senior", "administrator"},
    "/admin/discussions/topic/": {"viewer", "moderator", "senior", "administrator"},
    "/admin/discussions/topic/{topic}/settings/": {"moderator", "senior", "administrator"},
    "/admin/discussions/topic/add/": {"administrator"},
    "/admin/discussions/event/": {"moderator", "senior", "administrator"},
    "/admin/discussions/decision/": {"moderator", "senior", "administrator"},
    "/admin/moderation/rulesversion/": {"moderator", "senior", "administrator"},
    "/admin/discussions/appeal/": {"moderator", "senior", "administrator"},
    "/admin/films/film/": {"viewer", "moderator", "senior", "editor", "administrator"},
    "/admin/films/film/add/": {"editor", "administrator"},
    "/admin/films/person/": {"viewer", "editor", "administrator"},
    "/admin/films/category/add/": {"editor", "administrator"},
    "/admin/films/film/{film}/withdraw/": {"editor", "administrator"},
    "/admin/films/film/{film}/publish-again/": {"editor", "administrator"},
    "/admin/films/film/{film}/to-draft/": {"editor", "administrator"},
    "/admin/films/person/{person}/erase/": {"editor", "administrator"},
    "/admin/films/category/{category}/erase/": {"editor", "administrator"},
    "/admin/accounts/user/": {"senior", "administrator"},
    "/admin/accounts/user/add/": {"administrator"},
    "/admin/accounts/user/{member}/suspend/": {"senior", "administrator"},
    "/admin/accounts/user/{member}/reinstate/": {"senior", "administrator"},
    "/admin/accounts/user/{member}/erase/": {"administrator"},
    "/admin/accounts/pen/": {"senior", "administrator"},
    "/admin/moderation/person/": {"moderator", "senior", "administrator"},
    "/admin/moderation/guest/": {"moderator", "senior", "administrator"},
    "/admin/moderation/person/{member}/change/": {"moderator", "senior", "administrator"},
    "/admin/moderation/guest/{guest}/change/": {"moderator", "senior", "administrator"},
    **{f"/admin/moderation/{where}/{name}/":
       {"senior", "administrator"} | ({"moderator"} if act.right == MODERATE else set())
       for name, act in PERSON_ACTS.items() for where in ("person/{member}", "guest/{guest}")},
    "/admin/moderation/scope/": set(),
    "/admin/moderation/scope/add/": set(),
    "/admin/accounts/block/": {"senior", "administrator"},
    "/admin/accounts/block/add/": {"senior", "administrator"},
    "/admin/flatpages/flatpage/": {"administrator"},
    "/admin/auth/group/": set(),
    **{f"{LIST}{{comment}}/{name}/": {"moderator", "senior", "administrator"}
       if not act.is_senior else {"senior", "administrator"} for name, act in ACTS.items()},
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_a_page_is_read_by_those_who_may_and_by_nobody_else(role, say, topic):
    client, comment = client_as(role), say()
    rows = {
        "comment": comment,
        "topic": topic,
        "member": User.objects.create_user("Nora"),
        "guest": comment.pen,
        "film": create_film(title="Night Mail", state="published"),
        "person": create_person(name="Ana"),
        "category": create_category(name="Post"),
    }
    for page, groups in PAGES.items():
        address = page.format(**{name: row.pk for name, row in rows.items()})
        wanted = 200 if role in groups else 302 if role in ("nobody", "member") else 403
        assert client.get(address).status_code == wanted, address


# ------------------------------------------------------------------------------- role x state x act


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", [one for one in State.values if one != State.ERASED])
def test_an_act_is_done_by_those_who_may_in_any_state_and_by_nobody_else(role, state, say):
    """Each act straight by POST, with an id that the role was never shown."""
    client, comment, other = client_as(role), say(state=state), say()
    decision = services.set_topic(topic_id=other.thread.topic_id, by=None, notice="x")[0].decision
    refused = 302 if role in ("nobody", "member") else 403
    may_moderate = role in ("moderator", "senior", "administrator")
    data = {"reason": "unkind", "sure": "on", "part": "thing", "body": "New.", "under": other.pk}
    data |= {"minutes": "10", "replies": [other.pk]}
    for name, act in ACTS.items():
        if role in ("senior", "administrator") or (may_moderate and not act.is_senior):
            continue
        assert client.post(f"{LIST}{comment.pk}/{name}/", data).status_code == refused, name
    if not may_moderate:
        bulk = {"index": 0, "_selected_action": [comment.pk], "reason": "unkind"}
        posts = [
            (f"/admin/discussions/decision/{decision.pk}/undo/", {}),
            (
                f"/admin/discussions/topic/{other.thread.topic_id}/settings/",
                {"do": 1, "locked": "on"},
            ),
        ]
        for verb in VERBS:
            posts += [
                (f"{LIST}{comment.pk}/decision/", {"verb": verb, "reason": "unkind"}),
                (LIST, {"one": f"{verb}:{comment.pk}", "reason": "unkind"}),
                (LIST, {**bulk, "action": verb}),
                (LIST, {**bulk, "action": verb, "select_across": 1}),
            ]
        for address, sent in posts:
            assert client.post(address, sent).status_code == refused, (address, sent)
    assert Comment.objects.get(pk=comment.pk).state == state
    assert Decision.objects.get(pk=decision.pk).undone_at is None
    user = User.objects.filter(username__in=("Olga", "Sunniva")).first()
    assert not Event.objects.filter(actor_id=user.pk if user else 0).exists()


@pytest.mark.parametrize("role", ["moderator", "senior", "administrator"])
def test_those_who_may_do_it(role, say):
    client = client_as(role)
    own = {"fold": {"reason": "quarrel"}, "slow": {"minutes": "10"}}
    for name in ("lock", "redact", "fold", "slow", "pin", "feature", "split", "purge", "purge-now"):
        comment = say(f"Some thing, {name}.")
        reply = say(under=comment)
        data = {"reason": "illegal", "sure": "on", "part": "thing", "body": "New.",
                "replies": [reply.pk], "base": services.text_version(comment), **own.get(name, {})}  # fmt: skip
        is_done = role != "moderator" or not ACTS[name].is_senior
        answer = client.post(f"{LIST}{comment.pk}/{name}/", data)
        assert answer.status_code == (302 if is_done else 403), name


@pytest.mark.parametrize("role", ROLES)
def test_an_act_on_a_person_is_done_by_those_who_may_and_by_nobody_else(role, say):
    """Each straight by POST, on a member and on a guest, and blocks with them."""
    client = client_as(role)
    refused = 302 if role in ("nobody", "member") else 403
    data = {"reason": "advert", "words": "Words.", "hours": "24"}
    for number, (name, act) in enumerate(PERSON_ACTS.items()):
        member = User.objects.create_user(f"Nora {number}")
        guest = say(name=f"Guest {number}").pen
        say(member=member)
        if name == "open":
            services.suspend(member_id=member.pk, by=None, reason="advert")
            services.close_pen(pen_id=guest.pk, by=None, reason="advert")
        if name == "free":
            for person_ in (Reader(user=member), Reader(pen=guest)):
                services.hold_person(person=person_, by=None, held=True, reason="advert")
        may = role in ("senior", "administrator") or (role == "moderator" and act.right == MODERATE)
        for kind, pk in (("person", member.pk), ("guest", guest.pk)):
            before = Event.objects.count()
            answer = client.post(f"/admin/moderation/{kind}/{pk}/{name}/", data)
            assert answer.status_code == (302 if may else refused), (name, kind)
            assert (Event.objects.count() > before) == may, (name, kind)
    before = Event.objects.count()
    sent = {"kind": "name", "value": "buy*now", "days": "7", "reason": "advert", "do": "1"}
    may = role in ("senior", "administrator")
    assert client.post("/admin/accounts/block/add/", sent).status_code == (302 if may else refused)
    block = Block.objects.first()
    lifted = client.post(f"/admin/accounts/block/{block.pk if block else 1}/lift/")
    assert lifted.status_code == (302 if may else refused)
    assert Event.objects.count() == before + 2 * may


# ------------------------------------------------------------------------------- no way round


@pytest.mark.parametrize("role", [*RIGHTS, "superuser"])
@pytest.mark.parametrize(
    "page",
    [
        "discussions/comment",
        "discussions/topic",
        "discussions/event",
        "discussions/decision",
        "moderation/rulesversion",
        "films/film",
        "films/person",
        "films/category",
        "accounts/user",
        "accounts/pen",
        "auth/group",
    ],
)
def test_nothing_is_deleted_by_the_admins_own_delete(role, page, say, topic):
    client = (
        client_as(role) if role != "superuser" else client_of(User.objects.create_superuser("R"))
    )
    film = create_film(title="Night Mail", category=create_category(name="Post"), state="published",
                       credits=[(create_person(name="Ana"), "director")])  # fmt: skip
    say()
    services.set_topic(topic_id=topic.pk, by=None, notice="x")
    RulesVersion.objects.create()
    model = apps.get_model(*page.split("/"))
    pk, count = model.objects.latest("pk").pk, model.objects.count()
    assert client.post(f"/admin/{page}/{pk}/delete/", {"post": "yes"}).status_code in (403, 404)
    data = {"action": "delete_selected", "_selected_action": [pk], "index": 0, "post": "yes"}
    for more in ({}, {"select_across": 1}):
        client.post(f"/admin/{page}/", {**data, **more})
    assert model.objects.count() == count
    assert film.credits.count() == 1
    assert "delete_selected" not in client.get(f"/admin/{page}/").content.decode()


def test_no_list_is_editable_and_no_inline_takes_what_its_reader_may_not_write(say, topic):
    assert all(not one.list_editable for one in admin.site._registry.values())
    client = client_as("viewer")
    comment = say()
    formset = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": comment.pk,
               "form-0-state": "spam", "form-0-title": "x", "_save": "Save"}  # fmt: skip
    for page in ("comment", "topic"):
        assert client.post(f"/admin/discussions/{page}/", formset).status_code in (200, 302, 403)
    assert Comment.objects.get(pk=comment.pk).state == "public"
    topic.refresh_from_db()
    assert topic.title == "The last row"


def test_a_viewer_writes_no_film_through_its_inlines():
    film = create_film(title="Night Mail", credits=[(create_person(name="Ana"), "director")])
    sent = {"title": "Mine", "state": "withdrawn", "description_format": "markdown",
            "credits-TOTAL_FORMS": 1, "credits-INITIAL_FORMS": 1,
            "credits-0-id": film.credits.get().pk, "credits-0-film": film.pk, "credits-0-DELETE": "on",
            "sources-TOTAL_FORMS": 1, "sources-INITIAL_FORMS": 0,
            "sources-0-address": "https://www.youtube.com/watch?v=aBcDeFgHiJk"}  # fmt: skip
    for role in ("viewer", "moderator", "senior"):
        client = client_of(member_of(role, f"Olga {role}"))
        assert client.post(f"/admin/films/film/{film.pk}/change/", sent).status_code == 403
    film.refresh_from_db()
    assert (film.title, film.state) == ("Night Mail", "draft")
    assert (film.credits.count(), film.sources.count()) == (1, 0)


def test_an_administrator_gives_no_powers_and_takes_over_nobody_who_may_more():
    administrator = member_of("administrator", "Olga")
    client = client_of(administrator)
    group = Group.objects.get(name="administrator")
    member, strong = User.objects.create_user("Sunniva"), person("Strong", "auth.change_group")
    sent = {"username": "x", "is_active": "on", "is_staff": "on", "is_superuser": "on",
            "groups": [group.pk], "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
            "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}  # fmt: skip
    for user in (member, administrator):
        name = user.username
        before = user.get_all_permissions()
        client.post(f"/admin/accounts/user/{user.pk}/change/", {**sent, "username": name})
        user = User.objects.get(pk=user.pk)
        assert user.get_all_permissions() == before
        assert not user.is_superuser
    assert not User.objects.get(pk=member.pk).is_staff
    password = {
        "password1": "taken-over-77",
        "password2": "taken-over-77",
        "usable_password": "true",
    }
    assert client.post(f"/admin/accounts/user/{strong.pk}/password/", password).status_code == 403
    answer = client.post(
        f"/admin/accounts/user/{strong.pk}/change/", {**sent, "username": "Strong"}
    )
    assert answer.status_code == 403
    for address in ("/admin/auth/group/add/", f"/admin/auth/group/{group.pk}/change/"):
        assert client.post(address, {"name": "mine", "permissions": [1]}).status_code == 403
    made = {"username": "Newcomer", "password1": "lantern-soft-9", "password2": "lantern-soft-9",
            "usable_password": "true", **{k: sent[k] for k in ("is_staff", "is_superuser", "groups")}}  # fmt: skip
    client.post("/admin/accounts/user/add/", made)
    new = User.objects.get(username="Newcomer")
    assert (new.is_staff, new.is_superuser, new.groups.count()) == (False, False, 0)
