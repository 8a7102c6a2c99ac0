"""The pages of imports in a real browser: accessible, within their width, with and without scripts."""

from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from films.models import Film
from films.services import create_film
from forum.discussions.models import Comment
from forum.transfer import batches
from forum.transfer.models import ImportBatch
from forum.worker.work import QUEUES, Worker
from tests.browser.conftest import sign_in, watch
from tests.browser.test_hostile import NOT_OURS
from tests.moderation.hostile import STRINGS
from tests.transfer.dsq import dsq, post, thread

pytestmark = pytest.mark.browser
CONTENT = {"include": [["#content"]], "exclude": []}
LONG = "A title that goes on and on, until-it-does-not-fit-" + "without-a-space-" * 6


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.IMPORTS_ROOT = tmp_path / "imports"


def work():
    worker = Worker()
    while sum(worker.turn(queue) for queue in QUEUES):
        pass


def export(titles=("Salt (1954)", LONG)) -> str:
    parts = [post(9001, on=777)]
    for number, title in enumerate(titles, 1):
        parts.append(thread(number, title=title))
        parts.append(post(number * 10, on=number, body="<p>One.</p>"))
        parts.append(post(number * 10 + 1, on=number, parent=number * 10, body="<p>Two.</p>"))
    return dsq(*parts)


def bring(by, text, *, creates=False, name="export.xml") -> ImportBatch:
    batch = batches.bring(name=name, chunks=[text.encode()], creates=creates, by=by)
    work()
    batch.refresh_from_db()
    return batch


def every_page(scene) -> dict[str, str]:
    """Make an import of each kind; return the addresses of their pages."""
    checked = bring(scene.staff, export())
    failed = bring(scene.staff, "`" + export())
    loaded = bring(scene.staff, export(["Light", "Salt"]), creates=True)
    batches.start(batch=loaded, act="load", by=scene.staff)
    work()
    at_work = ImportBatch.objects.create(
        system="disqus", name=f"{LONG}.xml", stored="x", size=10**9, by=scene.staff,
        state="loading", phase="writing", done=1_234, total=5_000,
    )  # fmt: skip
    return {
        "upload": "/admin/transfer/importbatch/add/",
        "list": "/admin/transfer/importbatch/",
        "checked": checked.get_absolute_url(),
        "failed": failed.get_absolute_url(),
        "loaded": loaded.get_absolute_url(),
        "at work": at_work.get_absolute_url(),
        "undo": loaded.get_absolute_url().replace("change", "undo"),
    }


@pytest.mark.parametrize("width", [1280, 360])
def test_they_are_accessible_and_fit(scene, live_server, new_context, width):
    pages = every_page(scene)
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    troubles = watch(context, live_server.url)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    for name, address in pages.items():
        assert page.goto(live_server.url + address).status == 200, name
        page.evaluate(Axe().axe_script)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(
                "where => axe.run(where, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})",
                CONTENT,
            )
            faults = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
            assert faults == [], (name, scheme)
        if name != "list":  # Django's own table scrolls by itself
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width, name
    assert troubles == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_an_export_is_brought_mapped_loaded_and_rolled_back(
    scene, live_server, new_context, tmp_path, scripts
):
    create_film(title="Salt of the Earth", year=1954, state="published")
    before, films = Comment.objects.count(), Film.objects.count()
    path = tmp_path / "forum.xml"
    path.write_text(export())
    context = new_context(java_script_enabled=scripts)
    troubles = watch(context, live_server.url)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/transfer/importbatch/add/")
    page.get_by_label("The export").set_input_files(path)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("status")).to_be_visible()
    work()
    page.wait_for_url("**/change/")
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()  # the page asked by itself

    row = page.get_by_role("group", name="Salt")
    if scripts:
        row.get_by_label("Film: title").press_sequentially("salt earth")
        offered = page.locator("#films-0 option")
        expect(offered).to_have_attribute("value", "Salt of the Earth (1954)")
    row.get_by_label("Film: title").fill("Nothing of that name")
    page.get_by_role("button", name="Keep these choices").click()
    expect(row.get_by_role("alert")).to_have_text("No film here is called so.")
    row.get_by_label("Film: title").fill("Salt of the Earth (1954)")
    page.get_by_role("group", name="A title").get_by_label("What becomes").select_option("new")
    page.get_by_role("button", name="Keep these choices").click()
    expect(page.locator(".messagelist")).to_contain_text("Your choices are kept.")

    page.get_by_role("button", name="Bring it in").click()
    work()
    expect(page.get_by_role("link", name="Roll back")).to_be_visible()
    assert Comment.objects.count() == before + 4
    assert Film.objects.count() == films + 1
    page.get_by_role("link", name="Roll back").click()
    expect(page.get_by_text("4 comments", exact=True)).to_be_visible()
    expect(page.get_by_text("nobody has answered")).to_be_visible()
    page.get_by_role("button", name="Roll it back").click()
    work()
    expect(page.get_by_text("4 comments went")).to_be_visible()
    assert (Comment.objects.count(), Film.objects.count()) == (before, films)
    assert troubles == []


def test_nothing_runs_in_names_and_titles(scene, live_server, new_context):
    texts = ["".join(sign for sign in text if sign.isprintable()) for text in STRINGS]
    batch = bring(
        scene.staff,
        export(texts),
        name='"><img src=x onerror=alert(1)><script>alert(2)</script>.xml',
    )
    made = bring(scene.staff, export(texts[:20]), creates=True)
    batches.start(batch=made, act="load", by=scene.staff)
    work()
    context = new_context(bypass_csp=True)
    troubles = watch(context, live_server.url)
    context.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    addresses = [
        batch.get_absolute_url(),
        f"{batch.get_absolute_url()}?part=2",
        made.get_absolute_url(),
    ]
    addresses += [made.get_absolute_url().replace("change", "undo"), "/admin/transfer/importbatch/"]
    for address in addresses:
        page.goto(live_server.url + address)
        with suppress(TimeoutError):
            page.wait_for_load_state("load")
        assert page.evaluate(f"({NOT_OURS})(document.querySelector('#content'))") == [], address
    assert troubles == []
