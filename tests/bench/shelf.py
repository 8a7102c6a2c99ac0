"""A site to be measured: talks of known shapes, a catalogue, a member, a moderator; the paths of its
pages, the sessions of those two, and how many queries each page takes, cold and warm.
"""

import random
import re
import sys
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

from films import services
from films.management.commands import generate_talk as talk
from films.models import Film
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.accounts.sessions import SessionStore
from forum.discussions.kept import kept
from forum.discussions.models import Comment
from forum.discussions.services import moderate, post_comment
from forum.discussions.services.acts import Author
from forum.discussions.tree import Loaded

FILMS = 120  # beside those with a talk to be measured; the catalogue shows 48
HELD = 120  # comments that wait for the moderator
OWN = 3  # comments of the member in the measured talk


def made(_scale: int) -> dict[str, Any]:
    """Make the site; return {"paths", "sessions", "queries"}."""
    setup_test_environment()
    member, chief = User.objects.create_user("Measurer"), User.objects.create_superuser("Chief")
    paths = {**talks(member), **shelf(member, chief)}
    sessions = {"member": session(member), "chief": session(chief)}
    return {"paths": paths, "sessions": sessions, "queries": queries(paths, sessions)}


def film(slug: str, threads: Any = (), **fields: Any) -> Film:
    """Return a new public film whose talk has these threads, lists of Loaded."""
    new = services.create_film(
        title=slug.capitalize(), slug=slug, state=Film.State.PUBLISHED, **fields
    )
    for batch in talk._batches(iter(threads)):
        talk._write(new.topic_id, batch)
    return new


def talks(member: User) -> dict[str, str]:
    """Make the measured talks; return the paths of their pages."""
    for count in (16, 1_000, 10_000):
        film(f"talk{count}", talk.generate(count, 1, 12), year=1975)
    measured = film("talk200", talk.generate(200 - OWN, 1, 12), year=1975)
    for number in range(OWN):
        author, words = Author(member=member), f"What I saw myself, part {number}."
        post_comment(author=author, body=words, topic_id=measured.topic_id)
    film("chain100", [chain(100)], year=1975)
    film("chain10000", [chain(10_000)], year=1975)
    film("thread10000", [thread(10_000)], year=1975)
    return {
        "200 comments": "/films/talk200/",
        "16 comments": "/films/talk16/",
        "1,000 comments, first page": "/films/talk1000/",
        "1,000 comments, all on one page": "/films/talk1000/?all=1",
        "10,000 comments, first page": "/films/talk10000/",
        "10,000 comments, third page": linked("/films/talk10000/", 'rel="next" href="', 2),
        "10,000 comments, most discussed first": "/films/talk10000/?sort=discussed",
        "10,000 comments, further in the longest thread": linked(
            "/films/talk10000/?sort=discussed", 'class="more"><a href="', 1
        ),
        "a chain 100 deep": "/films/chain100/",
        "a chain 10,000 deep, first page": "/films/chain10000/",
        "a chain 10,000 deep, further down": continued("/films/chain10000/", 3),
        "one thread of 10,000, first page": "/films/thread10000/",
        "one thread of 10,000, further on": linked(
            "/films/thread10000/", 'class="more"><a href="', 1
        ),
    }


def chain(count: int) -> list[Loaded]:
    """Return one thread in which each comment answers the one before."""
    return shaped(count, lambda _chance, depths: len(depths) - 1)


def thread(count: int) -> list[Loaded]:
    """Return one thread of the shape that generate_talk gives its threads."""
    return shaped(count, lambda chance, depths: talk._parent(chance, depths, 12))


def shaped(count: int, parent_of: Any) -> list[Loaded]:
    chance = random.Random(f"shaped/{count}")
    rows, depths = [], []
    for at in range(count):
        parent = parent_of(chance, depths) if at else None
        depths.append(0 if parent is None else depths[parent] + 1)
        rows.append(talk._comment(chance, at, parent, talk.BEGIN + timedelta(hours=at)))
    return rows


def shelf(member: User, chief: User) -> dict[str, str]:
    """Make a catalogue and a queue; return the paths of their pages."""
    categories = [services.create_category(name=name) for name in ("Work", "Music", "Water")]
    people = [services.create_person(name=f"Person {number}") for number in range(20)]
    for number in range(FILMS):
        film(
            f"film{number}",
            talk.generate(4, number, 4),
            year=1930 + number % 80,
            category=categories[number % 3],
            credits=[(people[number % 20], "director"), (people[0], "editor")],
        )
    first = Comment.objects.filter(thread__topic__film__slug="film1")
    root = first.filter(parent=None).first()
    author = Author(member=member)
    for number in range(HELD):
        words = f"Something that waits, number {number}."
        held = post_comment(author=author, body=words, topic_id=root.thread.topic_id).comment
        moderate(comment_id=held.pk, verb="hold", by=Reader(user=chief))
    return {
        "home": "/",
        "catalogue, 48 films": "/films/",
        "catalogue, a category and a decade": "/films/?category=work&decade=1950",
        "a category": "/categories/work/",
        "a person": "/people/person-0/",
        "search": "/search/?q=film",
        "feed of a film": "/films/talk200/comments.atom",
        "feed of the site": "/feeds/comments.atom",
        "sitemap": "/sitemap.xml",
        "a profile": f"/members/{member.pk}/",
        "a comment's page": f"/comments/{root.pk}/",
        "the Lobby": "/lobby/",
        "my comments, the member": "/my/comments/",
        "admin queue, a moderator": "/admin/discussions/comment/",
    }


def linked(path: str, mark: str, steps: int) -> str:
    """Return the address that stands after `mark` on a page, so many pages on."""
    for _step in range(steps):
        html = Client().get(path).content.decode()
        path = html.split(mark)[1].split('"')[0].split("#")[0].replace("&amp;", "&")
    return path


def continued(path: str, steps: int) -> str:
    """Return the address of a page that goes on deeper in a chain, so many pages down."""
    for _step in range(steps):
        html = Client().get(path).content.decode()
        path = re.findall(r'href="(/comments/\d+/)[^"]*"', html)[-1]
    return path


def session(member: User) -> str:
    """Return the key of a session in which the member is signed in."""
    store = SessionStore()
    store[SESSION_KEY] = str(member.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = member.get_session_auth_hash()
    store.create()
    key = store.session_key or ""
    UserSession.objects.create(user=member, session_key=key, ip="127.0.0.0", user_agent="")
    return key


def queries(paths: dict[str, str], sessions: dict[str, str]) -> dict[str, list[int]]:
    """Return {page: [queries when nothing is kept, when it was asked for a moment ago]}."""
    found = {}
    for name, path in paths.items():
        found[name] = counted(path, sessions[who(name)] if who(name) else "")
    found["200 comments, a member"] = counted(paths["200 comments"], sessions["member"])
    return found


def who(name: str) -> str:
    """Return whose session a page is asked for with; "" for anybody."""
    return {"the member": "member", "a moderator": "chief"}.get(name.rpartition(", ")[2], "")


def counted(path: str, key: str) -> list[int]:
    client = Client()
    if key:
        client.cookies[settings.SESSION_COOKIE_NAME] = key
    kept.clear()
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as found:
            answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
        counts.append(len(found))
    return counts
