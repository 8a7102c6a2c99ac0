"""The staff page of how moderation is doing in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from forum.accounts.readers import ANYBODY
from forum.discussions import services
from forum.discussions.models import Comment, Topic
from forum.moderation.models import Alarm, Lesson, SpamWord
from tests.browser.conftest import sign_in, watch
from tests.browser.desks import look_at
from tests.moderation.hostile import OWN

pytestmark = pytest.mark.browser
PAGE = "/admin/moderation/alarm/health/"


def happen(scene):
    """Let a queue be old, decisions be made, a branch be busy and a score be taught."""
    Topic.objects.filter(pk=scene.topic.pk).update(title=f"{OWN[0]} {'long' * 30}")
    long_ago = timezone.now() - timedelta(hours=30)
    Comment.objects.filter(pk=scene.held.pk).update(state_at=long_ago, due_at=long_ago)
    for comment, verb in zip(scene.comments[8:11], ("remove", "spam", "hold"), strict=True):
        services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY, reason="unkind")
    SpamWord.objects.create(key=SpamWord.TOTAL, spam=420, ham=1234)
    for number in range(40):
        Lesson.objects.create(
            comment_id=10_000 + number, event_id=number, at=timezone.now(), score=25 * number,
            is_spam=number > 25, keys=b"",
        )  # fmt: skip
    Alarm.objects.create(kind="backlog", size=12, ended_at=timezone.now())
    Alarm.objects.create(kind="branch", thread_id=scene.comments[0].thread_id, size=77)


@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_accessible_and_fits(scene, live_server, new_context, width):
    happen(scene)
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    troubles = watch(context, live_server.url)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}{PAGE}")
    for summary in page.locator(".picture summary").all():
        summary.click()
    look_at(page, width)
    assert troubles == []


def test_without_javascript_it_is_found_and_leads_to_the_queue_and_a_busy_branch(
    scene, live_server, new_context
):
    happen(scene)
    context = new_context(java_script_enabled=False)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.locator("#content").get_by_role("link", name="How moderation is doing").click()
    expect(page.get_by_role("alert")).to_contain_text("has waited for 1 day, 6 hours")
    page.locator(".picture summary").first.click()
    expect(page.locator(".picture").first.locator("tbody tr")).to_have_count(30)
    page.get_by_role("link", name="7 days").click()
    expect(page.locator(".picture").first.locator("tbody tr")).to_have_count(7)
    expect(
        page.get_by_text("It has learned from what you decided about 420 comments")
    ).to_be_visible()
    page.locator(".pages a").first.click()
    expect(page.locator("article, .comment").first).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Open the queue").click()
    expect(page.locator("[data-card]").first).to_be_visible()
