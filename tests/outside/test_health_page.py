"""The staff page of how the site is doing: whom it lets in, what it says, what it costs."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.worker.figures import this_hour
from forum.worker.models import Check, Sign, Tally
from forum.worker.work import Worker
from tests.worker.people import person, words

PAGE = "/admin/worker/tally/health/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return person(is_superuser=True)


def tally(name, label="", value=1.0, page="", hours_ago=0):
    hour = this_hour() - hours_ago
    Tally.objects.create(hour=hour, name=name, page=page, label=label, value=value)


def busy(hours_ago=0):
    tally("requests", "GET 200", 90, "film", hours_ago)
    tally("requests", "GET 503", 10, "film", hours_ago)
    tally("seconds_bucket", "0.01", 100, "film", hours_ago)
    tally("queries", "", 150, "film", hours_ago)
    tally("slow_queries", "", 3, "film", hours_ago)
    tally("posts", "public", 4, hours_ago=hours_ago)
    tally("refusals", "same-text", 5, hours_ago=hours_ago)
    tally("cache", "hit", 70, "answer", hours_ago)
    tally("queue", "", 120, hours_ago=hours_ago)
    tally("queue_seen", "", 60, hours_ago=hours_ago)


def test_it_says_what_was_counted_page_by_page(boss):
    busy()
    Worker().beat()
    said = words(boss.get(PAGE))
    assert "Answers 100 10 failed" in said
    assert "Half of them within 7.5 ms" in said
    assert "film 100 7.5 9.8 1.5 3 10" in said
    assert "Comments posted 4" in said
    assert "same-text 5" in said
    assert "No worker has been seen" not in said


def test_each_picture_has_a_table_with_the_same_numbers(boss):
    busy()
    html = boss.get(PAGE).content.decode()
    assert html.count('<svg class="plot"') == 7
    assert html.count("<details>") == 8  # and the nights
    for figure in re.findall(r'<figure class="picture".*?</figure>', html, re.DOTALL)[:7]:
        assert figure.count("<tr>") == 1 + 24
    answers = re.search(r'id="picture-1".*?</figure>', html, re.DOTALL)[0]
    assert re.search(
        r'<td class="number">90</td><td class="number">0</td><td class="number">10</td>', answers
    )
    assert 'class="s3"' in answers
    assert re.search(r"<title>[^<]*given 90, refused 0, failed 10</title>", answers)


def test_a_week_holds_what_a_day_does_not(boss):
    busy(hours_ago=100)
    assert "Answers 0 0 failed" in words(boss.get(PAGE))
    week = boss.get(f"{PAGE}?span=week")
    assert "Answers 100 10 failed" in words(week)
    assert 'span=week" aria-current="true"' in week.content.decode()
    assert boss.get(f"{PAGE}?span=hostile").status_code == 200


def test_it_says_how_the_trees_are(boss):
    assert "not checked yet" in words(boss.get(PAGE))
    at = timezone.now() - timedelta(days=1)
    Check.objects.create(
        what="trees", started_at=at, done_at=at + timedelta(seconds=2), looked_at=1234
    )
    said = words(boss.get(PAGE))
    assert "Trees whole 1,234 comments" in said
    assert "no fault" in said
    Check.objects.create(
        what="trees",
        done_at=timezone.now(),
        looked_at=1234,
        faults=2,
        words="thread 7: <b>\nthread 8: y",
    )
    page = boss.get(PAGE)
    assert "The trees have 2 faults" in words(page)
    assert "thread 7: &lt;b&gt;<br>thread 8: y" in page.content.decode()


def test_it_warns_where_no_worker_is_seen(boss):
    assert "No worker has been seen for 10 minutes." in words(boss.get(PAGE))
    Sign.objects.create(name="one")
    assert "No worker has been seen" not in words(boss.get(PAGE))


@pytest.mark.parametrize(
    ("rights", "status"), [((), 403), (("moderate_comment",), 403), (("view_letter",), 200)]
)
def test_it_is_for_whoever_may_see_the_worker_and_the_mail(rights, status):
    client = person(*rights)
    assert client.get(PAGE).status_code == status
    assert (PAGE in client.get("/admin/").content.decode()) == (status == 200)
    assert client.post(PAGE).status_code == 403


def test_nobody_else_sees_it(client):
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("span", ["day", "week"])
def test_its_cost_does_not_grow(boss, span, django_assert_max_num_queries):
    for hours_ago in range(0, 160, 3):
        busy(hours_ago)
    for days in range(14):
        at = timezone.now() - timedelta(days=days)
        Check.objects.create(what="trees", started_at=at, done_at=at)
    with django_assert_max_num_queries(15):  # with session, member and rights
        assert boss.get(f"{PAGE}?span={span}").status_code == 200


def test_coordinates_have_points_in_every_language(boss, settings):
    settings.LANGUAGE_CODE, settings.LANGUAGES = "de", [("de", "Deutsch")]
    busy()
    drawn = re.findall(
        r'(?: |")(?:x|y|width|height|cx|cy)="([^"]+)"', boss.get(PAGE).content.decode()
    )
    assert len(drawn) > 100
    assert not [value for value in drawn if "," in value]
