"""The kinds of pages and of posting that growth.py measures, asked for inside the process.

What each asks for is the same in every size of site: the measured film, category, person, member.
"""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.test import Client

from films import browse
from films.models import Category, Film
from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY
from forum.discussions import page, services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic
from tests.bench.growth_site import FILM, MEMBER, PEN_SECRET, PERSON, SHELF, STAFF, TALK

Act = Callable[[], Any]  # one request: it gives the answer


class Page(NamedTuple):
    """A kind of page. make: does what must be there before and gives the request that is timed."""

    group: str
    name: str
    make: Callable[["Site"], Act]
    status: int = 200


@dataclass
class Site:
    """Who asks, and what of the site is asked for."""

    anybody: Client
    member: Client
    guest: Client
    staff: Client
    film: Film
    talk: Film
    shelf: Category
    deep: Comment
    text_of: Callable[[], str]

    @classmethod
    def open(cls) -> "Site":
        films = Film.objects.for_lists()
        film = films.get(slug=FILM)
        rows = Comment.objects.public().filter(tree_id__in=film.topic.thread_set.values("pk"))
        numbers = itertools.count(1)
        stamp = uuid.uuid4().hex[:8]
        return cls(
            anybody=client(),
            member=client(User.objects.get(username=MEMBER)),
            guest=client(pen=PEN_SECRET),
            staff=client(User.objects.get(username=STAFF)),
            film=film,
            talk=films.get(slug=TALK),
            shelf=Category.objects.get(slug=SHELF),
            deep=rows.select_related("thread__topic").order_by("-level", "pk")[0],
            text_of=lambda: f"Words that were said {stamp}, number {next(numbers)}.",
        )

    def author(self) -> services.Author:
        return services.Author(member=User.objects.get(username=MEMBER))


def client(member: User | None = None, pen: str = "") -> Client:
    one = Client(SERVER_NAME="localhost")
    if member:
        one.force_login(member)
    if pen:
        one.cookies["pen"] = pen
    return one


def got(who: str, address: Callable[[Site], str] | str, *, warm: bool = False) -> Any:
    """Return what makes a GET by `who`; nothing is kept before it unless it is `warm`."""

    def make(site: Site) -> Act:
        asks = getattr(site, who)
        path = address if isinstance(address, str) else address(site)
        if warm:
            asks.get(path)
        else:
            kept.clear()
        return lambda: asks.get(path)

    return make


def sent(who: str, address: Callable[[Site], str], **more: Any) -> Any:
    """Return what makes a POST of a new comment by `who`."""

    def make(site: Site) -> Act:
        data = {"body": site.text_of(), "submission": str(uuid.uuid4()), **more}
        path, asks = address(site), getattr(site, who)
        if who == "anybody":
            asks = client()
        return lambda: asks.post(path, data)

    return make


def edited(site: Site) -> Act:
    """Return the edit of a comment that was just posted."""
    posted = services.post_comment(
        author=site.author(), body=site.text_of(), topic_id=site.talk.topic_id
    ).comment
    comment = Comment.objects.with_text().get(pk=posted.pk)
    data = {"body": site.text_of(), "base": services.text_version(comment)}
    return lambda: site.member.post(f"/comments/{comment.pk}/edit/", data)


def deleted(site: Site) -> Act:
    posted = services.post_comment(
        author=site.author(), body=site.text_of(), topic_id=site.talk.topic_id
    ).comment
    return lambda: site.member.post(f"/comments/{posted.pk}/delete/")


def later(sort: str, skip: int) -> Callable[[Site], str]:
    """Return what gives the address of the page that begins after `skip` films of an order."""

    def address(site: Site) -> str:
        column, falls = browse.SORTS[sort]
        sign = "-" if falls else ""
        rows = Film.objects.visible_to(ANYBODY).for_lists().order_by(f"{sign}{column}", f"{sign}pk")
        after = browse._place_of(rows[min(skip, rows.count() // 2)], sort)
        return f"/films/{browse.Choice(sort=sort, after=after).query(after=after)}"

    return address


def of_member(site: Site) -> str:
    return f"/members/{User.objects.get(username=MEMBER).pk}/"


def lobby_topic(site: Site) -> str:
    return f"/lobby/{Topic.objects.in_lobby().order_by('pk')[0].pk}/"


def new(site: Site) -> str:
    return f"/topics/{site.talk.topic_id}/comments/new/"


def reply_to_first(site: Site) -> str:
    rows = Comment.objects.public().filter(tree_id__in=site.talk.topic.thread_set.values("pk"))
    return f"/comments/{rows.order_by('pk')[0].pk}/reply/"


def number_of_deep(site: Site) -> str:
    return f"/films/{FILM}/{page.number_of(site.deep)}"


def admin(path: str, **changes: Any) -> Any:
    return got("staff", f"/admin/{path}", **changes)


def of(path: str, pick: Callable[[Site], Any]) -> Any:
    """Return a GET by staff of an admin page about one row."""
    return got("staff", lambda site: "/admin/" + path.format(pick(site)))


def a_member(site: Site) -> int:
    return int(User.objects.get(username=MEMBER).pk)


def a_pen(site: Site) -> int:
    return int(Pen.objects.order_by("pk")[0].pk)


TALKS, LISTS, FILTERS = "The talk", "Lists", "Filters"
FINDING, PEOPLE = "Search, feeds, robots", "People, the Lobby, forms"
QUEUE, DESK = "The admin: the queue", "The admin: talks and log"
CATALOGUE, POSTING = "The admin: catalogue, people", "Posting"
PAGES = [
    Page(TALKS, "film page, nothing kept", got("anybody", f"/films/{FILM}/")),
    Page(TALKS, "film page, warm", got("anybody", f"/films/{FILM}/", warm=True)),
    Page(TALKS, "film page, a member", got("member", f"/films/{FILM}/")),
    Page(TALKS, "film page, a guest", got("guest", f"/films/{FILM}/", warm=True)),
    Page(TALKS, "film page, newest first", got("anybody", f"/films/{FILM}/?sort=newest")),
    Page(TALKS, "film page, most discussed", got("anybody", f"/films/{FILM}/?sort=discussed")),
    Page(TALKS, "a deep comment's page", got("anybody", lambda s: f"/comments/{s.deep.pk}/")),
    Page(TALKS, "a number's permalink", got("anybody", number_of_deep), 302),
    Page(LISTS, "home, nothing kept", got("anybody", "/")),
    Page(LISTS, "home, warm", got("anybody", "/", warm=True)),
    Page(LISTS, "catalogue", got("anybody", "/films/")),
    Page(LISTS, "catalogue, warm", got("anybody", "/films/", warm=True)),
    Page(LISTS, "catalogue, second page", got("anybody", later("newest", 47))),
    Page(LISTS, "catalogue, half way", got("anybody", later("newest", 10**9))),
    Page(LISTS, "catalogue by discussion", got("anybody", "/films/?sort=discussed")),
    Page(LISTS, "by discussion, half way", got("anybody", later("discussed", 10**9))),
    Page(LISTS, "catalogue by title", got("anybody", "/films/?sort=title")),
    Page(LISTS, "by title, half way", got("anybody", later("title", 10**9))),
    Page(FILTERS, "a category of 60 films", got("anybody", f"/films/?category={SHELF}")),
    Page(FILTERS, "a category that grows", got("anybody", "/films/?category=shelf-1")),
    Page(FILTERS, "a decade of 10 films", got("anybody", "/films/?decade=1910")),
    Page(FILTERS, "a decade that grows", got("anybody", "/films/?decade=1990")),
    Page(FILTERS, "a year of one film", got("anybody", "/films/?year=1912")),
    Page(FILTERS, "a country of 60 films", got("anybody", "/films/?country=GL")),
    Page(FILTERS, "a country that grows", got("anybody", "/films/?country=FR")),
    Page(FILTERS, "category, decade and country",
         got("anybody", f"/films/?category={SHELF}&decade=1910&country=GL&sort=title")),
    Page(FILTERS, "a category's own page", got("anybody", f"/categories/{SHELF}/")),
    Page(FILTERS, "a person", got("anybody", f"/people/{PERSON}/")),
    Page(FINDING, "search: one film, one person", got("anybody", "/search/?q=measured")),
    Page(FINDING, "search: in every title", got("anybody", "/search/?q=night")),
    Page(FINDING, "search: nothing", got("anybody", "/search/?q=zeppelin")),
    Page(FINDING, "feed of the site", got("anybody", "/feeds/comments.atom")),
    Page(FINDING, "feed of a film", got("anybody", f"/films/{FILM}/comments.atom")),
    Page(FINDING, "sitemap: pages", got("anybody", "/sitemap.xml?part=pages")),
    Page(FINDING, "sitemap: Lobby topics", got("anybody", "/sitemap.xml?part=topics&n=0")),
    Page(PEOPLE, "a member's page", got("anybody", of_member)),
    Page(PEOPLE, "my comments, a member", got("member", "/my/comments/")),
    Page(PEOPLE, "my comments, a guest", got("guest", "/my/comments/")),
    Page(PEOPLE, "account", got("member", "/account/")),
    Page(PEOPLE, "the Lobby", got("anybody", "/lobby/")),
    Page(PEOPLE, "a Lobby topic", got("anybody", lobby_topic)),
    Page(PEOPLE, "form: a comment", got("member", new)),
    Page(PEOPLE, "form: a reply", got("guest", reply_to_first)),
    Page(QUEUE, "queue", admin("discussions/comment/")),
    Page(QUEUE, "queue, third page", admin("discussions/comment/?tab=all&p=3")),
    Page(QUEUE, "queue: held", admin("discussions/comment/?state=held")),
    Page(QUEUE, "queue: public", admin("discussions/comment/?state=public")),
    Page(QUEUE, "queue: members' comments", admin("discussions/comment/?author=member")),
    Page(QUEUE, "queue: words", admin("discussions/comment/?q=zeppelin")),
    Page(QUEUE, "a comment, with its case", of("discussions/comment/{}/change/", lambda s: s.deep.pk)),
    Page(DESK, "start of the admin", admin("")),
    Page(DESK, "topics", admin("discussions/topic/")),
    Page(DESK, "topic, how it is kept",
         of("discussions/topic/{}/settings/", lambda s: s.film.topic_id)),
    Page(DESK, "log", admin("discussions/event/")),
    Page(DESK, "log of a topic",
         of("discussions/event/?topic_id={}", lambda s: s.film.topic_id)),
    Page(DESK, "recent decisions", admin("discussions/decision/")),
    Page(CATALOGUE, "films", admin("films/film/")),
    Page(CATALOGUE, "films of a decade", admin("films/film/?decade=1910")),
    Page(CATALOGUE, "films: one by title", admin("films/film/?q=measured")),
    Page(CATALOGUE, "a film, to change", of("films/film/{}/change/", lambda s: s.film.pk)),
    Page(CATALOGUE, "people", admin("films/person/")),
    Page(CATALOGUE, "categories", admin("films/category/")),
    Page(CATALOGUE, "members", admin("accounts/user/")),
    Page(CATALOGUE, "a member, to change", of("accounts/user/{}/change/", a_member)),
    Page(CATALOGUE, "guests", admin("accounts/pen/")),
    Page(POSTING, "a guest's first", sent("anybody", new, name="Vera"), 302),
    Page(POSTING, "a guest's next", sent("guest", new, name="Nils"), 302),
    Page(POSTING, "a member's", sent("member", new), 302),
    Page(POSTING, "a member's reply", sent("member", reply_to_first), 302),
    Page(POSTING, "an edit", edited, 302),
    Page(POSTING, "taken back", deleted, 302),
]  # fmt: skip
