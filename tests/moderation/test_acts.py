"""The page of each act: it says what will change for whom, and does it by POST alone."""

import re

import pytest

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Decision, Event
from forum.moderation.acts import ACTS
from tests.moderation.conftest import LIST, client_of, lately, member_of, moderator
from tests.moderation.hostile import OWN, faults_of


@pytest.fixture
def client(db):
    return client_of(member_of("senior", "Greta"))


@pytest.fixture
def talk(say):
    """A thread 1 > 1.1 > 1.1.1 of three people, and a thread 2."""
    root = say("What was asked.", name="Marta")
    reply = say("What was answered.", member=User.objects.create_user("Sunniva"), under=root)
    return root, reply, say("And again.", under=reply), say("Another thread.")


def page(comment, name):
    return f"{LIST}{comment.pk}/{name}/"


def hidden(client, comment, name):
    html = client.get(page(comment, name)).content.decode()
    return dict(re.findall(r'name="(seen|base)" value="([^"]+)"', html))


def now(comment):
    return Comment.objects.with_text().get(pk=comment.pk)


def data_for(name, other):
    return {
        "redact": {"part": "answered"},
        "edit": {"body": "What was said."},
        "merge": {"under": f"#{other.pk}"},
        "purge": {"reason": "illegal"},
        "purge-now": {"reason": "illegal", "sure": "on"},
        "erase": {"reason": "private", "sure": "on"},
        "fold": {"reason": "quarrel"},
        "slow": {"minutes": "30"},
    }.get(name, {})


def make_ready(name, comment):
    """Put the comment into the state that an act takes back."""
    which = {"comment_id": comment.pk, "by": None}
    if name == "unlock":
        services.lock_branch(**which, locked=True)
    elif name == "unfold":
        services.fold_branch(**which, reason="other")
    elif name == "unslow":
        services.slow_branch(**which, minutes=5)
    elif name == "unpin":
        services.pin_thread(**which, pinned=True)
    elif name == "unfeature":
        services.feature_comment(**which, featured=True)


def test_a_page_says_what_will_change_and_who_is_concerned(client, talk):
    root, reply, _last, _other = talk
    html = client.get(page(reply, "detach")).content.decode()
    assert "2 comments (2 public) by 2 people" in html
    assert "<bdi>Nils</bdi>, <bdi>Sunniva</bdi>" in html
    assert "a thread of its own with a new number" in html
    assert "What was answered." in html
    html = client.get(page(root, "purge-now")).content.decode()
    assert "3 comments (3 public) by 3 people" in html
    assert "This is final: nothing brings it back." in html
    assert "1 comment (1 public) by 1 person" in client.get(page(reply, "redact")).content.decode()


@pytest.mark.parametrize("name", list(ACTS))
def test_an_act_is_done_by_post_and_never_by_get(client, talk, name):
    root, reply, last, other = talk
    comment = root if name in ("merge", "move", "pin", "unpin") else reply
    make_ready(name, comment)
    elsewhere = services.open_topic(title="Elsewhere", by=None)
    data = data_for(name, other)
    if name == "move":
        data = {"topic": f"http://testserver/lobby/{elsewhere.pk}/"}
    if name == "split":
        data = {"replies": [last.pk], "body": "About the light."}
    before = Event.objects.count()
    assert client.get(page(comment, name), data).status_code == 200
    assert Event.objects.count() == before
    answer = client.post(
        page(comment, name), {**data, **hidden(client, comment, name)}, follow=True
    )
    assert answer.status_code == 200
    assert str(ACTS[name].done) in answer.content.decode()
    event = Event.objects.filter(pk__gt=0).exclude(verb="purge-below").latest("pk")
    assert event.comment_id == comment.pk
    assert event.actor_id == User.objects.get(username="Greta").pk
    is_gone = name in ("purge", "purge-now", "erase")
    assert answer.redirect_chain[-1][0] == (LIST if is_gone else f"{LIST}{comment.pk}/change/")
    kept = Decision.objects.filter(event=event).exists()
    assert kept == (not ACTS[name].is_final)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("redact", {"part": ""}),
        ("redact", {"part": "not there"}),
        ("edit", {"body": "  "}),
        ("merge", {"under": "#987654"}),
        ("merge", {"under": "https://elsewhere.example/x"}),
        ("move", {"topic": "/films/never-made/"}),
        ("move", {"topic": ""}),
        ("detach", {"topic": "/lobby/987654/"}),
        ("fold", {}),
        ("fold", {"reason": "ugly"}),
        ("slow", {"minutes": "7"}),
        ("split", {"body": "What it is about."}),
        ("split", {"replies": "987654", "body": "What it is about."}),
        ("purge", {}),
        ("purge", {"reason": "x"}),
        ("purge-now", {"reason": "illegal"}),
    ],
)
def test_what_is_not_filled_in_right_is_refused_and_kept(client, talk, name, data):
    comment = talk[0] if name in ("merge", "move") else talk[1]
    before = Event.objects.count()
    answer = client.post(page(comment, name), {**data, **hidden(client, comment, name)})
    assert answer.status_code == 422
    for value in data.values():
        assert value.strip() in answer.content.decode()
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "name", ["redact", "edit", "detach", "lock", "purge", "purge-now", "erase"]
)
def test_a_page_that_is_out_of_date_is_told_what_happened(client, talk, name):
    comment = talk[1]
    sent = {**data_for(name, talk[3]), **hidden(client, comment, name)}
    services.moderate(comment_id=comment.pk, verb="hold", by=Reader(user=moderator("Ruth")))
    answer = client.post(page(comment, name), sent)
    assert answer.status_code == 409
    assert lately("Already held by Ruth, 0 seconds ago.").search(answer.content.decode())
    assert Event.objects.latest("pk").verb == "hold"


LOOKS = {  # what readers will see of an act that is seen
    "fold": ({"reason": "quarrel"}, "folded by a moderator, with 1 reply: a quarrel between a few"),
    "slow": ({"minutes": "30"}, "one reply a person every 30 minutes"),
    "lock": ({}, "Locked by a moderator: no new replies here."),
    "pin": ({}, ">pinned</span>"),
    "feature": ({}, ">featured</span>"),
}


@pytest.mark.parametrize("name", list(LOOKS))
def test_a_page_shows_how_it_will_look_and_that_is_how_it_looks(client, talk, name):
    comment = talk[0] if name == "pin" else talk[1]
    data, words = LOOKS[name]
    before = Event.objects.count()
    sent = {**data, **hidden(client, comment, name)}
    assert ('name="look"' in client.get(page(comment, name)).content.decode()) == bool(data)
    answer = client.post(page(comment, name), {**sent, "look": "1"})
    assert answer.status_code == 200
    shown = answer.content.decode().partition('<div class="sample">')[2]
    assert words in shown
    assert Event.objects.count() == before
    assert client.post(page(comment, name), sent).status_code == 302
    talk_page = client.get(comment.thread.topic.get_absolute_url()).content.decode()
    assert words in talk_page.partition(f'id="c{comment.pk}"')[2]


def test_a_split_shows_what_is_chosen_and_whom_it_concerns_before_it_is_done(client, talk, say):
    root, reply, _last, _other = talk
    second = say("Where was it filmed?", name="Ada", under=root)
    html = client.get(page(root, "split")).content.decode()
    assert "1.1 Sunniva: What was answered. (1 below)" in html
    assert "1.2 Ada: Where was it filmed?" in html
    assert "Split off from the replies to http" in html
    sent = {"replies": [reply.pk], "body": "About the light.", **hidden(client, root, "split")}
    html = client.post(page(root, "split"), {**sent, "look": "1"}).content.decode()
    assert "2 comments (2 public) by 2 people" in html
    assert "About the light." in html
    assert not Event.objects.filter(verb="split").exists()
    assert client.post(page(root, "split"), sent).status_code == 302
    assert now(reply).parent.text.body == "About the light."
    assert now(second).parent_id == root.pk


def test_a_thread_is_not_hung_under_itself_and_the_page_says_why(client, talk):
    root, reply = talk[:2]
    answer = client.post(page(root, "merge"), {"under": f"/comments/{reply.pk}/"})
    assert answer.status_code == 422
    assert "A thread cannot hang under itself." in answer.content.decode()


def test_what_does_not_apply_is_not_offered(client, talk):
    root, reply = talk[:2]

    def offered(comment):
        html = client.get(f"{LIST}{comment.pk}/change/").content.decode()
        return set(re.findall(rf'class="button[^"]*" href="{LIST}{comment.pk}/([a-z-]+)/"', html))

    both = {"redact", "edit", "lock", "purge", "purge-now", "erase"}
    both |= {"fold", "slow", "feature", "split"}
    assert offered(root) == both | {"merge", "move", "pin"}
    assert offered(reply) == both | {"detach"}
    services.lock_branch(comment_id=root.pk, by=None, locked=True)
    assert "unlock" in offered(reply)
    answer = client.post(page(root, "detach"))
    assert answer.status_code == 409


def test_the_page_of_an_act_costs_the_same_for_a_big_branch(
    client, say, django_assert_max_num_queries
):
    def cost(name):
        with django_assert_max_num_queries(20) as found:
            assert client.get(page(root, name)).status_code == 200
        return len(found)

    root = say(under=say())
    costs = [cost(name) for name in ACTS]
    for at in range(30):
        say(under=root, name=f"Guest {at}")
    assert [cost(name) for name in ACTS] == costs


def test_what_is_to_be_purged_stands_in_a_list_of_its_own_for_senior_staff(client, talk):
    client.post(page(talk[1], "purge"), {"reason": "private"})
    decision = Decision.objects.get()
    undo = f"/admin/discussions/decision/{decision.pk}/undo/"
    ines = client_of(moderator())
    assert undo not in ines.get("/admin/discussions/decision/?which=purge").content.decode()
    assert ines.post(undo).status_code == 403
    assert undo in client.get("/admin/discussions/decision/?which=purge").content.decode()
    assert client.post(undo).status_code == 302
    assert now(talk[1]).state == "public"


def test_what_was_taken_out_is_on_no_page_of_a_moderator(client, talk):
    comment = talk[1]
    client.post(page(comment, "redact"), {"part": "answered", **hidden(client, comment, "redact")})
    ines = client_of(moderator())
    for address in (LIST, f"{LIST}{comment.pk}/change/", page(comment, "edit"), page(comment, "redact"),
                    f"/comments/{comment.pk}/history/", f"/comments/{comment.pk}/"):  # fmt: skip
        answer = ines.get(address)
        assert answer.status_code == 200
        assert "answered" not in answer.content.decode(), address


def test_nothing_hostile_runs_on_the_pages_of_acts(client, say):
    for text in OWN:
        comment = say(text, name=text[:200], under=say(text + "!", name=text[:200]))
        for name in ACTS:
            data = dict.fromkeys(("part", "body", "under", "topic", "reason", "replies"), text)
            for answer in (
                client.get(page(comment, name)),
                client.get(page(comment, name), data),
                client.post(page(comment, name), {**data, "seen": "x"}),
            ):
                assert answer.status_code in (200, 409, 422)
                assert faults_of(answer) == []
