"""The pages about people in a real browser: what staff have of them, and what a warned person reads."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from films.services import create_category
from forum.accounts.models import Block
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment
from forum.moderation.models import Scope
from tests.browser.conftest import sign_in, watch
from tests.browser.desks import look_at
from tests.moderation.conftest import member_of
from tests.moderation.hostile import OWN

pytestmark = pytest.mark.browser
PEOPLE, GUESTS = "/admin/moderation/person", "/admin/moderation/guest"


@pytest.fixture
def known(scene):
    """People of whom everything is known, with hostile words in every field: {name: address}."""
    by, hostile = Reader(user=scene.staff), " ".join(OWN)
    guest = Comment.objects.get(pk=scene.mine.pk).pen
    for person in (Reader(user=scene.member), Reader(pen=guest)):
        services.write_note(person=person, by=by, words=hostile)
        services.warn(person=person, by=by, reason="unkind", words=hostile)
        services.hold_person(person=person, by=by, held=True, reason="advert")
    services.moderate(
        comment_id=scene.mine.pk, verb="remove", by=by, reason="unkind", words=hostile
    )
    made = {"until": timezone.now() + timedelta(days=7), "reason": "advert", "by": by}
    services.block(kind="name", value="<script>alert(1)</script>*", **made)
    Scope.objects.create(
        member=member_of("moderator", "Ines"), category=create_category(name="Rain")
    )
    acts = {
        f"{kind}, {name}": f"{where}/{pk}/{name}/"
        for kind, where, pk in (("member", PEOPLE, scene.member.pk), ("guest", GUESTS, guest.pk))
        for name in ("change", "note", "warn", "free", "suspend", "ban", "remove-all")
    }
    return {
        **acts,
        "members": f"{PEOPLE}/",
        "guests": f"{GUESTS}/",
        "blocks": "/admin/accounts/block/",
        "a block": "/admin/accounts/block/add/",
        "moderators of a part": "/admin/moderation/scope/",
        "a part": "/admin/moderation/scope/add/",
    }


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_on_the_pages_about_people(scene, known, live_server, new_context, width):
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    sign_in(context, scene.staff, live_server.url)
    troubles, page = watch(context, live_server.url), context.new_page()
    for name, address in known.items():
        assert page.goto(live_server.url + address).status == 200, name
        look_at(page, width)
    assert Block.objects.count() == 1
    assert troubles == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_warned_member_reads_it_in_the_form_and_posts_what_was_typed(
    scene, live_server, new_context, scripts
):
    by = Reader(user=scene.staff)
    context = new_context(java_script_enabled=scripts, reduced_motion="reduce")
    sign_in(context, scene.member, live_server.url)
    troubles, page = watch(context, live_server.url), context.new_page()
    page.goto(f"{live_server.url}/topics/{scene.film.topic_id}/comments/new/")
    page.get_by_label("Your comment").fill("Typed before anybody warned me.")
    services.warn(person=Reader(user=scene.member), by=by, reason="unkind", words="Of the film!")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("Of the film!")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value("Typed before anybody warned me.")
    if scripts:
        look_at_form(page)
    page.get_by_role("button", name="I have read it. Post").click()
    expect(page.get_by_text("Typed before anybody warned me.").first).to_be_visible()
    assert Comment.objects.latest("pk").text.body == "Typed before anybody warned me."
    assert [one for one in troubles if "403" not in str(one)] == []


def look_at_form(page):
    page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({include: [['form']]}, {resultTypes: ['violations']})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
