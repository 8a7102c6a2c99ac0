"""Disqus in the database, and the exports of one site from both systems, in either order."""

import pytest
from django.core.management import CommandError

from films import services as film_services
from films.models import Film
from forum.discussions import services, tree
from forum.discussions.models import Comment, CommentText, State, Topic
from forum.discussions.services import Author, post_comment
from forum.transfer.models import FilmRef, ImportRef, OldAddress
from tests.transfer.dsq import dsq, post, thread
from tests.transfer.stored import everything
from tests.transfer.test_import import numbers
from tests.transfer.wxr import comment, item, meta, wxr

pytestmark = pytest.mark.django_db
SALT = "https://old.example/2012/01/film-7/"


def test_a_disqus_export_comes_in_with_its_tombstones_as_they_came(bring_in, client):
    text = dsq(
        thread(1, link=SALT, title="Salt (1954)"),
        post(11, on=1, body="<p>a</p>", isDeleted="true", name="Ruth"),
        post(12, on=1, parent=11, body='<p>b <spoiler>he dies</spoiler></p><script>x</script>'),
        thread(2, title="Empty"),
        post(13, on=99),
    )  # fmt: skip
    said = bring_in(text)
    film = Film.objects.get()
    assert (film.title, film.year, film.slug) == ("Salt", 1954, "film-7")
    first, second = Comment.objects.order_by("level")
    assert (first.state, second.state) == (State.DELETED, State.PUBLIC)
    assert second.text.body == "<p>b <spoiler>he dies</spoiler></p><script>x</script>"
    assert second.text.body_format == "html"
    assert (second.author_name, second.member, second.pen) == ("Teresa", None, None)
    page = client.get(film.get_absolute_url()).content.decode()
    assert "deleted by its author" in page
    assert (
        '<p>b </p><details class="spoiler"><summary>spoiler</summary><p>he dies</p></details>'
        in page
    )
    assert "<p>a</p>" not in page
    assert client.get("/2012/01/film-7/")["Location"] == film.get_absolute_url()
    assert (
        "Posts of threads that are not in the file, left out (1):\n  post 13 of thread 99" in said
    )
    assert "1 deleted, 1 public" in said
    assert "that do not come in: 1 empty" in said
    assert tree.check() == []


def test_nothing_of_mail_or_addresses_is_stored(bring_in):
    bring_in(dsq(thread(1), post(11, on=1)))
    assert not CommentText.objects.exclude(author_url="", network_key="").exists()
    assert "teresa@example.org" not in str(everything())


def test_a_second_run_adds_nothing_and_a_later_export_what_is_new(bring_in):
    old = [thread(1, title="A"), post(11, on=1, body="a"), post(12, on=1, parent=11, body="b")]
    bring_in(dsq(*old))
    before = everything()
    assert "Nothing new: 1 page and 2 comments" in bring_in(dsq(*old))
    assert everything() == before
    # The page got a second thread meanwhile, by whose number it is known too.
    again = thread(0, link="http://www.old.example/2012/01/film-1/?utm_source=x", title="A")
    new = post(13, on=0, parent=12, body="c", createdAt="2014-01-01T00:00:00Z")
    bring_in(dsq(again, *old, new))
    assert Film.objects.count() == 1
    assert numbers() == {"a": "1", "b": "1.1", "c": "1.1.1"}


def test_a_dry_run_writes_nothing(bring_in):
    said = bring_in(dsq(thread(1), post(11, on=1)), "--dry-run")
    assert "1 would be made" in said
    assert (Film.objects.count(), ImportRef.objects.count(), FilmRef.objects.count()) == (0, 0, 0)


def test_broken_files_write_nothing(bring_in):
    with pytest.raises(CommandError, match=r"line 6, column 2: malformed XML.*Nothing was written"):
        bring_in(dsq(thread(1), "<post>").replace("</disqus>", "</disque>"))
    assert not Film.objects.exists()


def test_matching_finds_films_by_any_address_of_the_page(bring_in):
    film = film_services.create_film(title="Something else")
    OldAddress.objects.create(address="/older/salt.html", film=film)
    text = dsq(
        thread(1, link="https://old.example/salt/", title="Salt"),
        thread(2, link="https://older.example/older/salt.html", title="Salt"),
        post(11, on=1),
        thread(3, title="Unheard of"),
        post(12, on=3),
    )
    said = bring_in(text, films="match")
    assert "1 matched" in said
    assert "Pages without a film here, their 1 comment left out (1):\n  Unheard of" in said
    assert Topic.objects.get(film=film).comment_count == 1


# The same site by both


def wordpress(**more) -> str:
    """A site whose talk stood at Disqus and was copied back: 21 lost its place, 23 is WordPress's own."""
    return wxr(
        item(
            comment(20, twin=11, body="a"),
            comment(21, twin=12, body="b", date_gmt="2014-01-01 00:00:00"),
            comment(22, twin=13, parent=21, body="c", date_gmt="2014-01-02 00:00:00"),
            comment(23, parent=20, body="w", date_gmt="2014-01-03 00:00:00"),
            title="Salt",
            link=SALT,
            **more,
        )
    )


def disqus(link=SALT, title="Salt") -> str:
    late = {"createdAt": "2014-01-04T00:00:00Z"}
    return dsq(
        thread(1, link=link, title=title),
        post(11, on=1, body="a"),
        post(12, on=1, parent=11, body="b", createdAt="2014-01-01T00:00:00Z"),
        post(13, on=1, parent=12, body="c", createdAt="2014-01-02T00:00:00Z"),
        post(14, on=1, parent=13, body="d", **late),
    )


@pytest.mark.parametrize("order", [1, -1])
def test_each_comment_comes_once_nested_as_disqus_has_it(bring_in, order):
    said = [bring_in(text) for text in (wordpress(), disqus())[::order]]
    assert Film.objects.count() == 1
    found = numbers()
    assert {key: found[key] for key in "abcd"} in (
        {"a": "1", "b": "1.1", "c": "1.1.1", "d": "1.1.1.1"},
        {"a": "1", "b": "1.2", "c": "1.2.1", "d": "1.2.1.1"},  # after WordPress's own reply
    )
    assert found["w"] in ("1.1", "1.2")
    assert len(found) == 5
    assert tree.check() == []
    assert "3 here from another system's file" in said[1]
    assert (", 1 of them hung" if order == 1 else ", 0 of them hung") in said[1]
    before = everything()
    for text in (wordpress(), disqus()):
        assert "Nothing new" in bring_in(text)
    assert everything() == before


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("sign", ["thread's number", "plugin's id", "comments"])
def test_the_film_is_found_by_numbers_where_addresses_and_titles_differ(bring_in, order, sign):
    names = {"link": "https://old.example/moved/", "title": "Moved"}
    if sign == "thread's number":
        texts = [wordpress(more=meta("dsq_thread_id", "1")), disqus(**names)]
    elif sign == "plugin's id":
        texts = [
            wordpress(),
            disqus(**names).replace("<id></id>", "<id>7 http://old.example/?p=7</id>", 1),
        ]
    else:
        texts = [wordpress(), disqus(**names)]
    for text in texts[::order]:
        bring_in(text)
    assert Film.objects.count() == 1
    assert sorted(numbers()) == ["a", "b", "c", "d", "w"]


def test_what_was_purged_comes_back_by_neither(bring_in):
    bring_in(wordpress())
    services.purge_branch(comment_id=Comment.objects.get(text__body="b").pk, by=None)
    bring_in(disqus())
    assert sorted(numbers()) == ["a", "d", "w"]


def test_a_copy_is_not_hung_elsewhere_once_somebody_here_answered_below_it(bring_in):
    bring_in(wordpress())
    under = Comment.objects.get(text__body="c")
    post_comment(author=Author(member=a_member()), body="Me too.", parent_id=under.pk)
    said = bring_in(disqus())
    assert ", 0 of them hung" in said
    assert (numbers()["b"], numbers()["c"]) == ("2", "2.1")


def test_a_copy_that_staff_placed_by_hand_stays(bring_in):
    bring_in(wordpress())
    w = Comment.objects.get(text__body="w")
    moved = Comment.objects.get(text__body="b")
    services.merge_thread(thread_id=moved.thread_id, under_id=w.pk, by=None)
    services.detach_branch(comment_id=moved.pk, by=None)
    bring_in(disqus())
    assert "." not in numbers()["b"]


def test_a_copy_in_a_locked_thread_stays(bring_in):
    bring_in(wordpress())
    moved = Comment.objects.get(text__body="b")
    type(moved.thread).objects.filter(pk=moved.thread_id).update(locked_at=moved.created_at)
    assert ", 0 of them hung" in bring_in(disqus())


def test_numbers_of_two_forums_are_not_taken_for_each_other(bring_in):
    bring_in(disqus())
    bring_in(disqus(link="https://other.example/x/", title="Other").replace("oldsite", "newsite"))
    assert Comment.objects.count() == 8


def a_member():
    from forum.accounts.models import User

    return User.objects.create_user("Sunniva")
