"""Members, guests, groups and the owner's pages in the admin; signing in there."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.flatpages.models import FlatPage
from django.test import Client

from forum.accounts.models import Pen, User
from forum.accounts.readers import pen_with_secret
from forum.discussions.models import Topic
from tests.moderation.conftest import client_of, person
from tests.moderation.hostile import OWN, faults_of
from tests.statements import statements

MEMBERS = "/admin/accounts/user/"
PAGES = "/admin/flatpages/flatpage/"
MANAGE = ["accounts.add_user", "accounts.change_user", "accounts.view_user", "accounts.delete_user"]
PASSWORD = "lantern-soft-9"


@pytest.fixture
def root(db):
    return client_of(User.objects.create_superuser("Root", password=PASSWORD))


def add(client, name):
    fields = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
    return client.post(f"{MEMBERS}add/", {**fields, "usable_password": "true"})


def change(client, user, **fields):
    sent = {"username": user.username, "email": user.email, "is_active": "on"}
    if user.is_staff:
        sent["is_staff"] = "on"
    if user.is_superuser:
        sent["is_superuser"] = "on"
    sent |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00", **fields}
    return client.post(f"{MEMBERS}{user.pk}/change/", sent)


def test_a_member_is_made_who_can_sign_in(root):
    add(root, "la  Golondrina - Europe")
    member = User.objects.get(username="la Golondrina - Europe")
    assert member.skeleton
    assert not member.is_staff
    assert Client().login(username=member.username, password=PASSWORD)


@pytest.mark.parametrize(
    "name", ["", "Admin", "M0derator", "…", "a\u202eb", "x" * 61, "ROOT", "R00t"]
)
def test_a_name_that_the_rules_refuse_is_refused_here_too(root, name):
    answer = add(root, name)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert [*form.errors] == ["username"]
    assert len(form.errors["username"]) == 1
    assert User.objects.count() == 1


def test_a_new_name_is_read_at_the_next_request(root, say, topic):
    member = User.objects.create_user("Sunniva")
    say("Said once.", member=member)
    before = Topic.objects.get().version
    change(root, member, email="s@example.org")
    assert Topic.objects.get().version == before
    change(root, member, username="Solveig")
    assert Topic.objects.get().version > before
    member.refresh_from_db()
    assert list(User.objects.named_like("SOLVEIG")) == [member]
    html = Client().get(topic.get_absolute_url()).content.decode()
    assert "Solveig" in html
    assert "Sunniva" not in html


def test_name_and_versions_change_together_or_not_at_all(root, say, monkeypatch):
    member = User.objects.create_user("Sunniva")
    say(member=member)

    def fail(member):
        raise RuntimeError("planted")

    monkeypatch.setattr("forum.discussions.services.raise_versions_of", fail)
    with pytest.raises(RuntimeError, match="planted"):
        change(root, member, username="Solveig")
    member.refresh_from_db()
    assert member.username == "Sunniva"


def test_a_new_name_takes_topics_before_the_member_as_who_posts_does(root, say):
    member = User.objects.create_user("Sunniva")
    say(member=member)
    with statements() as written:
        change(root, member, username="Solveig")
    first = {
        table: next(at for at, sql in enumerate(written) if sql.startswith(f'UPDATE "{table}"'))
        for table in ("discussions_topic", "accounts_user")
    }
    assert first["discussions_topic"] < first["accounts_user"]


def test_only_a_superuser_gives_powers(db):
    client = client_of(person("Ruth", *MANAGE))
    member = User.objects.create_user("Sunniva")
    group = Group.objects.create(name="everything")
    sent = {
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [group.pk],
        "user_permissions": [1, 2],
    }
    for user in (member, User.objects.get(username="Ruth")):
        was = user.is_staff
        change(client, user, email="new@example.org", **sent)
        user.refresh_from_db()
        assert user.email == "new@example.org"
        assert (user.is_staff, user.is_superuser) == (was, False)
        assert not user.groups.exists()
    assert not member.user_permissions.exists()


def test_nobody_else_touches_a_superuser(root):
    boss = User.objects.get()
    client = client_of(person("Ruth", *MANAGE))
    assert change(client, boss, email="taken@example.org").status_code == 403
    sent = {"password1": "taken-over-77", "password2": "taken-over-77", "usable_password": "true"}
    assert client.post(f"{MEMBERS}{boss.pk}/password/", sent).status_code == 403
    boss.refresh_from_db()
    assert boss.email == ""
    assert boss.check_password(PASSWORD)


def test_members_are_not_deleted_nor_switched_off_by_the_form(root):
    member = User.objects.create_user("Sunniva", password=PASSWORD)
    assert root.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    change(root, member, email="s@example.org", is_active="")
    member.refresh_from_db()
    assert (member.email, member.is_active) == ("s@example.org", True)
    assert 'name="is_active"' not in root.get(f"{MEMBERS}{member.pk}/change/").content.decode()


def test_guests_are_read_and_their_secret_is_not_shown(root):
    pen, secret, _is_new = pen_with_secret("", "Nils", "nils@example.org")
    list_html = root.get("/admin/accounts/pen/").content.decode()
    html = root.get(f"/admin/accounts/pen/{pen.pk}/change/").content.decode()
    for text in (list_html, html):
        assert "nils@example.org" in text
        assert pen.secret_hash not in text
        assert secret not in text
    for page in ("add/", f"{pen.pk}/change/", f"{pen.pk}/delete/"):
        assert (
            root.post(f"/admin/accounts/pen/{page}", {"name": "x", "post": "yes"}).status_code
            == 403
        )
    assert Pen.objects.get().name == "Nils"


def test_groups_are_made_and_sites_are_hidden(root):
    root.post("/admin/auth/group/add/", {"name": "editors"})
    assert Group.objects.filter(name="editors").exists()
    assert root.get("/admin/sites/site/").status_code == 404
    assert "/admin/sites/" not in root.get("/admin/").content.decode()


def test_a_page_of_the_owner_is_written_for_this_site(root):
    FlatPage.objects.all().delete()
    sent = {"url": "/about/", "title": "About", "content": "<p>Who we are.</p>"}
    root.post(f"{PAGES}add/", sent)
    page = FlatPage.objects.get()
    assert list(page.sites.values_list("pk", flat=True)) == [1]
    root.post(f"{PAGES}{page.pk}/change/", {**sent, "url": "/gone/", "title": "About us"})
    page.refresh_from_db()
    assert (page.url, page.title) == ("/about/", "About us")
    assert root.post(f"{PAGES}add/", sent).status_code == 200
    assert root.post(f"{PAGES}{page.pk}/delete/", {"post": "yes"}).status_code == 403
    assert FlatPage.objects.count() == 1


def test_a_page_that_nothing_links_to_can_go(root):
    page = FlatPage.objects.create(url="/team/", title="Team")
    root.post(f"{PAGES}{page.pk}/delete/", {"post": "yes"})
    assert not FlatPage.objects.filter(url="/team/").exists()


@pytest.mark.parametrize("text", OWN)
def test_nothing_hostile_runs_in_names(root, text):
    name = " ".join(text.split())[:60]
    member = User.objects.create_user(name)
    pen, _secret, _is_new = pen_with_secret("", name)
    FlatPage.objects.create(url="/x/", title=text, content=text)
    for page in (
        MEMBERS,
        f"{MEMBERS}{member.pk}/change/",
        f"{MEMBERS}{member.pk}/password/",
        "/admin/accounts/pen/",
        f"/admin/accounts/pen/{pen.pk}/change/",
        PAGES,
        "/admin/",
    ):
        assert faults_of(root.get(page)) == [], page
    root.post(f"{MEMBERS}{member.pk}/change/", {"username": ""})
    member.is_staff = True
    member.save()
    assert faults_of(client_of(member).get("/admin/")) == []


# ---------------------------------------------------------------------------------------- signing in


def test_the_admin_is_entered_by_the_sites_own_door(root):
    answer = Client().get("/admin/discussions/comment/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")
    assert 'name="next" value="/admin/discussions/comment/"' in answer.content.decode()
    sent = {"login": "Root", "password": PASSWORD, "next": "/admin/discussions/comment/"}
    assert Client().post("/login/", sent).headers["Location"] == "/admin/discussions/comment/"
    # No password is tried at the admin's own door, so none can be guessed there.
    client = Client()
    answer = client.post("/admin/login/", {"username": "Root", "password": PASSWORD})
    assert answer.headers["Location"].startswith("/login/")
    assert client.get("/admin/").status_code == 302


def test_a_member_who_is_no_staff_does_not_enter_the_admin(db):
    client = client_of(User.objects.create_user("Sunniva"))
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_admin_has_the_name_of_the_site_and_a_way_back_to_it(root):
    html = root.get("/admin/").content.decode()
    assert '<a href="/admin/">Foyer</a>' in html
    assert '<a href="/">View site</a>' in html
    assert "Foyer" in Client().get("/admin/login/", follow=True).content.decode()
    assert "example.com" not in Client().get("/admin/login/", follow=True).content.decode()


def test_the_admin_allows_no_script_of_another_place(root):
    policy = root.get("/admin/").headers["Content-Security-Policy"]
    rules = dict(one.split(" ", 1) for one in policy.split("; "))
    assert rules["script-src"] == "'self'"
    assert set(rules["style-src"].split()) == {"'self'", "'unsafe-inline'"}
    assert rules["default-src"] == "'none'"
