"""The staff page of how the site is doing in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from forum.worker.figures import this_hour
from forum.worker.models import Check, Tally
from tests.browser.conftest import sign_in, watch
from tests.browser.desks import look_at

pytestmark = pytest.mark.browser
PAGE = "/admin/worker/tally/health/"


def count_something():
    now, film = this_hour(), "admin:discussions_comment_changelist"  # a long name
    for ago in range(30):
        for name, label, value in [
            ("requests", "GET 200", 1234 * ago), ("requests", "GET 404", 70), ("requests", "GET 500", 7),
            ("seconds_bucket", "0.01", 900), ("seconds_bucket", "0.5", 90), ("queries", "", 4000),
        ]:  # fmt: skip
            Tally.objects.create(hour=now - ago, name=name, page=film, label=label, value=value)
        Tally.objects.create(hour=now - ago, name="posts", label="public", value=ago)
    Tally.objects.create(hour=now, name="refusals", label="limit post:author", value=3)
    for days in range(5):
        at = timezone.now() - timedelta(days=days)
        words = "thread 123456789, comment 987654321: lft or rght leaves a gap or overlaps"
        Check.objects.create(
            what="trees", started_at=at, done_at=at, looked_at=9, faults=days == 0, words=words
        )


@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_accessible_and_fits(scene, live_server, new_context, width):
    count_something()
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    troubles = watch(context, live_server.url)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}{PAGE}")
    for summary in page.locator(".picture summary").all():
        summary.click()
    look_at(page, width)
    assert troubles == []


def test_without_javascript_the_numbers_open_and_a_week_is_a_link_away(
    scene, live_server, new_context
):
    count_something()
    context = new_context(java_script_enabled=False)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.locator("#content").get_by_role("link", name="How the site is doing").click()
    picture = page.locator(".picture").first
    expect(picture.locator("svg.plot rect.s1")).to_have_count(23)
    picture.locator("summary").click()
    expect(picture.locator("tbody tr")).to_have_count(24)
    page.get_by_role("link", name="7 days").click()
    expect(page.locator(".picture").first.locator("tbody tr")).to_have_count(28)
