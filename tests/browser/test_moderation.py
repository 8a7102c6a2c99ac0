"""A moderator at work in a real browser, and a reader who looks at the film meanwhile."""

import re

import pytest
from playwright.sync_api import expect

from forum.accounts.readers import pen_with_secret
from forum.discussions import services
from tests.browser.conftest import sign_in, watch
from tests.browser.scene import PASSWORD
from tests.moderation.conftest import moderator
from tests.moderation.hostile import OWN, STRINGS

pytestmark = pytest.mark.browser

WORDS = "Four prints are known, and all of them are scratched."
LINKS = " ".join(f"https://example.org/print-{number}" for number in range(4))


def write_as_a_guest(page, url, topic_id) -> int:
    """Post a comment with more links than pass; return its id."""
    page.goto(f"{url}/topics/{topic_id}/comments/new/")
    page.fill("[name=name]", "Nadia")
    page.fill("[name=body]", f"{WORDS} {LINKS}")
    page.get_by_role("button", name="Post", exact=False).last.click()
    expect(page.locator(".why")).to_contain_text("Waits for a moderator")
    return int(re.search(r"/comments/(\d+)/", page.url)[1])


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_guests_held_comment_is_approved_removed_restored_and_readers_see_each(
    scene, live_server, new_context, scripts
):
    url, film = live_server.url, live_server.url + scene.film.get_absolute_url()
    ines = moderator("Inês")
    ines.set_password(PASSWORD)
    ines.save()
    pk = write_as_a_guest(
        new_context(java_script_enabled=scripts).new_page(), url, scene.film.topic_id
    )

    reader = new_context(java_script_enabled=scripts).new_page()

    def is_read(*, count: int, seen: bool) -> None:
        reader.goto(film)
        expect(reader.locator(f"#c{pk}:not(.gone) .comment-body")).to_have_count(int(seen))
        expect(reader.locator(f"[data-comment-count='{count}']")).to_have_count(1)
        assert (WORDS in reader.content()) == seen

    is_read(count=16, seen=False)

    context = new_context(java_script_enabled=scripts)
    troubles = watch(context, url)
    desk = context.new_page()
    desk.goto(f"{url}/admin/discussions/comment/?tab=all")
    desk.fill("[name=login]", "Inês")
    desk.fill("[name=password]", PASSWORD)
    desk.get_by_role("button", name="Sign in", exact=True).click()

    # What waits stands first. Approve it from the list.
    row = desk.locator("#result_list [data-card]", has_text=WORDS)
    expect(desk.locator("#result_list [data-card]").first).to_contain_text(WORDS)
    expect(row.locator(".state")).to_have_text("held")
    row.locator("[name=_selected_action]").check()
    desk.select_option("[name=action]", "approve")
    desk.get_by_role("button", name="Go").click()
    expect(desk.locator(".messagelist")).to_have_text(f"#{pk}: approved.")
    is_read(count=17, seen=True)

    # Remove it on its own page: not without a reason.
    row.get_by_role("link", name="More").click()
    expect(desk.locator(".said .comment-body")).to_contain_text(WORDS)
    remove = desk.get_by_role("button", name="Remove")
    remove.click()
    assert desk.locator("#reason:invalid").count() == 1
    desk.select_option("#reason", "off-topic")
    remove.click()
    expect(desk.locator(".messagelist")).to_have_text(f"#{pk}: removed.")
    is_read(count=16, seen=False)

    # And bring it back.
    desk.get_by_role("button", name="Restore").click()
    expect(desk.locator(".messagelist")).to_have_text(f"#{pk}: restored.")
    expect(desk.locator(".events li")).to_have_count(4)
    is_read(count=17, seen=True)
    assert not troubles


def test_nothing_hostile_runs_at_the_desk(scene, live_server, new_context):
    """The written strings are shown as text: no dialog, no foreign request, no broken policy."""
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    pks = []
    for number, text in enumerate(STRINGS):
        author = services.Author(pen=pen, name=text[:200])
        body = f"{text}\n\n{number}"
        where = {"topic_id": services.open_topic(title=text, by=None).pk}
        pks.append(services.post_comment(author=author, body=body, **where).comment.pk)
    context = new_context()
    sign_in(context, scene.staff, live_server.url)
    troubles = watch(context, live_server.url)
    page = context.new_page()
    page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
    desk = f"{live_server.url}/admin/discussions"
    for address in (
        "/comment/?all=",
        "/topic/?all=",
        *(f"/comment/{pk}/change/" for pk in pks[: len(OWN)]),
    ):
        page.goto(desk + address)
        page.wait_for_load_state("networkidle")
    assert not troubles


def test_every_page_of_the_admin_keeps_its_policy_and_its_width(scene, live_server, new_context):
    context = new_context(viewport={"width": 360, "height": 800})
    sign_in(context, scene.staff, live_server.url)
    troubles = watch(context, live_server.url)
    page = context.new_page()
    lists = [
        "discussions/comment",
        "discussions/topic",
        "films/film",
        "films/person",
        "films/category",
        "accounts/user",
        "accounts/pen",
        "auth/group",
        "flatpages/flatpage",
    ]
    pages = ["", "password_change/"]
    pages += [f"{one}/" for one in lists]
    pages += [f"{one}/add/" for one in lists if one not in ("discussions/comment", "accounts/pen")]
    pages += [
        f"discussions/comment/{scene.comments[3].pk}/change/",
        f"discussions/comment/{scene.held.pk}/change/",
        f"discussions/topic/{scene.topic.pk}/change/",
        f"films/film/{scene.film.pk}/change/",
        f"films/film/{scene.film.pk}/history/",
        f"accounts/user/{scene.member.pk}/change/",
    ]
    for one in pages:
        answer = page.goto(f"{live_server.url}/admin/{one}")
        assert answer.status == 200, one
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (one, wide)
    # A person is found while typing, and a further row is offered.
    page.goto(f"{live_server.url}/admin/films/film/{scene.film.pk}/change/")
    page.get_by_text("Add another Credit").click()
    page.locator("#credits-2 .select2-selection").click()
    page.keyboard.type("jorge r")
    expect(page.locator(".select2-results__option--highlighted")).to_have_text("Jorge Reis")
    assert not troubles
