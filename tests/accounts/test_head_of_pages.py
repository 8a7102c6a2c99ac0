"""The head of a page is made once for a kind of reader; nobody sees another's name in it."""

import pytest
from django.test import Client
from django.utils.html import escape

from forum.accounts.models import User

NAMES = ["Sunniva", "Tom & <i>Jerry</i>"]


@pytest.mark.django_db
def test_each_reader_finds_their_own_name_and_ways_and_nobody_elses():
    members = [User.objects.create_user(name) for name in NAMES]
    staff = User.objects.create_superuser("Ruth")
    clients = {}
    for user in (*members, staff):
        clients[user.username] = Client()
        clients[user.username].force_login(user)
    for _again in range(2):  # the second time it is what was kept
        for name, client in clients.items():
            html = client.get("/films/").content.decode()
            assert f'<span class="sr">{escape(name)}: </span>Sign out' in html
            assert not any(escape(other) in html for other in clients if other != name)
            assert ('href="/admin/"' in html) == (name == "Ruth")
        html = Client().get("/films/").content.decode()
        assert "Sign in" in html
        assert "Sign out" not in html
        assert not any(escape(name) in html for name in clients)
