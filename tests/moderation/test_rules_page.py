"""The page of the rules: read by whoever moderates, changed by few, and never untried."""

import re

import pytest

from films.services import create_category, create_film
from forum.accounts.models import User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Event
from forum.moderation import rules
from forum.moderation.models import RulesVersion
from forum.moderation.rules import Place, Ruleset
from tests.moderation.conftest import client_of, member_of
from tests.moderation.hostile import STRINGS, faults_of
from tests.statements import statements

pytestmark = pytest.mark.django_db
PAGE = "/admin/moderation/rulesversion/"


@pytest.fixture
def senior():
    return client_of(member_of("senior", "Ines"))


def form_of(answer):
    """Return what a browser would send of the form in an answer."""
    html = answer.content.decode()
    form = html[html.index('<form class="act-form"') :]
    form = form[: form.index("</form>")]
    data = {}
    for tag in re.findall(r"<input [^>]+>", form):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        data[name[1]] = value[1] if value else ""
    for name, inner in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        data[name] = inner
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        data[name] = chosen[1] if chosen else ""
    return data


def trying(client, **changes):
    return client.post(PAGE, {**form_of(client.get(PAGE)), **changes})


def change(client, **changes):
    """Try the changes and put them in force, as a person does."""
    tried = trying(client, **changes)
    return client.post(PAGE, {**form_of(tried), "do": "1"})


def test_nothing_is_in_force_before_it_was_tried_and_seen(senior, say):
    say("Buy at the casino.")
    answer = trying(senior, held_words="casino")
    assert answer.status_code == 200
    assert "would have held <b>1</b>" in answer.content.decode()
    assert "Buy at the casino." in answer.content.decode()
    assert not RulesVersion.objects.exists()
    # What was tried is named: other words sent with "do" are only tried.
    sent = {**form_of(answer), "held_words": "harbour", "do": "1"}
    assert senior.post(PAGE, sent).status_code == 200
    assert not RulesVersion.objects.exists()
    untried = {**form_of(senior.get(PAGE)), "held_words": "casino", "do": "1"}
    assert senior.post(PAGE, untried).status_code == 200
    assert not RulesVersion.objects.exists()


def test_what_was_tried_is_put_in_force_with_its_figures_and_its_event(senior, say):
    say("Buy at the casino.")
    assert change(senior, held_words="casino").status_code == 302
    version, ruleset = rules.in_force()
    assert ruleset.held_words == "casino"
    assert version.tried["held"] == 1
    assert version.by.username == "Ines"
    event = Event.objects.get(verb="rules")
    assert (event.actor_id, event.before, event.after) == (version.by_id, "", str(version.pk))
    assert "casino" not in str(vars(event))
    assert "rules of posting changed" in senior.get("/admin/discussions/event/").content.decode()


def test_every_rule_is_read_back_as_it_was_written(senior, say, topic):
    film = create_film(title="Night Mail", category=create_category(name="Post"), state="published")
    branch = say()
    given = {
        "banned_words": "cas*no",
        "held_words": "buy now",
        "links_new": "0",
        "links_known": "2",
        "links_trusted": "4",
        "first_of_guests": "1",
        "first_of_members": "2",
        "reports": "5",
        "slow_minutes": "3",
        "close_after_days": "90",
        "places-TOTAL_FORMS": "4",
        "places-0-place": film.get_absolute_url(),
        "places-0-guests": "closed",
        "places-0-slow_minutes": "0",
        "places-1-place": film.category.get_absolute_url(),
        "places-1-hold": "yes",
        "places-1-close_after_days": "30",
        "places-2-place": f"https://films.example.org/comments/{branch.pk}/",
        "places-2-guests": "hold",
        "places-3-place": "",
    }
    assert change(senior, **given).status_code == 302
    _version, ruleset = rules.in_force()
    assert ruleset == Ruleset(
        banned_words="cas*no", held_words="buy now", links_new=0, links_known=2, links_trusted=4,
        first_of_guests=1, first_of_members=2, reports=5, slow_s=180, close_after_days=90,
        places=(
            Place("topic", film.topic_id, guests="closed", slow_s=0),
            Place("category", film.category_id, hold=True, close_after_days=30),
            Place("branch", branch.pk, guests="hold"),
        ),
    )  # fmt: skip
    shown = form_of(senior.get(PAGE))
    assert shown["banned_words"] == "cas*no"
    assert shown["places-0-place"] == film.get_absolute_url()
    assert shown["places-2-place"] == f"#{branch.pk}"
    again = senior.post(PAGE, {**form_of(senior.post(PAGE, shown)), "do": "1"})
    assert again.status_code == 422
    assert "Nothing is other than now" in again.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"banned_words": "a*"}, "three letters"),
        ({"links_new": "-1"}, "greater than or equal"),
        ({"links_new": ""}, "required"),
        ({"slow_minutes": "9999999"}, "less than or equal"),
        ({"places-0-place": "/films/nowhere/", "places-0-guests": "closed"}, "no address"),
        ({"places-0-place": "/categories/nowhere/", "places-0-guests": "closed"}, "no address"),
        ({"places-0-place": "/lobby/{topic}/"}, "Say what is otherwise"),
        ({"places-0-guests": "closed"}, "Where?"),
        ({"places-0-place": "/lobby/{topic}/", "places-0-guests": "hold"}, "own switch"),
        ({"places-0-place": "/lobby/{topic}/", "places-0-hold": "yes"}, "own switch"),
        ({"places-0-place": "#{comment}", "places-0-slow_minutes": "1"}, "own page"),
        ({"places-0-place": "#{comment}", "places-0-close_after_days": "1"}, "own page"),
    ],
)
def test_what_cannot_be_is_said_and_every_word_kept(senior, say, topic, wrong, words):
    ids = {"topic": topic.pk, "comment": say().pk}
    sent = {name: value.format(**ids) for name, value in wrong.items()}
    answer = trying(senior, held_words="casino", **sent)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in html
    assert "casino" in html
    assert all(value in html for value in sent.values())


def test_one_place_stands_there_once(senior, topic):
    twice = {f"places-{at}-place": f"/lobby/{topic.pk}/" for at in range(2)}
    twice |= {f"places-{at}-guests": "closed" for at in range(2)}
    answer = trying(senior, **twice)
    assert answer.status_code == 422
    assert "stands here twice" in answer.content.decode()


def test_somebody_was_faster_and_that_is_said(senior, topic):
    tried = form_of(trying(senior, held_words="mine"))
    other = client_of(member_of("administrator", "Olga"))
    assert change(other, held_words="theirs").status_code == 302
    answer = senior.post(PAGE, {**tried, "do": "1"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Somebody changed the rules meanwhile" in html
    assert "mine" in html
    assert rules.in_force()[1].held_words == "theirs"


def test_an_earlier_version_is_shown_tried_and_put_in_force_again(senior):
    change(senior, held_words="first")
    first = RulesVersion.objects.latest("pk").pk
    change(senior, held_words="second")
    shown = senior.get(f"{PAGE}?version={first}")
    assert f"This is version {first}" in shown.content.decode()
    tried = senior.post(PAGE, form_of(shown))
    assert senior.post(PAGE, {**form_of(tried), "do": "1"}).status_code == 302
    assert rules.in_force()[1].held_words == "first"
    assert RulesVersion.objects.count() == 3
    assert senior.get(f"{PAGE}?version=999").status_code == 404
    assert senior.get(f"{PAGE}?version=x").status_code == 404
    assert senior.get(f"{PAGE}{first}/change/").headers["Location"].endswith(f"?version={first}")


def test_a_place_that_is_gone_is_left_out_and_said(senior, say):
    branch = say()
    RulesVersion.objects.create(
        values=Ruleset(
            places=(Place("branch", branch.pk, guests="hold"), Place("topic", 999))
        ).values
    )
    services.purge_branch(comment_id=branch.pk, by=None)
    answer = senior.get(PAGE)
    assert "2 places are gone" in answer.content.decode()
    assert form_of(answer)["places-0-place"] == ""


def test_whoever_moderates_reads_the_rules_and_cannot_change_them(say):
    client = client_of(member_of("moderator", "Nora"))
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "Try them" not in page.content.decode()
    assert client.post(PAGE, form_of(page)).status_code == 403
    for role in ("viewer", "editor"):
        other = client_of(member_of(role, f"O {role}"))
        assert other.get(PAGE).status_code == 403
        assert other.post(PAGE, {"do": "1"}).status_code == 403
    assert not RulesVersion.objects.exists()


def test_reading_and_trying_write_nothing(senior, say):
    say()
    before = Event.objects.count()
    trying(senior, held_words="casino")
    assert (RulesVersion.objects.count(), Event.objects.count()) == (0, before)


def test_no_word_of_anybody_runs_as_a_script(senior, topic):
    for at, text in enumerate(STRINGS):
        pen = pen_with_secret(f"of {at}", "x")[0]
        author = services.Author(pen=pen, name=text[:60] or "x")
        services.post_comment(author=author, body=f"zzhostile {text}", topic_id=topic.pk)
    assert faults_of(trying(senior, held_words="zzhostile")) == []
    for text in STRINGS:
        wrong = {"held_words": text, "places-0-place": text, "links_new": text, "tried": text}
        assert faults_of(trying(senior, **wrong)) == []


def test_the_page_takes_the_same_statements_whatever_was_posted(senior, say, topic):
    def cost():
        data = form_of(senior.get(PAGE))
        with statements() as said:
            assert senior.post(PAGE, data | {"held_words": "said"}).status_code == 200
        return len(said)

    for at in range(3):
        say(f"It was said, {at}")
    few = cost()
    for at in range(20):
        say(f"It was said again, {at}", name=f"Guest {at}")
    assert cost() == few
    assert few <= 25


def test_who_changed_the_rules_may_leave_and_the_rules_stay(senior):
    change(senior, held_words="casino")
    ines = User.objects.get(username="Ines")
    ines.groups.clear()
    User.objects.filter(pk=ines.pk).update(is_staff=False)
    root = User.objects.create_superuser("Ruth")
    services.erase_member(member_id=ines.pk, by=Reader(user=root))
    assert RulesVersion.objects.get().by_id is None
    assert rules.in_force()[1].held_words == "casino"
    assert "somebody who is gone" in client_of(root).get(PAGE).content.decode()
