"""The desk of an editor of films in a real browser: adding, history, merging."""

from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from films import services
from films.models import Film, FilmMerge
from films.services import NewSource
from tests.browser.conftest import sign_in, watch
from tests.browser.test_pages import IN_COLOUR, TARGETS, WIDEST
from tests.moderation.conftest import person
from tests.moderation.hostile import OWN

pytestmark = pytest.mark.browser

DESK = "/admin/films/film/"
TUBE = "https://www.youtube.com/watch?v=qRsTuVwXyZ0"
LISTS = {"list", "list with facets", "sources", "people", "categories"}
RIGHTS = [
    f"films.{verb}_{model}" for verb in ("view", "add", "change")
    for model in ("film", "person", "category")
]  # fmt: skip


@pytest.fixture
def editor(site):
    return person("Marta", *RIGHTS)


def open_desk(new_context, editor, url, **options):
    """Return (page, troubles) of the editor's browser, signed in."""
    context = new_context(**options)
    troubles = watch(context, url)
    sign_in(context, editor, url)
    page = context.new_page()
    page.on("dialog", lambda one: (troubles.append(f"dialog: {one.message}"), one.dismiss()))
    return page, troubles


def test_a_film_is_added_with_everything_shown_as_one_types(
    scene, live_server, new_context, editor
):
    page, troubles = open_desk(new_context, editor, live_server.url)
    page.goto(f"{live_server.url}{DESK}add/")
    page.fill("[name=video]", "https://example.org/nothing")
    told = page.locator(".field-video .source-told")
    expect(told).to_contain_text("not known as a film")
    page.fill("[name=video]", TUBE)
    expect(told).to_have_text("Read as YouTube, qRsTuVwXyZ0")

    page.fill("[name=title]", "Anatomy of a Coup")
    page.fill("[name=year]", "2003")
    card = page.locator("[data-card] svg")
    expect(card).to_contain_text("Anatomy")
    expect(card).to_contain_text("2003")
    twins = page.locator(".twins")
    expect(twins.get_by_role("link")).to_have_text("Anatomy of a Coup (2002)")
    page.locator("#id_category + .select2").click()
    page.locator(".select2-search__field").last.fill("poli")
    page.get_by_role("option", name="Politics").click()
    expect(card).to_contain_text("Politics")
    page.locator("#id_credits-0-person + .select2").click()
    page.locator(".select2-search__field").last.fill("ana v")
    page.get_by_role("option", name="Ana Vidal").click()
    page.select_option("#id_credits-0-role", "director")

    # A row that is added afterwards is told what it names as well.
    page.get_by_text("Add another Source").click()
    page.fill("[name=sources-1-address]", "https://vimeo.com/76979871")
    expect(page.locator("#sources-1 .source-told")).to_have_text("Read as Vimeo, 76979871")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    assert page.input_value("[name=video]") == TUBE
    page.get_by_label("None of these: it is another film").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    film = Film.objects.get(year=2003)
    assert [copy.kind for copy in film.sources.all()] == ["youtube", "vimeo"]
    assert [str(one) for one in film.credits.all()] == ["Ana Vidal, director"]
    assert film.category.name == "Politics"
    assert not troubles


def test_without_javascript_a_film_is_previewed_asked_about_and_added(
    scene, live_server, new_context, editor
):
    page, troubles = open_desk(new_context, editor, live_server.url, java_script_enabled=False)
    page.goto(f"{live_server.url}{DESK}add/")
    page.fill("[name=video]", TUBE)
    page.fill("[name=title]", "Anatomy of a Coup")
    page.fill("[name=year]", "2003")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    preview = opened.value
    expect(preview.locator(".film-card svg")).to_contain_text("Anatomy")
    expect(preview.locator("#content-main")).to_contain_text("YouTube, qRsTuVwXyZ0")
    assert not Film.objects.filter(year=2003).exists()

    assert page.input_value("[name=title]") == "Anatomy of a Coup"  # the form stays as it was
    page.fill("[name=tagline]", "One night")
    page.locator("[name=tagline]").press("Enter")  # saves, and does not preview
    expect(page.locator(".twins")).to_contain_text("Is it one of these?")
    assert page.input_value("[name=tagline]") == "One night"
    page.get_by_label("None of these: it is another film").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert Film.objects.get(year=2003).tagline == "One night"
    assert not troubles


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_film_is_merged_and_brought_back_and_readers_see_each(
    scene, live_server, new_context, editor, scripts
):
    url = live_server.url
    twin = services.create_film(
        title="Anatomy of the Coup", year=2002, state="published", sources=[NewSource(TUBE)]
    )
    page, troubles = open_desk(new_context, editor, url, java_script_enabled=scripts)
    reader = new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{url}{DESK}{scene.film.pk}/change/")
    page.get_by_role("link", name="Merge into another").click()
    page.fill("[name=q]", "coup")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Anatomy of the Coup").click()
    expect(page.locator("dl.changes")).to_contain_text("threads move")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("went into this film")
    reader.goto(url + scene.film.get_absolute_url())
    assert reader.url == url + twin.get_absolute_url()
    expect(reader.locator("article.comment").first).to_be_visible()

    page.get_by_role("link", name="Undo, until").click()
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator(".messagelist .success")).to_contain_text("The film is back")
    reader.goto(url + scene.film.get_absolute_url())
    assert reader.url == url + scene.film.get_absolute_url()
    expect(reader.locator("article.comment").first).to_be_visible()
    assert not troubles


def pages_of(scene):
    """Make what the pages need and return {name: address}."""
    film = scene.film
    services.edit_film(film=film, title="Anatomy of a Long Coup", description="Nobody *sleeps*.")
    twin = services.create_film(
        title="Anatomy of a Long Coup", year=2002, state="published", sources=[NewSource(TUBE)]
    )
    gone, into = (
        services.create_film(title=f"{name} " * 4, state="published", sources=[NewSource(TUBE)])
        for name in ("Vanishing", "Ein-unglaublich-langer-Filmtitel-ohne-Ende")
    )
    merged = services.merge_films(film=gone, into=into, shown=services.seen(gone, into), by=None)
    first = film.history.earliest()
    return {
        "list": DESK,
        "list with facets": f"{DESK}?_facets=True&q=an",
        "sources": "/admin/films/source/",
        "people": "/admin/films/person/",
        "categories": "/admin/films/category/",
        "add": f"{DESK}add/",
        "change": f"{DESK}{film.pk}/change/",
        "merged film": f"{DESK}{gone.pk}/change/",
        "with a merged one": f"{DESK}{into.pk}/change/",
        "history": f"{DESK}{film.pk}/history/",
        "revert": f"{DESK}{film.pk}/history/{first.pk}/",
        "choose": f"{DESK}{film.pk}/merge/?q=coup",
        "merge": f"{DESK}{film.pk}/merge/?into={twin.pk}",
        "merge refused": f"{DESK}{film.pk}/merge/?into={film.pk}",
        "unmerge": f"{DESK}merges/{merged.pk}/undo/",
    }


def asked_twice(page, address):
    """Open the page; the form that adds a film is sent, so that its refusals are seen as well."""
    page.goto(address)
    if address.endswith("/add/"):
        page.fill("[name=title]", "Anatomy of a Long Coup")
        page.fill("[name=video]", TUBE)
        page.fill("[name=sources-0-address]", "https://example.org/")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".twins").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_on_the_desk(scene, live_server, new_context, editor, width):
    window = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    page, troubles = open_desk(new_context, editor, live_server.url, **window)
    found = []
    for name, address in pages_of(scene).items():
        if name in LISTS:
            continue  # Django's own
        asked_twice(page, live_server.url + address)
        page.evaluate(Axe().axe_script)
        for scheme, rules in (("light", {}), ("dark", IN_COLOUR)):
            page.emulate_media(color_scheme=scheme)
            options = {"resultTypes": ["violations"], "rules": TARGETS, **rules}
            for rule in page.evaluate("options => axe.run(options)", options)["violations"]:
                places = [node["html"][:160] for node in rule["nodes"]]
                found.append((name, scheme, rule["id"], places))
    assert not found
    assert not troubles


def test_no_page_of_the_desk_is_wider_than_its_window(scene, live_server, new_context, editor):
    page, _troubles = open_desk(new_context, editor, live_server.url)
    wide = []
    for name, address in pages_of(scene).items():
        asked_twice(page, live_server.url + address)
        for width in (320, 360, 768, 1280, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.scrollingElement.scrollWidth") > width:
                wide.append((name, width, page.evaluate(WIDEST)))
            cut = page.evaluate(
                """() => [...document.querySelectorAll(".inline-group :is(input, select, .select2)")]
                  .filter(one => one.offsetParent && one.getBoundingClientRect().right > innerWidth)
                  .map(one => one.id)"""
            )
            wide += [(name, width, one) for one in cut]
    assert not wide


def test_nothing_hostile_that_is_typed_runs(scene, live_server, new_context, editor):
    page, troubles = open_desk(new_context, editor, live_server.url, bypass_csp=True)
    for text in OWN:
        page.goto(f"{live_server.url}{DESK}add/")
        for name in ("video", "title", "original_title", "tagline", "description", "slug",
                     "countries", "languages", "imdb_id", "tmdb_id", "wikidata_id",
                     "sources-0-address", "sources-0-label"):  # fmt: skip
            page.fill(f"[name={name}]", text)
        expect(page.locator("[data-card] svg text").first).not_to_have_text("…")
        expect(page.locator(".field-video .source-told")).to_contain_text("not known")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errornote")).to_be_visible()
        assert page.input_value("[name=title]") == " ".join(text.split())
    films = [
        services.create_film(
            title=text[:200], tagline=text[:200], description=text, state="published",
            credits=[(services.create_person(name=text[:200]), "director")],
            sources=[NewSource(f"https://files.example.org/{at}.mp4", label=text[:80])],
        )
        for at, text in enumerate(OWN)
    ]  # fmt: skip
    for film, into in pairwise(films):
        services.edit_film(film=into, tagline="", description="", sources=[])
        for address in (f"{into.pk}/history/", f"{into.pk}/history/{into.history.earliest().pk}/",
                        f"{film.pk}/merge/?into={into.pk}", f"{film.pk}/merge/?q=alert"):  # fmt: skip
            page.goto(f"{live_server.url}{DESK}{address}")
        page.goto(f"{live_server.url}{DESK}add/")
        page.fill("[name=title]", into.title)
        expect(page.locator(".twins").get_by_role("link").first).to_be_visible()
    first, second = Film.objects.filter(pk__in=[films[0].pk, films[1].pk]).order_by("pk")
    shown = services.seen(first, second)
    merged = services.merge_films(film=first, into=second, shown=shown, by=None)
    assert FilmMerge.objects.count() == 1
    page.goto(f"{live_server.url}{DESK}merges/{merged.pk}/undo/")
    assert not troubles
