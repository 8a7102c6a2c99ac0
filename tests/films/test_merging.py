"""A film that goes into another, with all it has; and back."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from films import services
from films.models import Film, FilmMerge, Source
from films.services import NewSource
from forum.accounts.models import User
from forum.discussions import services as talk
from forum.discussions.models import Comment, Event, Thread, Topic
from forum.discussions.services import posting
from forum.transfer.matching import find_film
from forum.transfer.records import FilmRecord
from tests.discussions.conftest import write
from tests.discussions.judge import faults
from tests.films.test_admin import CLIP, LIST, OTHER_CLIP, editor, picture, send
from tests.moderation.conftest import client_of, person
from tests.moderation.hostile import OWN, faults_of

__all__ = ["editor"]  # a fixture
THIRD_CLIP = "https://files.example.org/another.mp4"


@pytest.fixture
def ruth(editor):
    return User.objects.get(username="Ruth")


@pytest.fixture
def pair(make, say):
    """(film, into): the first has more of everything but a title of its own, and a talk."""
    watt, wright = (services.create_person(name=name) for name in ("Harry Watt", "Basil Wright"))
    work, trains = (services.create_category(name=name) for name in ("Work", "Trains"))
    film = make(
        "The Night Mail",
        slug="the-night-mail",
        year=1936,
        category=trains,
        categories=[work],
        credits=[(watt, "director"), (wright, "producer")],
        sources=[NewSource(CLIP), NewSource(OTHER_CLIP, label="restored")],
        imdb_id="tt0027642",
        wikidata_id="Q1",
    )
    into = make(
        "Night Mail",
        year=1936,
        category=work,
        credits=[(watt, "director")],
        sources=[NewSource(CLIP)],
        wikidata_id="Q2",
    )
    first = say(film, "First")
    say(film, "Reply", first)
    say(film, "Second")
    say(into, "There before")
    return Film.objects.for_lists().get(pk=film.pk), Film.objects.for_lists().get(pk=into.pk)


def merge(film, into, by=None):
    film, into = (Film.objects.get(pk=one.pk) for one in (film, into))
    return services.merge_films(film=film, into=into, shown=services.seen(film, into), by=by)


def undo(merged, by=None):
    shown = services.seen(*(Film.objects.get(pk=pk) for pk in (merged.film_id, merged.into_id)))
    return services.undo_merge(merge=merged, shown=shown, by=by)


def everything(film):
    """Return all that a film is, for comparing."""
    film = Film.objects.for_lists().get(pk=film.pk)
    names = ("title", "slug", "state", "imdb_id", "tmdb_id", "wikidata_id", "poster", "category_id")
    topic = film.topic
    return {
        "fields": [getattr(film, name) for name in names],
        "sources": list(film.sources.values_list("pk", "address", "label", "position")),
        "credits": list(film.credits.values_list("pk", "person", "role", "position")),
        "categories": list(film.categories.values_list("pk", flat=True)),
        "topic": (topic.title, topic.path, bool(topic.hidden_at), topic.locked_at, topic.moved_to),
        "count": topic.comment_count,
        "talk": list(
            Thread.objects.filter(topic=topic).order_by("pk").values_list("pk", "ordinal")
        ),
    }


# ------------------------------------------------------------------------------------------ merging


def test_all_that_the_other_film_has_not_moves_there(pair, ruth):
    film, into = pair
    merged = merge(film, into, ruth)
    into.refresh_from_db()
    assert [str(one) for one in into.sources.all()] == ["Internet Archive", "restored"]
    assert [str(one) for one in into.credits.all()] == [
        "Harry Watt, director",
        "Basil Wright, producer",
    ]
    assert [one.name for one in (into.category, *into.categories.all())] == ["Work", "Trains"]
    assert (into.imdb_id, into.wikidata_id) == ("tt0027642", "Q2")
    film = Film.objects.for_lists().get(pk=film.pk)
    assert (film.state, film.imdb_id, film.is_merged) == ("withdrawn", "", True)
    assert film.sources.get().address == CLIP  # what is there already stays behind
    assert (merged.by, merged.undone_at) == (ruth, None)
    assert Event.objects.filter(verb="film-merge", actor_id=ruth.pk, after=str(into.pk)).exists()


def test_the_whole_talk_moves_by_date_with_its_links_and_old_numbers_lead_on(pair, client):
    film, into = pair
    first = Comment.objects.get(text__body__startswith="First")
    reply = Comment.objects.get(text__body__startswith="Reply")
    merge(film, into)
    topic = Topic.objects.get(pk=into.topic_id)
    threads = Thread.objects.filter(topic=topic).order_by("ordinal")
    assert [thread.ordinal for thread in threads] == [1, 2, 3]
    later = [thread.created_at for thread in threads][1:]
    assert later == sorted(later)
    assert topic.comment_count == 4
    assert not Thread.objects.filter(topic=film.topic_id).exists()
    assert faults() == []
    html = client.get(into.get_absolute_url()).content.decode()
    assert all(word in html for word in ("First", "Reply", "Second", "There before"))
    assert client.get(f"/comments/{reply.pk}/").status_code == 200
    for number, comment in (("1", first), ("1.1", reply)):
        answer = client.get(f"/films/the-night-mail/{number}")
        assert (answer.status_code, answer.headers["Location"]) == (301, f"/comments/{comment.pk}/")


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("/films/the-night-mail/", "/films/night-mail/"),
        ("/films/the-night-mail/?sort=newest", "/films/night-mail/?sort=newest"),
        ("/films/the-night-mail/comments.atom", "/films/night-mail/comments.atom"),
    ],
)
def test_the_old_address_and_its_feed_answer_301_to_readers_and_staff(pair, editor, address, to):
    film, into = pair
    reader = Client()
    reader.get("/films/the-night-mail/")  # kept, before
    merge(film, into)
    for client in (reader, editor):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (301, to)


def test_an_address_that_the_film_had_before_leads_on_too(pair, client):
    film, into = pair
    services.change_film(film=film, slug="night-post")
    merge(film, into)
    answer = client.get("/films/the-night-mail/", follow=True)
    assert [status for _to, status in answer.redirect_chain] == [301, 301]
    assert answer.redirect_chain[-1][0] == "/films/night-mail/"


def test_the_form_of_the_old_talk_leads_on_and_what_it_posts_follows(pair, client):
    film, into = pair
    form = f"/topics/{film.topic_id}/comments/new/"
    opened = client.get(form)  # before the merge
    assert opened.status_code == 200
    merge(film, into)
    answer = client.get(form)
    assert (answer.status_code, answer.headers["Location"]) == (
        301, f"/topics/{into.topic_id}/comments/new/",
    )  # fmt: skip
    answer = write(Client(), form, body="Written meanwhile", name="Nils")
    assert answer.status_code == 302
    comment = Comment.objects.get(text__body="Written meanwhile")
    assert comment.thread.topic_id == into.topic_id
    assert Topic.objects.get(pk=into.topic_id).comment_count == 5
    assert faults() == []


def test_a_reply_to_a_comment_that_moved_is_counted_where_it_is_now(pair):
    film, into = pair
    first = Comment.objects.get(text__body__startswith="First")
    merge(film, into)
    write(Client(), f"/comments/{first.pk}/reply/", body="And a reply", name="Nils")
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    assert counts == {film.topic_id: 0, into.topic_id: 5}
    assert faults() == []


def test_a_comment_that_took_aim_before_the_merge_lands_in_the_other_talk(pair, monkeypatch):
    """The film goes between the look at its topic and the lock of it."""
    film, into = pair
    look, done = posting._target, []

    def look_and_lose(*args):
        home = look(*args)
        if not done:
            done.append(merge(film, into))
        return home

    monkeypatch.setattr(posting, "_target", look_and_lose)
    author = talk.Author(member=User.objects.create_user("Liv"))
    posted = talk.post_comment(author=author, body="Just now", topic_id=film.topic_id)
    assert posted.comment.thread.topic_id == into.topic_id
    assert Topic.objects.get(pk=into.topic_id).comment_count == 5
    assert faults() == []


def test_a_poster_moves_where_there_is_none(pair, settings):
    film, into = pair
    services.set_poster(film=film, upload=picture())
    name = Film.objects.get(pk=film.pk).poster
    merged = merge(film, into)
    assert Film.objects.get(pk=into.pk).poster == name
    assert Film.objects.get(pk=film.pk).poster == ""
    undo(merged)
    assert Film.objects.get(pk=film.pk).poster == name
    assert Film.objects.get(pk=into.pk).poster == ""


def test_a_film_without_a_main_category_takes_the_one_of_the_other(make):
    work = services.create_category(name="Work")
    film, into = make("A", category=work), make("B")
    merged = merge(film, into)
    into.refresh_from_db()
    assert (into.category, into.topic.byline) == (work, "Work")
    undo(merged)
    into.refresh_from_db()
    assert into.category is None


def test_both_films_keep_it_in_their_history(pair, ruth):
    film, into = pair
    undo(merge(film, into, ruth), ruth)
    for one, words in (
        (film, [f"merged:{into.pk}", f"unmerge:{into.pk}"]),
        (into, [f"merge:{film.pk}", f"unmerge:{film.pk}"]),
    ):
        rows = list(one.history.order_by("history_id"))[1:]
        assert [row.history_change_reason for row in rows] == words
        assert {row.history_user for row in rows} == {ruth}


def test_an_import_finds_the_film_that_another_went_into(pair):
    film, into = pair
    merge(film, into)
    page = FilmRecord(ref="1", address="", title="The Night Mail", slug="the-night-mail")
    assert find_film(page) == into


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("published", "draft", "merge-hidden"),
        ("published", "withdrawn", "merge-hidden"),
        ("draft", "draft", None),
        ("withdrawn", "published", None),
    ],
)
def test_a_public_film_goes_into_no_hidden_one(make, first, second, code):
    film, into = make("A", state=first), make("B", state=second)
    if code is None:
        merge(film, into)
        return
    with pytest.raises(ValidationError) as refused:
        merge(film, into)
    assert refused.value.code == code


def test_what_makes_no_sense_is_refused(pair, make):
    film, into = pair
    other = make("Other")
    demo = services.create_film(title="Demo", state="published", is_demo=True)
    merge(film, into)
    for one, two, code in (
        (other, other, "same-film"),
        (film, other, "merged"),
        (other, film, "merged"),
        (demo, other, "merge-demo"),
    ):
        with pytest.raises(ValidationError) as refused:
            merge(one, two)
        assert refused.value.code == code
    for act in (
        lambda: services.set_film_state(film=film, state="published"),
        lambda: services.change_film(film=film, title="New"),
        lambda: services.set_sources(film=film, sources=[]),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "merged"


# -------------------------------------------------------------------------------------------- undoing


def test_undoing_brings_both_films_back_whole(pair, client):
    film, into = pair
    before = everything(film), everything(into)
    assert undo(merge(film, into)) == []
    assert (everything(film), everything(into)) == before
    assert faults() == []
    html = client.get("/films/the-night-mail/").content.decode()
    assert "First" in html
    assert "There before" not in html
    first = Comment.objects.get(text__body__startswith="First")
    answer = client.get("/films/the-night-mail/1")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/comments/{first.pk}/")
    # A number that the comment had meanwhile leads on too.
    assert client.get("/films/night-mail/2").headers["Location"] == f"/comments/{first.pk}/"


def test_merging_again_after_undoing_works_as_the_first_time(pair):
    film, into = pair
    undo(merge(film, into))
    before = everything(film), everything(into)
    undo(merge(film, into))
    assert (everything(film), everything(into)) == before
    assert FilmMerge.objects.count() == 2


def test_what_changed_meanwhile_is_told_and_made_anew_where_it_can_be(pair, say):
    film, into = pair
    merged = merge(film, into)
    second = Comment.objects.get(text__body__startswith="Second")
    talk.purge_branch(comment_id=second.pk, by=None)
    say(into, "Begun since then")
    services.edit_film(
        film=into,
        imdb_id="tt9999999",
        credits=[],
        sources=[NewSource(CLIP), NewSource(THIRD_CLIP)],
    )
    notes = undo(merged)
    assert len(notes) == 3
    assert "IMDb" in notes[0]
    assert notes[1].startswith("1 thread was moved on or deleted")
    assert notes[2].startswith("1 thread was begun since then")
    film.refresh_from_db()
    into.refresh_from_db()
    assert [one.address for one in film.sources.all()] == [CLIP, OTHER_CLIP]
    assert film.sources.last().label == "restored"
    assert {str(one) for one in film.credits.all()} == {
        "Harry Watt, director",
        "Basil Wright, producer",
    }
    assert (film.imdb_id, into.imdb_id) == ("tt0027642", "tt9999999")
    assert [one.address for one in into.sources.all()] == [CLIP, THIRD_CLIP]
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    assert counts == {film.topic_id: 2, into.topic_id: 2}
    assert faults() == []


def test_a_poster_that_was_replaced_meanwhile_is_told_to_be_gone(pair, settings):
    film, into = pair
    services.set_poster(film=film, upload=picture())
    merged = merge(film, into)
    services.set_poster(film=into, upload=picture())
    new = Film.objects.get(pk=into.pk).poster
    assert undo(merged) == ["The poster was replaced meanwhile: it is gone."]
    assert Film.objects.get(pk=film.pk).poster == ""
    assert Film.objects.get(pk=into.pk).poster == new


@pytest.mark.parametrize(("days", "code"), [(29, None), (31, "too-late")])
def test_undoing_is_for_30_days(pair, monkeypatch, days, code):
    film, into = pair
    merged = merge(film, into)
    later = timezone.now() + timedelta(days=days)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    if code is None:
        assert undo(merged) == []
        return
    with pytest.raises(ValidationError) as refused:
        undo(merged)
    assert refused.value.code == code
    assert Film.objects.for_lists().get(pk=film.pk).is_merged


def test_undoing_twice_and_out_of_turn_is_refused_with_words(pair, make):
    film, into = pair
    third = make("Third")
    merged, further = merge(film, into), merge(into, third)
    assert Thread.objects.filter(topic=third.topic_id).count() == 3
    assert services.present_film(film_id=film.pk) == third
    assert Client().get("/films/the-night-mail/").headers["Location"] == third.get_absolute_url()
    with pytest.raises(ValidationError, match="Undo that first") as refused:
        undo(merged)
    assert refused.value.code == "merged"
    undo(further)
    undo(merged)
    with pytest.raises(ValidationError) as refused:
        undo(merged)
    assert refused.value.code == "undone"
    assert Thread.objects.filter(topic=film.topic_id).count() == 2


# ------------------------------------------------------------------------------------------ its pages


def merge_page(film, into=None):
    return f"{LIST}{film.pk}/merge/" + (f"?into={into.pk}" if into else "")


def test_the_film_to_go_into_is_offered_or_found_by_words(editor, pair, make):
    film, into = pair
    far = make("Coal Face")
    html = editor.get(merge_page(film)).content.decode()
    assert f"?into={into.pk}" in html  # its twin
    assert f"?into={far.pk}" not in html
    html = editor.get(f"{merge_page(film)}?q=coal").content.decode()
    assert f"?into={far.pk}" in html
    assert "No film has these words" in editor.get(f"{merge_page(film)}?q=zzz").content.decode()


def test_a_preview_says_what_will_move_and_writes_nothing(editor, pair):
    film, into = pair
    before = everything(film), everything(into)
    html = editor.get(merge_page(film, into)).content.decode()
    for words in (
        "All 2 threads move",
        "3 comments",
        "by one person",
        "/films/the-night-mail/",
        f"<ins>{OTHER_CLIP}, restored</ins>",
        f"{CLIP} is there already",
        "Basil Wright, producer",
        "Harry Watt, director is there already",
        "<ins>Trains</ins>",
        "<ins>IMDb tt0027642</ins>",
    ):
        assert words in html, words
    assert (everything(film), everything(into)) == before
    assert not FilmMerge.objects.exists()


def test_a_merge_and_its_undoing_by_hand(editor, pair, ruth):
    film, into = pair
    before = everything(film), everything(into)
    page = editor.get(merge_page(film, into))
    sent = {"into": into.pk, "shown": page.context_data["shown"]}
    answer = editor.post(merge_page(film), sent, follow=True)
    assert answer.redirect_chain == [(f"{LIST}{into.pk}/change/", 302)]
    html = answer.content.decode()
    assert "went into this film" in html
    merged = FilmMerge.objects.get(by=ruth)
    back = f"/admin/films/film/merges/{merged.pk}/undo/"
    assert back in html
    assert back in editor.get(f"{LIST}{film.pk}/change/").content.decode()
    assert 'name="_save"' not in editor.get(f"{LIST}{film.pk}/change/").content.decode()
    assert "went into another" in editor.get(LIST).content.decode()
    page = editor.get(back)
    assert "2 threads, with their old numbers" in page.content.decode()
    answer = editor.post(back, {"shown": page.context_data["shown"]}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}{film.pk}/change/", 302)]
    assert (everything(film), everything(into)) == before
    assert back not in answer.content.decode()
    again = editor.post(back, {"shown": page.context_data["shown"]})
    assert again.status_code == 409
    assert "undone already" in again.content.decode()


def test_who_saw_an_older_state_is_told_and_nothing_moves(editor, pair):
    film, into = pair
    shown = services.seen(film, into)
    services.change_film(film=into, tagline="Meanwhile")
    answer = editor.post(merge_page(film), {"into": into.pk, "shown": shown})
    assert answer.status_code == 409
    assert "It was changed meanwhile" in answer.content.decode()
    assert not FilmMerge.objects.exists()
    merged = merge(film, into)
    answer = editor.post(f"{LIST}merges/{merged.pk}/undo/", {"shown": shown})
    assert answer.status_code == 409
    assert Film.objects.for_lists().get(pk=film.pk).is_merged


def test_addresses_of_nothing_are_not_found(editor, pair):
    film, _into = pair
    for address in (
        f"{LIST}999999/merge/",
        f"{merge_page(film)}?into=999999",
        f"{merge_page(film)}?into=x",
        f"{merge_page(film)}?into={'9' * 30}",
        f"{LIST}merges/999/undo/",
        f"{LIST}merges/{'9' * 30}/undo/",
    ):
        assert editor.get(address).status_code == 404, address
    assert editor.get(merge_page(film, film)).status_code == 200  # with the refusal in words
    assert (
        editor.post(
            merge_page(film), {"into": film.pk, "shown": services.seen(film, film)}
        ).status_code
        == 422
    )


@pytest.mark.parametrize("rights", [[], ["films.view_film", "films.add_film"]])
def test_who_may_not_change_films_merges_none_by_direct_post(pair, make, rights):
    film, into = pair
    merged = merge(make("Other"), make("Another"))
    client = client_of(person("Marta", *rights))
    sent = {"into": into.pk, "shown": services.seen(film, into)}
    assert client.get(merge_page(film, into)).status_code == 403
    assert client.post(merge_page(film), sent).status_code == 403
    assert client.post(f"{LIST}merges/{merged.pk}/undo/", {"shown": ""}).status_code == 403
    assert Client().post(merge_page(film), sent).status_code == 302  # to the login
    assert FilmMerge.objects.filter(undone_at=None).count() == 1


def test_a_film_that_went_into_another_is_published_by_no_list_and_no_form(editor, pair):
    film, into = pair
    merge(film, into)
    data = {"action": "publish", "index": 0, "_selected_action": [film.pk]}
    answer = editor.post(LIST, data, follow=True)
    assert any("went into another one" in str(one) for one in answer.context["messages"])
    assert send(editor, film, state="published").status_code == 403
    assert Film.objects.get(pk=film.pk).state == "withdrawn"


def test_nothing_that_is_merged_is_deleted_by_cascade(pair, editor):
    film, into = pair
    merged = merge(film, into)
    before = [model.objects.count() for model in (Film, Source, Thread, Comment, Topic)]
    for one in (film, into):
        assert editor.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    undo(merged)
    assert [model.objects.count() for model in (Film, Source, Thread, Comment, Topic)] == before


def test_nothing_hostile_runs_in_history_merge_and_preview(editor, make):
    for text in OWN:
        line = text[:200]
        who = services.create_person(name=line)
        category = services.create_category(name=f"{text[:50]} {Film.objects.count()}")
        film = make(
            line,
            credits=[(who, "director")],
            category=category,
            sources=[NewSource(CLIP, label=text[:80])],
        )
        into = make(f"{line} ", slug=f"into-{film.pk}")
        services.edit_film(film=film, description=text, tagline=line, sources=[])
        version = film.history.earliest()
        sent = {"title": text, "description": text, "description_format": "html", "video": text,
                "year": text, "category": text}  # fmt: skip
        for answer in (
            editor.get(f"{LIST}{film.pk}/history/"),
            editor.get(f"{LIST}{film.pk}/history/{version.pk}/"),
            editor.get(merge_page(film)),
            editor.get(f"{LIST}{film.pk}/merge/", {"q": text}),
            editor.get(merge_page(film, into)),
            editor.post(f"{LIST}preview/", sent),
            editor.get(f"{LIST}card/", {"title": text, "year": text, "category": text}),
            editor.get(f"{LIST}source/", {"address": text}),
            editor.get(f"{LIST}twins/", {"title": text}),
            send(editor, title=text, video=text, slug=text, imdb_id=text, countries=text),
        ):
            assert answer.status_code in (200, 422)
            assert faults_of(answer) == [], text
        merged = merge(film, into)
        for address in (
            f"{LIST}merges/{merged.pk}/undo/",
            f"{LIST}{film.pk}/change/",
            f"{LIST}{into.pk}/change/",
            f"{LIST}{into.pk}/history/",
        ):
            assert faults_of(editor.get(address)) == [], text
