"""The public log names nobody and quotes nobody; it is filtered, leafed through, and counts by month."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from films.services import create_category, create_film, set_film_state
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Decision, Event
from forum.moderation import public_log
from forum.moderation.words import STAFF_VERBS, WHAT
from tests.moderation.conftest import moderator
from tests.statements import statements

pytestmark = pytest.mark.django_db
LOG = "/moderation/log/"


@pytest.fixture
def ines():
    return Reader(user=moderator("Ines"))


def html_of(query="", client=None):
    answer = (client or Client()).get(f"{LOG}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(html):
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    found = (
        re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if '<th scope="col">Day' in html else []
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def remove(comment, by, reason="unkind"):
    return services.moderate(
        comment_id=comment.pk, verb="remove", by=by, reason=reason, words="Told in private."
    )


def test_a_decision_is_there_with_day_reason_rule_and_talk_and_without_anybodys_name_or_words(
    say, ines, topic
):
    member = User.objects.create_user("Sunniva")
    comment = say("Words of theirs.", member=member)
    reporter = Reader(user=User.objects.create_user("Nora"))
    services.report_comment(comment_id=comment.pk, by=reporter, reason="spam", words="My words.")
    remove(comment, ines)
    services.suspend(member_id=member.pk, by=ines, reason="unkind")
    html = html_of()
    rows = rows_of(html)
    assert len(rows) == 2
    assert "removed it attacks a person The last row" in rows[1]
    assert 'href="/rules/#unkind"' in html
    for secret in (
        "Sunniva", "Ines", "Nora", "Words of theirs", "Told in private", "My words", "Nils",
        f"/comments/{comment.pk}",
    ):  # fmt: skip
        assert secret not in html, secret


def test_what_is_not_named_in_the_list_of_acts_is_not_shown(say, ines, topic):
    comment = say()
    for verb in ("post", "note", "scope", "erase-member", "claim", "film", "report", "appeal"):
        Event.objects.create(verb=verb, comment_id=comment.pk, topic_id=topic.pk)
    assert rows_of(html_of()) == []
    known = set(public_log.ACTS) & set(WHAT)
    assert known <= set(STAFF_VERBS)


def test_it_is_filtered_by_month_act_reason_and_talk(say, ines, topic):
    first, second = say(), say()
    remove(first, ines, "unkind")
    remove(second, ines, "off-topic")
    services.moderate(comment_id=first.pk, verb="restore", by=ines)
    other = services.open_topic(title="Elsewhere", by=None)
    services.set_topic(topic_id=other.pk, by=ines, notice="Be kind.")
    month = datetime.now(UTC).strftime("%Y-%m")
    for query, count in (
        ("", 4),
        ("?act=remove", 2),
        ("?reason=off-topic", 1),
        ("?act=remove&reason=unkind", 1),
        (f"?month={month}", 4),
        ("?month=2001-01", 0),
        (f"?talk={other.pk}", 1),
        (f"?talk={topic.pk}&act=restore", 1),
        ("?act=nonsense&reason=nonsense&month=13-13&before=x&talk=-1", 4),
    ):
        assert len(rows_of(html_of(query))) == count, query
    assert "Be kind." not in html_of()


def test_it_is_filtered_by_category_and_hides_what_is_not_shown(say, ines):
    politics = create_category(name="Politics")
    shown = create_film(title="Shown", category=politics, state="published")
    more = create_film(title="More", categories=[politics], state="published")
    gone = create_film(title="Taken Down", category=politics, state="published")
    for film in (shown, more, gone):
        services.set_topic(topic_id=film.topic_id, by=ines, notice="Be kind.")
    set_film_state(film=gone, state="withdrawn")
    html = html_of(f"?category={politics.slug}")
    assert len(rows_of(html)) == 2
    assert "Taken Down" not in html_of()
    assert "a talk that is not shown" in html_of()
    assert rows_of(html_of(f"?talk={gone.topic_id}")) == []


def test_it_leafs_through_by_key_and_misses_nothing(say, ines, topic):
    events = [
        Event(verb="lock" if number % 2 else "unlock", topic_id=topic.pk) for number in range(120)
    ]
    Event.objects.bulk_create(events)
    seen, query, pages = [], "?act=lock", 0
    while query:
        html = html_of(query)
        seen += rows_of(html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        query = following[1].replace("&amp;", "&") if following else ""
        pages += 1
    assert (len(seen), pages) == (60, 2)


def test_the_figures_of_a_month_count_what_was_reported_decided_and_won(say, ines):
    member = User.objects.create_user("Sunniva")
    comments = [say(f"Said {number}.", member=member) for number in range(3)]
    services.report_comment(
        comment_id=comments[0].pk, by=Reader(user=User.objects.create_user("Nora")), reason="spam"
    )
    for comment in comments:
        remove(comment, ines)
    appeal = services.appeal(comment_id=comments[0].pk, by=Reader(user=member), words="No.")
    services.decide_appeal(
        appeal_id=appeal.pk, by=Reader(user=moderator("Olga")), outcome="overturned", answer=""
    )
    services.undo(decision_id=Decision.objects.get(event__comment_id=comments[1].pk).pk, by=ines)
    html = html_of()
    table = html[html.index("Month by month") :]
    counts = [int(one) for one in re.findall(r'<td class="num">(\d+)</td>', table)]
    #  reported, removed, spam, held, let stand, taken back, appeals, of them won
    assert counts == [1, 3, 0, 0, 0, 2, 1, 1]


def test_it_takes_eight_queries_at_most_however_much_was_done(say, ines, topic):
    politics = create_category(name="Politics")
    film = create_film(title="Shown", category=politics, state="published")

    def cost(query):
        with statements() as said:
            html_of(query)
        return len([one for one in said if one.startswith(("SELECT", "WITH"))])

    for count in (1, 300):
        Event.objects.bulk_create(
            Event(verb="lock", topic_id=film.topic_id) for _number in range(count)
        )
        for query in ("", f"?talk={film.topic_id}", f"?category={politics.slug}&act=lock"):
            assert cost(f"{query}{'&' if query else '?'}x={count}") <= 8, query


def test_posts_are_not_looked_through_to_find_decisions(say):
    say()
    rows = public_log._chosen(Event.objects.public_acts(public_log.ACTS), public_log.Wanted())
    assert "event_but_posts" in {one.name for one in Event._meta.indexes}
    text = str(rows.query)
    assert "NOT" in text
    if connection.vendor == "sqlite":
        assert "event_but_posts" in rows[:50].explain()


def test_anybody_reads_it_and_it_is_shared(client):
    answer = client.get(LOG)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert not answer.cookies
    assert f'href="{LOG}"' in client.get("/").content.decode()
    assert f'href="{LOG}"' in client.get("/rules/").content.decode()
    assert client.post(LOG).status_code == 405
