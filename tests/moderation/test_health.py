"""The page of how moderation is doing: whom it lets in, what it says, what it costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from forum.accounts.readers import ANYBODY
from forum.discussions import services
from forum.discussions.models import Appeal, Comment, Event, Report, Topic
from forum.moderation.health import Health, in_words
from forum.moderation.models import Alarm
from forum.moderation.spam import bayes, learning, table
from tests.discussions.growing import grow, threads
from tests.moderation.conftest import client_of, member_of, moderator, person
from tests.moderation.hostile import OWN, faults_of
from tests.worker.people import words

PAGE = "/admin/moderation/alarm/health/"
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return client_of(moderator())


@pytest.fixture
def held(say):
    """held(hours) -> a comment that has waited for so long."""

    def wait(hours, text="", **given):
        comment = say(text, state="held", **given)
        moment = timezone.now() - hours * HOUR
        Comment.objects.filter(pk=comment.pk).update(
            created_at=moment, state_at=moment, due_at=moment
        )
        rows = Event.objects.filter(comment_id=comment.pk)
        super(type(rows), rows).update(at=moment)  # what is refused to everybody else
        return comment

    return wait


def decide(comment, verb, reason=""):
    return services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY, reason=reason)


def test_it_says_within_what_time_half_is_decided(boss, held):
    for hours in (1, 2, 10):
        decide(held(hours), "approve")
    said = words(boss.get(PAGE))
    assert "Decided within 2.0 h half of them; 9 of 10 within" in said
    assert in_words(0.5) == "30 min"
    assert in_words(12) == "12 h"
    assert in_words(60) == "2.5 days"


def test_what_was_held_again_waits_from_then(boss, held):
    comment = held(30)
    decide(comment, "approve")
    decide(comment, "hold")
    decide(comment, "approve")
    health = Health.now("week")
    assert health.decided == 3
    assert 14 < health.half_hours < 16  # of 30 hours and of no time


def test_it_counts_what_waits_and_since_when(boss, held):
    assert "nothing waits" in words(boss.get(PAGE))
    held(3)
    held(30)
    answer = boss.get(PAGE)
    assert "In the queue 2 the oldest for 1 day, 6 hours" in words(answer)
    assert "The oldest in the queue has waited for 1 day, 6 hours." in words(answer)
    ages = answer.context["health"].pictures[3]
    assert list(ages.series[0].values) == [0, 1, 0, 1, 0, 0]


def test_it_says_how_much_was_taken_back(boss, say):
    for number in range(4):
        decide(say(name=f"N{number}"), "remove", "unkind")
    event = Event.objects.filter(verb="remove").latest("pk")
    services.undo(decision_id=event.decision.pk, by=ANYBODY)
    services.lock_branch(comment_id=event.comment_id, by=ANYBODY, locked=True)
    lock = Event.objects.filter(verb="lock-branch").latest("pk")
    services.undo(decision_id=lock.decision.pk, by=ANYBODY)  # not about a state
    assert "Taken back 25 % 1 of 4 decisions" in words(boss.get(PAGE))


def test_it_says_how_many_reports_were_false_and_appeals_granted(boss, say):
    now = timezone.now()
    for number, outcome in enumerate(["declined", "agreed", "agreed", "void", ""]):
        settled = now if outcome else None
        Report.objects.create(
            comment=say(name=f"N{number}"), reason="spam", outcome=outcome, settled_at=settled
        )
    for number, outcome in enumerate(["kept", "overturned", ""]):
        comment = decide(say(name=f"M{number}"), "remove", "unkind")
        event = Event.objects.filter(comment_id=comment.pk).latest("pk")
        settled = now if outcome else None
        Appeal.objects.create(
            comment=comment, event=event, words="Why?", outcome=outcome, decided_at=settled
        )
    said = words(boss.get(PAGE))
    assert "False reports 33.3 % 1 of 3 settled" in said
    assert "Appeals granted 50 % 1 of 2, 1 open" in said


def test_it_says_what_spam_was_caught_and_what_readers_could_see(boss, say, held):
    decide(held(1), "spam")
    decide(held(1, name="Two"), "spam")
    decide(say(name="Three"), "spam")
    answer = boss.get(PAGE)
    assert "Spam caught 2 1 missed: readers could see it" in words(answer)
    picture = answer.context["health"].pictures[2]
    assert [sum(one.values) for one in picture.series] == [2, 1]


def test_busiest_branches_are_drawn_with_a_table_behind(boss, say, topic):
    root = say("Here it begins.")
    for number in range(5):
        say(under=root, name=f"N{number}")
    decide(say(under=root, name="Bad"), "remove", "unkind")
    say("Alone.")
    answer = boss.get(PAGE)
    html = answer.content.decode()
    table = re.search(r'aria-labelledby="branches-h".*?</section>', html, re.DOTALL)[0]
    assert table.count('<rect class="s1"') == 3  # two bars, and the legend
    assert table.count('<rect class="s3"') == 2
    assert "1 The last row 7 7 1" in words(answer)
    assert f'href="{root.get_absolute_url()}"' in table


def test_where_one_branch_below_a_root_is_busy_that_is_shown_and_counted(boss, say, topic):
    Topic.objects.filter(pk=topic.pk).update(
        title="The long title of a film about nothing but titles"
    )
    root = say("Here it begins.", name="Root")
    say("Beside.", under=root, name="Beside")
    top = say("Down here.", under=root, name="Top")
    for number in range(7):
        say(under=top, name=f"N{number % 3}")
    decide(say(under=top, name="Bad"), "remove", "unkind")
    answer = boss.get(PAGE)
    (branch,) = answer.context["health"].branches
    assert (branch.number, branch.address) == ("1.2", top.get_absolute_url())
    assert (branch.comments, branch.people, branch.taken_away) == (9, 5, 1)
    said = words(answer)
    assert "1.2 The long title of a film about nothing … " in said  # in the picture
    assert "1.2 The long title of a film about nothing but titles 9 5 1" in said
    assert "where 8 of 10 of its comments stand below one of them, itself counted" in said


def test_a_number_of_many_parts_is_cut_in_the_middle(boss, say):
    below = None
    for number in range(20):
        below = say(under=below, name=f"N{number}")
    Comment.objects.exclude(pk=below.pk).update(created_at=timezone.now() - 400 * 24 * HOUR)
    (branch,) = boss.get(PAGE).context["health"].branches
    assert (branch.number, branch.comments) == ("1.1.1.….1.1.1.1.1.1", 1)


def test_the_spam_score_shows_its_numbers(boss, say):
    assert "It says nothing before it has 20 of each." in words(boss.get(PAGE))
    for number in range(bayes.LEAST + 5):
        decide(say(f"subscribe to my channel {number}", name=f"S{number}"), "spam")
        kept = say(f"what an ending, {number}", name=f"H{number}", state="held")
        decide(kept, "approve")
        if number >= bayes.LEAST - 1:
            learning.learn_decided()
    table.look_again()
    said = words(boss.get(PAGE))
    assert "from what you decided about 25 comments that are spam and 25 that are not" in said
    assert "this is spam 100 % 5 of 5" in said
    assert "it would hold this 100 % 5 of 5" in said
    assert "of what is no spam 0 % 0 of 5" in said


def test_each_picture_has_a_table_with_the_same_numbers(boss, say):
    decide(say(), "remove", "unkind")
    html = boss.get(f"{PAGE}?span=week").content.decode()
    figures = re.findall(r'<figure class="picture".*?</figure>', html, re.DOTALL)
    assert [figure.count("<tr>") for figure in figures] == [8, 8, 8, 7]
    assert all("<details>" in figure for figure in figures)
    assert 'class="s3"' in figures[0]


def test_a_span_holds_what_a_shorter_one_does_not(boss, held):
    comment = held(24 * 20)
    decide(comment, "approve")
    rows = Event.objects.filter(comment_id=comment.pk)
    super(type(rows), rows).update(at=timezone.now() - 20 * 24 * HOUR)
    assert "0 of 0 decisions" in words(boss.get(f"{PAGE}?span=week"))
    assert "0 of 1 decisions" in words(boss.get(PAGE))
    assert boss.get(f"{PAGE}?span=hostile").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("viewer", 200),
        ("moderator", 200),
        ("senior", 200),
        ("administrator", 200),
        ("editor", 403),
        (None, 403),
    ],
)
def test_it_is_for_whoever_sees_comments_in_the_admin(role, status):
    client = client_of(member_of(role, "Olga") if role else person("Olga"))
    assert client.get(PAGE).status_code == status
    assert (PAGE in client.get("/admin/").content.decode()) == (status == 200)
    assert client.post(PAGE).status_code == 403


def test_nobody_else_sees_it(client):
    assert client.get(PAGE).status_code == 302


def test_a_hostile_title_runs_nothing(boss, say, topic):
    say()
    for text in OWN:
        Topic.objects.filter(pk=topic.pk).update(title=text)
        assert faults_of(boss.get(PAGE)) == []


def test_decisions_and_what_is_written_are_found_by_their_indexes(topic):
    """Of a large site's events most are posts; none of them is read for this page."""
    now = timezone.now()
    for verb, count in (("post", 20_000), ("approve", 500)):
        Event.objects.bulk_create(
            [Event(verb=verb, comment_id=n, at=now - n * HOUR) for n in range(count)],
            batch_size=5_000,
        )
    grow(topic, threads(*[20] * 200))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    since = now - timedelta(days=7)
    decided = Event.objects.verdicts().filter(at__gte=since).order_by("-at").values_list("pk")
    assert "event_verdict" in decided[:100].explain()
    written = Comment.objects.written_since(since).order_by("-created_at", "-pk").values("pk")
    assert "comment_by_state" in written[:100].explain()


@pytest.mark.parametrize("span", ["week", "quarter"])
def test_its_cost_does_not_grow(boss, say, topic, span, django_assert_max_num_queries):
    def cost():
        with django_assert_max_num_queries(13) as found:
            Health.now(span)
        assert boss.get(f"{PAGE}?span={span}").status_code == 200
        return len(found)

    decide(say(state="held"), "approve")
    say(state="held", name="Two")
    before = cost()
    grow(topic, threads(*[40] * 50), dict.fromkeys(range(0, 2000, 2), "held"))
    Comment.objects.update(created_at=timezone.now())
    Event.objects.bulk_create(
        Event(verb=verb, comment_id=pk, before="held", after="public", at=timezone.now())
        for pk in Comment.objects.values_list("pk", flat=True)
        for verb in ("approve", "spam")
    )
    Alarm.objects.create(kind="backlog", size=3)
    assert cost() <= before


def test_coordinates_have_points_in_every_language(boss, say, settings):
    settings.LANGUAGE_CODE, settings.LANGUAGES = "de", [("de", "Deutsch")]
    for number in range(3):
        say(name=f"N{number}", under=None)
    decide(say(), "spam")
    html = boss.get(PAGE).content.decode()
    drawn = re.findall(r'(?: |")(?:x|y|width|height|cx|cy)="([^"]+)"', html)
    assert len(drawn) > 60
    assert not [value for value in drawn if "," in value]


def test_by_whom_it_was_read_is_nowhere(boss, say):
    """No name and no text of anybody stands on the page."""
    decide(say("A secret text.", name="Torvald"), "spam")
    html = boss.get(PAGE).content.decode()
    assert "Torvald" not in html
    assert "A secret text" not in html
