"""A report that its writer takes back while nobody has decided: as if it had never been, and once
decided no more.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import services, tree
from forum.discussions.models import Comment, Decision, Event, Report
from forum.discussions.services import waiting
from tests.discussions.conftest import write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


@pytest.fixture
def vera():
    return Reader(pen=pen_with_secret("secret of Vera", "Vera")[0])


@pytest.fixture
def as_nora(nora):
    client = Client()
    client.force_login(nora.user)
    return client


def report(comment, by, reason="unkind", **more):
    return services.report_comment(comment_id=comment.pk, by=by, reason=reason, **more)


def take_back(comment, by):
    return services.take_back_report(comment_id=comment.pk, by=by)


def due_of(comment):
    return Comment.objects.get(pk=comment.pk).due_at


def page_of(comment):
    return reverse("report", args=[comment.pk])


def reports_above(comment):
    return [count for *_who, count in tree.written_above(comment.pk, 1)]


def queue_is_true():
    return waiting.mend_due().endswith(" 0 put right")


# --------------------------------------------------------------------------------- as if it had not been


def test_what_one_takes_back_waits_no_more_and_counts_nowhere(post, nora):
    comment = post()
    assert report(comment, nora).is_new
    assert due_of(comment)
    assert reports_above(comment) == [1]
    assert take_back(comment, nora)
    assert due_of(comment) is None
    assert reports_above(comment) == [0]
    assert not Report.objects.exists()
    assert list(Comment.objects.due()) == []
    assert queue_is_true()


def test_where_others_reported_it_too_it_waits_as_if_they_alone_had(post, nora, vera):
    comment, other = post(), post()
    report(comment, nora)
    for one in (comment, other):
        report(one, vera)
    same = timezone.now()
    Report.objects.update(created_at=same)
    take_back(comment, nora)
    waiting.mend_due()  # the moment of the second was set by hand
    assert due_of(comment) == due_of(other)
    assert list(Report.objects.filter(comment=comment).values_list("pen", flat=True)) == [
        vera.pen.pk
    ]


def test_it_may_be_made_again_and_taken_back_again(post, nora):
    comment = post()
    for reason in ("unkind", "spam"):
        assert report(comment, nora, reason).is_new
        assert Report.objects.get().reason == reason
        assert take_back(comment, nora)
    assert due_of(comment) is None


def test_a_second_press_changes_nothing_and_neither_does_one_of_somebody_else(post, nora, vera):
    comment = post()
    report(comment, nora)
    for other in (vera, ANYBODY):
        assert not take_back(comment, other)
    assert Report.objects.count() == 1
    assert take_back(comment, nora)
    assert not take_back(comment, nora)
    assert not take_back(Comment(pk=10**12), nora)


def test_the_event_names_nobody(post, nora):
    comment = post()
    report(comment, nora)
    take_back(comment, nora)
    events = Event.objects.filter(verb__startswith="report").order_by("pk")
    assert [(one.verb, one.reason) for one in events] == [
        ("report", "unkind"),
        ("report-back", "unkind"),
    ]
    assert {(one.actor_id, one.pen_id, one.member_id) for one in events} == {(None, None, None)}


def test_replies_do_not_wait_for_what_was_taken_back(post, member, settings, nora, vera):
    settings.RATE_LIMITS_ON = True
    comment, author = post(), services.Author(member=member)
    report(comment, nora)
    assert services.cooling_of(Comment.objects.get(pk=comment.pk), author).by_reports
    take_back(comment, nora)
    assert services.cooling_of(Comment.objects.get(pk=comment.pk), author) is None


# ------------------------------------------------------------------------------------- what was decided


def test_what_was_held_meanwhile_stays_held(post, nora, ruth):
    comment = post()
    report(comment, nora)
    services.moderate(comment_id=comment.pk, verb="hold", by=ruth)
    assert take_back(comment, nora)
    assert Comment.objects.get(pk=comment.pk).state == "held"
    assert due_of(comment)
    assert queue_is_true()


@pytest.mark.parametrize("verb", ["approve", "remove", "spam"])
def test_once_it_was_decided_it_is_not_taken_back(post, nora, ruth, verb):
    comment = post()
    report(comment, nora)
    services.moderate(comment_id=comment.pk, verb=verb, by=ruth, reason="unkind")
    with pytest.raises(ValidationError) as refusal:
        take_back(comment, nora)
    assert refusal.value.code == "report-decided"
    assert Report.objects.get().settled_at


def test_a_decision_that_was_undone_lets_it_be_taken_back(post, nora, ruth):
    comment = post()
    report(comment, nora)
    services.moderate(comment_id=comment.pk, verb="remove", by=ruth, reason="unkind")
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=ruth)
    assert take_back(comment, nora)
    assert due_of(comment) is None


def test_who_decided_on_an_old_page_is_told_that_nobody_asks_any_more(post, nora, ruth):
    comment = post()
    Comment.objects.update(newcomer_at=None)  # else it is shown to staff all the same
    report(comment, nora)
    seen = services.seen_of(Comment.objects.get(pk=comment.pk))
    take_back(comment, nora)
    with pytest.raises(ValidationError) as refusal:
        services.moderate(comment_id=comment.pk, verb="approve", by=ruth, seen=seen)
    assert refusal.value.code == "changed-meanwhile"


@pytest.mark.django_db(transaction=True)
def test_taken_back_made_and_decided_at_once_the_queue_stays_true(post, nora, vera, ruth):
    comments = [post() for _ in range(4)]
    for one in comments:
        report(one, nora)

    def press(number):
        comment = comments[number % 4]
        acts = (
            lambda: take_back(comment, nora),
            lambda: report(comment, vera),
            lambda: services.moderate(comment_id=comment.pk, verb="approve", by=ruth),
            lambda: take_back(comment, nora),
        )
        try:
            return acts[number // 4]()
        except ValidationError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(press, range(16)))
    assert set(map(type, results)) <= {bool, services.Reported, Comment, str}
    codes = {one for one in results if isinstance(one, str)}
    assert codes <= {"report-decided", "wrong-state"}
    for comment in comments:
        is_asked = Report.objects.open().filter(comment=comment).exists()
        assert bool(due_of(comment)) == is_asked
        left = Report.objects.by(nora).filter(comment=comment)
        assert not left.exists() or left.get().settled_at


# --------------------------------------------------------------------------------------------- its page


def test_one_takes_it_back_by_a_press_and_may_report_again(as_nora, nora, post, topic):
    comment = post("Unkind words.")
    report(comment, nora)
    html = as_nora.get(page_of(comment)).content.decode()
    assert '<button class="btn" name="take_back" value="1">' in html
    assert f'href="{page_of(comment)}">take it back' in as_nora.get("/my/reports/").content.decode()
    answer = as_nora.post(page_of(comment), {"take_back": "1"}, follow=True)
    html = answer.content.decode()
    assert answer.redirect_chain == [(f"{page_of(comment)}?taken-back", 302)]
    assert "was taken back" in html
    assert 'data-form="report"' in html
    assert "reported by you" not in as_nora.get(topic.get_absolute_url()).content.decode()
    assert write(as_nora, page_of(comment), reason="spam").status_code == 302
    assert Report.objects.get().reason == "spam"
    shown = as_nora.get(f"{page_of(comment)}?taken-back").content.decode()
    assert "was taken back" not in shown  # an old address tells nothing that is not so


def test_a_guest_takes_theirs_back_by_the_pen(client, post):
    comment = post()
    write(client, page_of(comment), reason="spam")
    other = Client()
    assert other.post(page_of(comment), {"take_back": "1"}).status_code == 302
    assert Report.objects.count() == 1
    assert "take_back" in client.get(page_of(comment)).content.decode()
    assert client.post(page_of(comment), {"take_back": "1"}).status_code == 302
    assert not Report.objects.exists()
    assert write(client, page_of(comment), reason="unkind").status_code == 302


def test_the_page_says_once_it_was_decided_that_it_is_too_late(as_nora, nora, post, ruth):
    comment = post()
    report(comment, nora)
    services.moderate(comment_id=comment.pk, verb="remove", by=ruth, reason="unkind")
    answer = as_nora.post(page_of(comment), {"take_back": "1"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "A moderator has decided about it already" in html
    assert "A moderator agreed with you" in html
    assert "take_back" not in html
    assert "take it back" not in as_nora.get("/my/reports/").content.decode()


def test_of_what_is_held_the_page_says_that_it_stays_so(as_nora, nora, post, ruth):
    comment = post("Unkind words.")
    report(comment, nora)
    services.moderate(comment_id=comment.pk, verb="hold", by=ruth)
    html = as_nora.get(page_of(comment)).content.decode()
    assert "it stays so until one decides" in html
    assert "Unkind words." not in html
    answer = as_nora.post(page_of(comment), {"take_back": "1"}, follow=True)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "stays so until they decide" in html
    assert 'data-form="report"' not in html


def test_reading_takes_nothing_back_and_who_has_no_report_is_told_no_more_than_before(
    as_nora, nora, post, client
):
    comment, held = post(), post(state="held")
    report(comment, nora)
    as_nora.get(f"{page_of(comment)}?taken-back&take_back=1")
    assert Report.objects.count() == 1
    for one in (held, Comment(pk=10**12)):  # whether there is such a comment is not told
        assert client.get(page_of(one)).status_code == 404
        answer = client.post(page_of(one), {"take_back": "1"}, follow=True)
        assert "Something was said." not in answer.content.decode()


# ------------------------------------------------------------------------------ who may, and for how long


def test_who_has_answered_reports_too_and_what_is_years_old_is_reported(post, nora):
    comment = post()
    post("You are wrong about that.", under=comment, author=services.Author(member=nora.user))
    old = timezone.now() - timedelta(days=5 * 365)
    Comment.objects.filter(pk=comment.pk).update(created_at=old, state_at=old)
    assert report(comment, nora).is_new
    assert take_back(comment, nora)
