"""Staff with rights, and what a page of the admin says to them."""

import re
from html import unescape

from django.contrib.auth.models import Permission
from django.test import Client

from forum.accounts.models import User


def person(*rights, **fields):
    """Return a browser in which somebody of the staff with these rights is signed in."""
    made = User.objects.create_user(f"Ruth {User.objects.count()}", is_staff=True, **fields)
    made.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(made)
    return client


def words(answer):
    """Return the words of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())
