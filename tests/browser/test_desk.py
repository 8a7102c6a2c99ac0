"""The admin's own pages of ours in a real browser: accessible, within their width, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from films.services import create_category
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment
from forum.moderation.acts import ACTS
from tests.browser.conftest import sign_in, watch
from tests.browser.test_pages import IN_COLOUR, TARGETS
from tests.moderation.conftest import member_of
from tests.moderation.hostile import OWN

pytestmark = pytest.mark.browser
DESK = "/admin/discussions"


@pytest.fixture
def busy(scene):
    """A desk on which something was done: {name: address}."""
    by, comments = Reader(user=scene.staff), scene.comments
    services.moderate(comment_id=comments[1].pk, verb="hold", by=by)
    base = services.text_version(comments[3])
    services.redact_comment(comment_id=comments[3].pk, by=by, part="harbour", base=base)
    services.lock_branch(comment_id=comments[6].pk, by=by, locked=True)
    services.set_topic(topic_id=scene.topic.pk, by=by, notice="On Friday.", guests_held=True)
    services.hide_branch(comment_id=comments[-1].pk, by=by)
    services.suspend(member_id=scene.newcomer.pk, by=by, reason="advert")
    members, films = "/admin/accounts/user", "/admin/films"
    desk = f"{DESK}/comment"
    return {
        **{
            f"queue, {tab}": f"{desk}/?tab={tab}"
            for tab in ("needs", "newcomers", "appeals", "all")
        },
        "start": "/admin/",
        "queue, narrowed": f"{desk}/?tab=all&author=guest&links=without",
        "preview": f"{desk}/{comments[6].pk}/preview/",
        "nothing in the queue": f"{desk}/?q=zzzz",
        "comment": f"{desk}/{scene.held.pk}/change/",
        "log": f"{DESK}/event/",
        "decisions": f"{DESK}/decision/",
        "to be purged": f"{DESK}/decision/?which=purge",
        "topics": f"{DESK}/topic/",
        "topic": f"{DESK}/topic/{scene.topic.pk}/change/",
        "settings": f"{DESK}/topic/{scene.topic.pk}/settings/",
        "rules": "/admin/moderation/rulesversion/",
        "move, filled in": f"{desk}/{comments[0].pk}/move/?topic=/lobby/{scene.topic.pk}/",
        "merge, filled in wrong": f"{desk}/{comments[0].pk}/merge/?under=nowhere",
        **{name: f"{desk}/{comments[0].pk}/{name}/" for name in ACTS},
        "suspend": f"{members}/{scene.member.pk}/suspend/",
        "erase a member": f"{members}/{scene.member.pk}/erase/",
        "let in again": f"{members}/{scene.newcomer.pk}/reinstate/",
        "withdraw": f"{films}/film/{scene.film.pk}/withdraw/",
        "publish again": f"{films}/film/{scene.withdrawn.pk}/publish-again/",
        "erase a person": f"{films}/person/{scene.person.pk}/erase/",
        "erase a category": f"{films}/category/{create_category(name='Empty').pk}/erase/",
    }


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_at_the_desk(scene, busy, live_server, new_context, width):
    window = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    context = new_context(**window)
    sign_in(context, scene.staff, live_server.url)
    troubles, found = watch(context, live_server.url), []
    page = context.new_page()
    for name, address in busy.items():
        assert page.goto(live_server.url + address).status == 200, name
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (name, wide)
        for details in page.locator("main details, #content details").all()[:2]:
            details.evaluate("one => one.open = true")
        page.evaluate(Axe().axe_script)
        for scheme, rules in (("light", {}), ("dark", IN_COLOUR)):
            page.emulate_media(color_scheme=scheme)
            options = {"resultTypes": ["violations"], "rules": TARGETS, **rules}
            for rule in page.evaluate("options => axe.run(options)", options)["violations"]:
                places = [node["html"][:200] for node in rule["nodes"]][:3]
                found.append((name, scheme, rule["id"], places))
    assert not found
    assert not troubles


def hold_many(scene, count):
    pen = pen_with_secret("", "Nils")[0]
    made = []
    for number in range(count):
        author = services.Author(pen=pen, name="Nils")
        body = f"Waiting, number {number}."
        where = {"topic_id": scene.film.topic_id}
        made.append(services.post_comment(author=author, body=body, **where).comment.pk)
    by = Reader(user=scene.staff)
    for pk in made:
        services.moderate(comment_id=pk, verb="hold", by=by)
    return made


def test_a_moderator_decides_by_keyboard_and_takes_back_by_keyboard(
    scene, live_server, new_context
):
    pks = hold_many(scene, 6)
    context = new_context()
    sign_in(context, member_of("moderator", "Ines"), live_server.url)
    troubles, page = watch(context, live_server.url), context.new_page()
    page.goto(f"{live_server.url}{DESK}/comment/")

    def state(pk):
        return Comment.objects.values_list("state", flat=True).get(pk=pk)

    def card(pk):
        return page.locator(f"[data-card]:has([value='{pk}'])")

    waiting = [scene.held.pk, *pks]  # what has waited longest first
    expect(card(waiting[0])).to_be_focused()
    for key, verb, wanted in (("a", "approved", "public"), ("s", "marked as spam", "spam")):
        page.keyboard.press(key)
        expect(page.locator(".messagelist")).to_contain_text(f"{verb}.")
        decided = waiting.pop(0)
        assert state(decided) == wanted
        expect(card(waiting[0])).to_be_focused()  # the next one that waits
    page.keyboard.press("u")
    expect(page.locator(".messagelist")).to_have_text("Undone: marked as spam.")
    assert state(decided) == "held"
    expect(card(decided)).to_be_focused()  # a key pressed before the page is ready is lost
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(card(waiting[0])).to_be_focused()
    page.keyboard.press("r")
    expect(card(waiting[0]).locator("select")).to_be_focused()
    card(waiting[0]).locator("select").select_option("advert")
    words = card(waiting[0]).locator("textarea")
    expect(words).to_have_value("This advertises something. The talk is for what was seen.")
    words.fill("No tickets here, please.")
    words.press("r")  # a letter in a text is a letter
    expect(words).to_have_value("No tickets here, please.r")
    card(waiting[0]).get_by_role("button", name="Remove").click()
    expect(page.locator(".messagelist")).to_contain_text("removed.")
    assert Comment.objects.get(pk=waiting[0]).reason_words == "No tickets here, please.r"
    page.locator("body").press("?")
    expect(page.locator("[data-keys]")).to_have_attribute("open", "")
    assert not troubles


def detach_redact_and_undo(page, url, comment):
    """Detach the comment, take a part of it out, and take both back, each on its page."""
    page.goto(f"{url}{DESK}/comment/{comment.pk}/change/")
    page.get_by_role("link", name="Detach").click()
    expect(page.locator(".effect")).to_contain_text("2 comments (2 public) by 2 people")
    page.get_by_role("button", name="Detach").click()
    expect(page.locator(".messagelist")).to_contain_text("The branch is a thread of its own.")
    page.get_by_role("link", name="Take a part out").click()
    page.get_by_label("What to take out").fill("never come back")
    page.get_by_role("button", name="Take a part out").click()
    expect(page.locator(".said .comment-body").last).to_contain_text("[removed by a moderator]")
    page.goto(f"{url}{DESK}/decision/")
    for words in ("Undone: a part was taken out.", "Undone: made a thread of its own."):
        page.get_by_role("button", name="Undo").first.click()
        expect(page.locator(".messagelist")).to_have_text(words)
    now = Comment.objects.with_text().get(pk=comment.pk)
    assert (now.parent_id, now.text.body) == (
        comment.parent_id,
        "Then why does it never come back?",
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_detach_a_redaction_and_an_undo_by_hand(scene, live_server, new_context, scripts):
    context = new_context(java_script_enabled=scripts)
    sign_in(context, member_of("senior", "Greta"), live_server.url)
    page, comment = context.new_page(), scene.comments[4]
    detach_redact_and_undo(page, live_server.url, comment)


def test_nothing_hostile_runs_at_the_desk_even_without_a_policy(scene, live_server, new_context):
    pen = pen_with_secret("", "Nils")[0]
    pages = []
    for text in OWN:
        topic = services.open_topic(title=text, by=None)
        author = services.Author(pen=pen, name=text[:60])
        made = services.post_comment(author=author, body=text, topic_id=topic.pk).comment
        by = Reader(user=scene.staff)
        services.moderate(comment_id=made.pk, verb="remove", by=by, reason="advert", words=text)
        services.set_topic(topic_id=topic.pk, by=by, notice=text, closed=True, closed_words=text)
        desk = f"{DESK}/comment/{made.pk}"
        pages += [f"{desk}/change/", f"{desk}/redact/", f"{desk}/merge/", f"{desk}/edit/"]
        pages += [f"{DESK}/topic/{topic.pk}/settings/", topic.get_absolute_url()]
    context = new_context(bypass_csp=True)
    sign_in(context, scene.staff, live_server.url)
    troubles, page = watch(context, live_server.url), context.new_page()
    page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
    for address in [*pages, f"{DESK}/comment/", f"{DESK}/event/", f"{DESK}/decision/"]:
        page.goto(live_server.url + address)
        for box in page.locator("#content :is(textarea, input[type=text])").all():
            if box.is_visible():
                box.fill(OWN[1])
        page.wait_for_load_state("networkidle")
    assert not troubles
