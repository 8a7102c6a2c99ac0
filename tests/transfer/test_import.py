"""An export in the database: films, talk, addresses, and what a second run does."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from films import services
from films.models import Category, Film
from forum.discussions import tree
from forum.discussions.models import Comment, CommentText, State, Thread, Topic
from forum.discussions.services import purge_branch
from forum.transfer.models import FilmRef, OldAddress
from tests.transfer.stored import everything
from tests.transfer.wxr import comment, item, meta, tag, wxr

pytestmark = pytest.mark.django_db


def numbers() -> dict[str, str]:
    """Return {text: path number} of every comment."""
    found = {}
    for text in CommentText.objects.select_related("comment"):
        path = [str(up.ordinal) for up in tree.ancestors(text.comment_id)]
        found[text.body] = ".".join(path)
    return found


def test_a_page_becomes_a_film_with_its_talk(bring_in):
    more = tag("Politics", "category") + tag("Work", "category") + meta("release_year", "2002")
    said = bring_in(
        wxr(
            item(
                comment(1, body="first", author_url="https://teresa.example/"),
                comment(2, parent=1, body="answer", approved="0"),
                comment(3, parent=1, body="gone", approved="trash"),
                title="Anatomy of a Coup",
                content__encoded="One.\n\nTwo.",
                more=more,
            )
        )
    )
    film = Film.objects.get()
    assert (film.title, film.year, film.category.name) == ("Anatomy of a Coup", 2002, "Politics")
    assert [other.name for other in film.categories.all()] == ["Work"]
    assert film.description_html.count("<p>") == 2
    assert (film.is_published, film.topic.comment_count) == (True, 1)
    assert film.published_at.year == 2012
    first, held, gone = Comment.objects.select_related("text").order_by("lft")
    assert (first.state, held.state, gone.state) == ("public", "held", "removed")
    assert (first.author_name, first.pen, first.member) == ("Teresa", None, None)
    assert (first.text.body_format, first.text.author_url) == ("wp", "https://teresa.example/")
    assert gone.reason
    assert "1 public" in said
    assert "1 held" in said
    assert "teresa@example.org" not in repr(Comment.objects.values_list()) + repr(
        CommentText.objects.values_list()
    )


def test_comments_are_numbered_by_date_among_siblings(bring_in):
    bring_in(
        wxr(
            item(
                comment(5, body="c", date_gmt="2015-01-03 00:00:00"),
                comment(4, parent=2, body="a2", date_gmt="2015-01-09 00:00:00"),
                comment(3, parent=2, body="a1", date_gmt="2015-01-02 00:00:00"),
                comment(2, body="a", date_gmt="2015-01-01 00:00:00"),
                comment(1, body="b", date_gmt="2015-01-02 00:00:00"),
                comment(9, parent=4, body="a21", date_gmt="2015-01-01 00:00:00"),
            )
        )
    )
    assert numbers() == {"a": "1", "a1": "1.1", "a2": "1.2", "a21": "1.2.1", "b": "2", "c": "3"}
    assert tree.check() == []


def test_a_second_run_adds_nothing_and_says_so(bring_in):
    text = wxr(item(comment(1), comment(2, parent=1)), item(comment(3), post_id=8))
    bring_in(text)
    before = everything()
    versions = list(Topic.objects.order_by("pk").values_list("version", flat=True))
    said = bring_in(text)
    assert "Nothing new: 2 pages and 3 comments" in said
    assert everything() == before
    assert list(Topic.objects.order_by("pk").values_list("version", flat=True)) == versions


def test_a_later_export_adds_only_what_is_new_under_its_parents(bring_in):
    bring_in(wxr(item(comment(1, body="a"), comment(2, parent=1, body="a1"))))
    version = Topic.objects.get().version
    bring_in(
        wxr(
            item(
                comment(1, body="a"),
                comment(2, parent=1, body="a1"),
                comment(5, parent=3, body="a111", date_gmt="2016-01-03 00:00:00"),
                comment(3, parent=2, body="a11", date_gmt="2016-01-02 00:00:00"),
                comment(4, parent=1, body="a2", date_gmt="2010-01-02 00:00:00"),
                comment(6, body="b"),
            )
        )
    )
    assert numbers() == {"a": "1", "a1": "1.1", "a11": "1.1.1", "a111": "1.1.1.1", "a2": "1.2", "b": "2"}  # fmt: skip
    topic = Topic.objects.get()
    assert (topic.comment_count, topic.threads_given) == (6, 2)
    assert topic.version > version
    assert tree.check() == []
    assert Comment.objects.get(text__body="a").replies_given == 2


def test_what_was_purged_does_not_come_back(bring_in):
    text = wxr(item(comment(1, body="a"), comment(2, body="b")))
    bring_in(text)
    purge_branch(comment_id=Comment.objects.get(text__body="a").pk, by=None)
    said = bring_in(text)
    assert "Nothing new" in said
    assert numbers() == {"b": "2"}
    bring_in(wxr(item(comment(1, body="a"), comment(2, body="b"), comment(3, parent=1, body="c"))))
    assert numbers() == {"b": "2", "c": "3"}


def test_orphans_are_kept_as_beginnings_and_counted(bring_in):
    said = bring_in(wxr(item(comment(1, parent=77, body="a"), comment(2, parent=1, body="b"))))
    assert numbers() == {"a": "1", "b": "1.1"}
    assert "1 whose parent is not in the file" in said


def test_circles_are_opened_and_counted(bring_in):
    said = bring_in(
        wxr(item(*[comment(n, parent=n % 3 + 1, body=str(n)) for n in (1, 2, 3)]), item(post_id=9))
    )
    assert sorted(numbers().values()) == ["1", "1.1", "1.1.1"]
    assert "1 circles" in said
    assert Film.objects.count() == 2


def test_an_id_of_another_page_is_not_taken_for_the_parent(bring_in):
    bring_in(
        wxr(
            item(comment(1, body="a"), comment(2, parent=1, body="a1"), post_id=1),
            item(comment(1, body="b"), comment(3, parent=1, body="b1"), post_id=2),
        )
    )
    assert Comment.objects.get(text__body="b1").parent.text.body == "b"
    assert Comment.objects.get(text__body="a1").parent.text.body == "a"


@pytest.mark.parametrize("order", [1, -1])
def test_a_parent_that_stands_on_another_page_is_found_there(bring_in, order):
    pages = [
        item(comment(1, body="a"), post_id=1),
        item(comment(2, parent=1, body="a1"), comment(3, parent=2, body="a11"), comment(4, body="b"), post_id=2),
    ][::order]  # fmt: skip
    said = bring_in(wxr(*pages))
    assert numbers() == {"a": "1", "a1": "1.1", "a11": "1.1.1", "b": "1"}
    assert "1 whose parent stands on another page" in said
    assert tree.check() == []
    before = everything()
    assert "Nothing new" in bring_in(wxr(*pages))
    assert everything() == before


def test_a_circle_over_two_pages_is_opened(bring_in):
    bring_in(
        wxr(
            item(comment(1, parent=2, body="a"), post_id=1),
            item(comment(2, parent=1, body="b"), post_id=2),
        )
    )
    assert sorted(numbers().values()) == ["1", "1.1"]


def test_a_parent_behind_a_password_is_not_followed(bring_in):
    bring_in(
        wxr(
            item(comment(1, body="secret"), post_id=1, wp__post_password="x"),
            item(comment(2, parent=1, body="open"), post_id=2),
        )
    )
    assert numbers() == {"secret": "1", "open": "1"}


def test_a_page_behind_a_password_is_a_draft_and_its_talk_hidden(bring_in, client):
    bring_in(wxr(item(comment(1, body="secret"), wp__post_password="enter")))
    film = Film.objects.get()
    assert film.state == Film.State.DRAFT
    assert film.topic.hidden_at
    assert not Comment.objects.public().exists()


def test_a_page_behind_a_password_that_matches_a_published_film_is_held(bring_in):
    services.create_film(title="Nanook of the North", state=Film.State.PUBLISHED)
    said = bring_in(wxr(item(comment(1), wp__post_password="enter")), films="match")
    assert Comment.objects.get().state == State.HELD
    assert "1 held, as their page was behind a password" in said


def test_one_more_than_a_batch_comes_in_whole(bring_in, monkeypatch):
    monkeypatch.setattr("forum.transfer.talk.BATCH", 3)
    comments = [comment(n, parent=0 if n % 2 else n - 1, body=f"c{n}") for n in range(1, 12)]
    bring_in(wxr(item(*comments)))
    assert Thread.objects.count() == 6
    assert sorted(Thread.objects.values_list("ordinal", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert (Topic.objects.get().threads_given, Topic.objects.get().comment_count) == (6, 11)
    assert tree.check() == []


def test_a_chain_two_thousand_deep_comes_in(bring_in):
    bring_in(wxr(item(*[comment(n, parent=n - 1, body="x") for n in range(2000, 0, -1)])))
    assert Comment.objects.order_by("-level").first().level == 1999
    assert tree.check() == []


def test_a_dry_run_writes_nothing_and_tells_what_would_be(bring_in):
    second = item(post_id=8, link="https://x.example/2012/01/film-7/")
    said = bring_in(wxr(item(comment(1)), second), "--dry-run")
    assert (Film.objects.count(), OldAddress.objects.count(), FilmRef.objects.count()) == (0, 0, 0)
    assert "nothing was written" in said
    assert "2 would be made" in said
    assert "1 would be added" in said
    assert "another page of the file has it" in said


def test_malformed_xml_names_its_place_and_writes_nothing(bring_in):
    text = wxr(item(comment(1))).replace("</channel>", "</chanel>")
    with pytest.raises(CommandError, match=r"line \d+, column \d+: malformed XML, mismatched tag"):
        bring_in(text)
    assert (Film.objects.count(), Comment.objects.count()) == (0, 0)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_comments", str(tmp_path / "none.xml"), "--format=wordpress")


def test_what_a_file_says_is_shown_as_text_and_runs_nowhere(bring_in, client):
    evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    shelf = tag(evil.replace("&", "&amp;"), "category")
    bring_in(wxr(item(comment(1, body=evil, author=evil), title=f"Salt {evil}", more=shelf)))
    for address in ("/", "/films/", "/films/film-7/", f"/comments/{Comment.objects.get().pk}/"):
        page = client.get(address).content.decode()
        assert "Salt" in page
        assert "<img" not in page
        assert "alert(2)</script>" not in page


def test_an_item_without_anything_is_a_film_all_the_same(bring_in):
    bring_in(wxr("<item></item>", "<item><wp:post_id>3</wp:post_id></item>"))
    assert [film.title for film in Film.objects.all()] == ["Untitled", "Untitled"]
    assert len({film.slug for film in Film.objects.all()}) == 2


def test_a_page_that_cannot_be_a_film_stops_the_run_and_keeps_what_came_before(
    bring_in, monkeypatch
):
    make = services.create_film

    def refuse(**given):
        if given["title"] == "Second":
            raise ValidationError("No.")
        return make(**given)

    monkeypatch.setattr(services, "create_film", refuse)
    with pytest.raises(CommandError, match="“Second”: No"):
        bring_in(wxr(item(), item(title="Second", post_id=8)))
    assert [film.title for film in Film.objects.all()] == ["Nanook of the North"]


# Addresses of films and of the site that was left


def test_films_with_the_same_address_get_different_ones(bring_in):
    bring_in(
        wxr(
            *[item(post_id=n, wp__post_name="salt", title=f"Salt {n}") for n in (1, 2, 3)],
            item(post_id=4, wp__post_name="admin"),
            item(post_id=5, wp__post_name="", title="..."),
            item(post_id=6, wp__post_name="%d8%a7%d9%84", title="ال"),
        )
    )
    assert [film.slug for film in Film.objects.order_by("pk")] == [
        "salt",
        "salt-2",
        "salt-3",
        "nanook-of-the-north",
        "film-5",
        "ال",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "/2012/01/film-7/",
        "/2012/01/film-7",
        "/2012/01/film-7/?utm_source=x",
    ],
)
def test_an_old_address_answers_301(bring_in, client, asked):
    bring_in(wxr(item()))
    answer = client.get(asked)
    assert (answer.status_code, answer["Location"]) == (301, "/films/film-7/")
    assert client.head(asked).status_code == 301
    assert client.post(asked).status_code == 404


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://old.example/?p=44", "/?p=44"),
        ("https://old.example/%d8%a7%d9%84/", "/ال/"),
        ("https://old.example/%D8%A7%D9%84/", "/%d8%a7%d9%84/"),
        ("https://old.example/index.php?id=7&x=1", "/index.php?id=7&x=1"),
        ("https://old.example/index.php?film=%d8%a7", "/index.php?film=%D8%A7"),
        ("/relative/", "/relative/"),
        ("https://old.example/a b/#respond", "/a%20b/"),
    ],
)
def test_old_addresses_of_many_shapes_answer(bring_in, client, link, asked):
    bring_in(wxr(item(link=link)))
    assert client.get(asked)["Location"] == "/films/film-7/"


def test_other_queries_of_the_home_page_and_unknown_addresses_stay(bring_in, client):
    links = ["https://old.example/?p=44", "https://old.example/x/?a=1"]
    bring_in(wxr(*[item(post_id=n, link=link) for n, link in enumerate(links, 1)]))
    assert client.get("/?p=45").status_code == 200
    assert client.get("/?q=44").status_code == 200
    assert client.get("/x/?a=2").status_code == 404
    assert client.get("/nothing/").status_code == 404
    assert client.get("/%00/").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/", "/films/", "/lobby", "/admin/", "/films/taken/", "/comments/3/", "/" + "x" * 500],
)
def test_an_address_of_the_site_itself_is_refused_and_listed(bring_in, address):
    services.create_film(title="Taken", state=Film.State.PUBLISHED)
    said = bring_in(wxr(item(link=f"https://old.example{address}")))
    assert not OldAddress.objects.exists()
    assert f"  {address}: " in said


def test_an_address_is_given_to_one_film_only(bring_in):
    said = bring_in(wxr(*[item(post_id=n, link="https://old.example/x/") for n in (1, 2)]))
    assert OldAddress.objects.get().film.slug == "film-1"
    assert "leads to “Nanook of the North” already" in said


def test_a_page_without_an_address_comes_in(bring_in):
    bring_in(wxr(item(link=None)))
    assert (Film.objects.count(), OldAddress.objects.count()) == (1, 0)


# Matching


def test_a_page_finds_its_film_by_address_slug_or_title_and_year(bring_in):
    make = services.create_film
    by_address = make(title="Something else")
    OldAddress.objects.create(address="/old/", film=by_address)
    by_slug = make(title="Other", slug="salt")
    by_title = make(title="The Épreuve", year=1950)
    make(title="The Épreuve", year=1990)
    said = bring_in(
        wxr(
            item(comment(1), post_id=1, link="https://x.example/old/"),
            item(comment(2), post_id=2, wp__post_name="salt"),
            item(comment(3), post_id=3, title="the epreuve (1950)"),
            item(comment(4), comment(5), post_id=4, title="The Epreuve"),
            item(comment(6), post_id=5, title="Unheard of"),
        ),
        films="match",
    )
    assert [f.pk for f in Film.objects.filter(topic__comment_count=1).order_by("pk")] == [
        by_address.pk,
        by_slug.pk,
        by_title.pk,
    ]
    assert "3 matched" in said
    assert "Pages without a film here, their 3 comments left out (2)" in said
    assert Film.objects.count() == 4


def test_a_film_of_another_year_or_of_the_demo_is_not_matched(bring_in):
    services.create_film(title="Salesman", year=1969, is_demo=True, state=Film.State.PUBLISHED)
    services.create_film(title="Salt", slug="salt", year=1954)
    bring_in(
        wxr(
            item(comment(), post_id=1, title="Salesman (1969)", wp__post_name="salesman"),
            item(comment(), post_id=2, title="Salt (2010)", wp__post_name="salt"),
        ),
        films="match",
    )
    assert not Comment.objects.exists()


def test_an_existing_category_is_used(bring_in):
    services.create_category(name="Écoles")
    bring_in(wxr(item(more=tag("écoles", "category"))))
    assert [category.name for category in Category.objects.all()] == ["Écoles"]


@pytest.mark.parametrize("link", ["https://old.example/2012/secret/", "https://old.example/?p=44"])
def test_the_old_address_of_a_film_that_is_no_readers_leads_staff_alone(
    bring_in, client, django_user_model, link
):
    bring_in(wxr(item(link=link, wp__post_password="enter")))
    asked = OldAddress.objects.get().address
    unheard = client.get(asked.replace("secret", "other").replace("44", "45"))
    answer = client.get(asked)
    assert "Location" not in answer
    assert answer.status_code == unheard.status_code == (200 if "?p" in asked else 404)
    client.force_login(django_user_model.objects.create_superuser("Ruth"))
    assert client.get(asked)["Location"] == "/films/film-7/"
    services.set_film_state(film=Film.objects.get(), state=Film.State.WITHDRAWN)
    client.logout()
    assert "Location" not in client.get(asked)
