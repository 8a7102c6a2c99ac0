"""Taking the demo out: exactly that, and nothing that visitors wrote."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from films import services as films
from films import sharing
from films.models import Film
from forum.accounts.models import Pen, User
from forum.accounts.readers import hash_secret
from forum.discussions import services, tree
from forum.discussions.models import Comment, State, Topic
from forum.transfer import demo_clearing, demo_loading
from forum.transfer.models import DemoObject

FILMS = json.loads((demo_loading.FOLDER / "films.json").read_text())


def counts() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in apps.get_models()}


@pytest.fixture
def visitor(db):
    """A guest with a pen, and a function by which they post."""
    pen = Pen.objects.create(secret_hash=hash_secret("x"), name="Visitor")

    def post(**where):
        author = services.Author(pen=pen, name="Visitor")
        body = f"I was there too, {Comment.objects.count()}."
        posted = services.post_comment(author=author, body=body, **where).comment
        Comment.objects.filter(pk=posted.pk, state=State.HELD).update(state=State.PUBLIC)
        return posted

    return post


@pytest.mark.django_db
def test_clearing_takes_out_exactly_the_demo(visitor):
    nature = films.create_category(name="Nature")
    marker = films.create_person(name="Chris Marker")
    own = films.create_film(
        title="Ours", category=nature, credits=[(marker, "writer")], state="published"
    )
    visitor(topic_id=own.topic_id)
    before = counts()
    call_command("load_demo", stdout=StringIO())
    assert Comment.objects.count() > 500
    said = StringIO()
    call_command("clear_demo", "--yes", stdout=said)
    after = counts()
    assert after.pop("films.FilmChange") > before.pop("films.FilmChange")  # the lists are told
    assert after == before
    assert f"{len(FILMS)} films" in said.getvalue()
    assert Film.objects.get().category == nature
    call_command("load_demo", stdout=StringIO())
    assert Film.objects.count() == len(FILMS) + 1


@pytest.mark.django_db
def test_what_visitors_wrote_stays_with_what_holds_it_up(visitor):
    call_command("load_demo", stdout=StringIO())
    salesman = Film.objects.get(slug="salesman")
    lobby = Topic.objects.in_lobby().first()
    deep = Comment.objects.filter(thread__topic=salesman.topic, state="public").order_by("-level")[
        0
    ]
    reply = visitor(parent_id=deep.pk)
    beginning = visitor(topic_id=lobby.pk)
    ancestors = [step.id for step in tree.ancestors(deep.pk)]
    said = StringIO()
    call_command("clear_demo", "--yes", stdout=said)
    assert "Salesman (1969)" in said.getvalue()
    assert lobby.title in said.getvalue()
    left = set(Comment.objects.values_list("pk", flat=True))
    assert left == {*ancestors, reply.pk, beginning.pk}
    above = Comment.objects.filter(pk__in=ancestors).select_related("text")
    assert {(one.state, one.name, one.text.body) for one in above} == {("erased", "", "")}
    assert tree.check() == []
    assert [film.slug for film in Film.objects.all()] == ["salesman"]
    assert Topic.objects.filter(is_demo=False).count() == Topic.objects.count() == 2
    assert (User.objects.count(), Pen.objects.count()) == (0, 1)
    assert not DemoObject.objects.exists()
    said = StringIO()
    call_command("load_demo", stdout=said)
    assert "has its address: Salesman" in said.getvalue()
    assert Film.objects.count() == len(FILMS)


@pytest.mark.django_db
def test_a_comment_of_the_demos_moderator_keeps_them(visitor):
    call_command("load_demo", stdout=StringIO())
    usher = User.objects.get(username="Usher")
    film = Film.objects.get(slug="rain")
    services.post_comment(
        author=services.Author(member=usher), body="Welcome.", topic_id=film.topic_id
    )
    demo_clearing.clear()
    assert [user.username for user in User.objects.all()] == ["Usher"]
    assert Comment.objects.get().member == usher


@pytest.mark.django_db
def test_nothing_is_taken_out_without_a_yes(monkeypatch):
    monkeypatch.setattr(demo_loading, "MODERATORS", "nobody")
    said, asks = StringIO(), input
    call_command("load_demo", stdout=said)
    assert "password" not in said.getvalue()
    before = counts()
    monkeypatch.setattr("builtins.input", lambda _question: "")
    with pytest.raises(CommandError, match="Nothing was taken out"):
        call_command("clear_demo", stdout=StringIO())
    monkeypatch.setattr("sys.stdin", StringIO())  # where nobody is there to answer
    monkeypatch.setattr("builtins.input", asks)
    with pytest.raises(CommandError, match="--yes takes it out"):
        call_command("clear_demo", stdout=StringIO())
    assert counts() == before


@pytest.mark.django_db
def test_without_a_demo_there_is_nothing_to_clear():
    said = StringIO()
    call_command("clear_demo", stdout=said)
    assert "no demo" in said.getvalue()


@pytest.mark.django_db
def test_a_members_name_that_is_taken_gets_a_number():
    User.objects.create_user("sunniva", password="x")
    demo_loading.load()
    assert User.objects.filter(username="Sunniva 2").exists()


@pytest.mark.django_db
def test_pictures_of_its_films_go_with_it(settings, django_capture_on_commit_callbacks):
    call_command("load_demo", stdout=StringIO())
    sharing.make(Film.objects.get(slug="salesman").pk)
    assert len(list(settings.MEDIA_ROOT.glob("*.png"))) == 1
    with django_capture_on_commit_callbacks(execute=True):
        call_command("clear_demo", "--yes", stdout=StringIO())
    assert list(settings.MEDIA_ROOT.glob("*.png")) == []
