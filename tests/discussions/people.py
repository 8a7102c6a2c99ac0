"""People who follow and are told, as tests of notices need them."""

from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Notice
from forum.discussions.services import telling
from tests.accounts.conftest import confirm


def person(name, **fields):
    """Return a member with a confirmed address."""
    address = f"{name.lower()}@example.org"
    return confirm(User.objects.create_user(name, address, "lantern-soft-9", **fields))


def guest(name, confirmed=True):
    """Return (the author, the secret of the pen) of a guest whose address is theirs."""
    pen, secret, _is_new = pen_with_secret("", name, f"{name.lower()}@example.org")
    if confirmed:
        pen.email_asked_at = pen.email_confirmed_at = timezone.now()
        pen.save()
    return services.Author(pen=pen, name=name), secret


def author(member):
    return services.Author(member=member)


def reader(who):
    """Return the Reader of a member or of a guest's author."""
    return Reader(user=who) if isinstance(who, User) else Reader(pen=who.pen)


def told():
    """Let the worker tell of what is new; return {name: [(kind, comment)]} of all notices."""
    while telling.tell_news():
        pass
    found = {}
    for one in Notice.objects.select_related("member", "pen").order_by("pk"):
        found.setdefault(str(one.member or one.pen), []).append((one.kind, one.comment_id))
    return found


def counts_hold():
    """Return whether every member's unread count is that of their notices."""
    return all(
        one.unread == Notice.objects.unread().filter(member=one).count()
        for one in User.objects.all()
    )


def browser(member):
    client = Client()
    client.force_login(member)
    return client
