"""What pages do with JavaScript, against a site that is played: our scripts, styles and htmx."""

import mimetypes
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.browser

SITE = "http://foyer.test"
YESTERDAY = datetime.now(UTC) - timedelta(days=1, minutes=5)


def comment(
    pk: int, body: str, *, parent: str = "", kids: str = "", at: str = "2011-05-04T10:00:00Z"
):
    return f"""<article class="comment" id="c{pk}" data-number="{pk}" data-depth="0" data-parent="{parent}">
<a class="n" href="/comments/{pk}/">{pk}</a><details open><summary><b class="comment-author">Marit</b>
<time datetime="{at}">4 May 2011, 12:00</time></summary><div class="comment-body"><p>{body}</p></div>
<p class="acts"><a class="lead" href="/comments/{pk}/reply/" data-form-link>reply</a>
<a href="/comments/{pk}/edit/" data-form-link>edit</a></p>{kids}</details></article>"""


def form(address: str, words: str = "", alarm: str = "") -> str:
    return f"""<form class="reply form" data-form="comment" method="post" action="{address}">{alarm}
<label for="body">Your reply</label><textarea class="in" id="body" name="body" data-limit="20">{words}</textarea>
<button class="btn main">Post</button> <button class="btn" name="preview" value="1">Preview</button>
<a href="/" data-cancel>Back</a></form>"""


def whole(main: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A film</title>
<link rel="stylesheet" href="/static/css/site.css"><link rel="stylesheet" href="/static/css/talk.css">
<meta name="htmx-config" content='{HTMX_CONFIG}'>
<script src="/static/django_htmx/htmx-2.min.js" defer></script>
<script src="/static/js/foyer.js" type="module"></script></head><body><main>{main}</main>
<p role="status" data-live data-posted="Your comment stands here." data-failed="That did not work."></p>
</body></html>"""


def config_of_base() -> str:
    head = (settings.BASE_DIR / "templates/_head.html").read_text()
    return head.split("""name="htmx-config" content='""")[1].split("'>")[0]


HTMX_CONFIG = config_of_base()
TALK = whole(
    '<section id="talk"><div class="talk" data-comment-count="3">'
    + comment(1, "One", kids=f'<div class="kids">{comment(3, "Three", parent="1")}</div>')
    + comment(2, "Two", at=YESTERDAY.isoformat())
    + "</div></section>"
)


@pytest.fixture
def site(page):
    """Return the answers of the played site, by method and path; a test changes them."""
    answers = {"GET /": (200, TALK)}

    def answer(route):
        request = route.request
        path = request.url.removeprefix(SITE)
        if path.startswith("/static/"):
            file = Path(finders.find(path.removeprefix("/static/")))
            kind = mimetypes.guess_type(file.name)[0]
            return route.fulfill(body=file.read_bytes(), content_type=kind)
        status, body = answers.get(f"{request.method} {path}", (404, ""))
        if status == 0:
            return route.abort()
        return route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8")

    page.route(f"{SITE}/**", answer)
    for pk in (1, 2, 3):
        address = f"/comments/{pk}/reply/"
        answers[f"GET {address}"] = (200, form(address))
    page.goto(f"{SITE}/")
    return answers


def open_reply(page, pk: int):
    page.click(f"#c{pk} > details > .acts .lead")
    page.wait_for_selector(f"#c{pk} > details > [data-form-place] form")


def fold(page, pk: int) -> None:
    page.click(f"#c{pk} > details > summary")
    page.wait_for_function("id => (localStorage.folded || '').includes(id)", arg=f"c{pk}")


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_a_fold_is_remembered_on_the_next_visit(page, site):
    fold(page, 1)
    page.reload()
    page.wait_for_selector("#c1 > details:not([open])")
    assert page.get_attribute("#c2 > details", "open") is not None


def test_the_target_of_a_link_is_never_hidden(page, site):
    fold(page, 1)
    page.goto(f"{SITE}/#c3")
    page.reload()
    page.wait_for_selector("#c1 > details[open]")
    assert page.is_visible("#c3 .comment-body")


def test_a_young_moment_is_told_by_its_age_and_keeps_the_exact_words(page, site):
    page.wait_for_selector("#c2 time[title='4 May 2011, 12:00']")
    assert page.inner_text("#c2 time") == "yesterday"
    assert page.inner_text("#c1 > details > summary time") == "4 May 2011, 12:00"


def test_the_form_opens_under_its_parent_with_the_focus_in_it(page, site):
    open_reply(page, 3)
    assert focused(page) == "body"
    assert page.title() == "A film"


def test_one_form_is_open_and_another_keeps_its_words(page, site):
    open_reply(page, 1)
    page.fill("#body", "half a thought")
    open_reply(page, 2)
    assert page.locator("form").count() == 1
    open_reply(page, 1)
    assert page.input_value("#body") == "half a thought"


def test_going_back_closes_the_form_and_returns_the_focus(page, site):
    open_reply(page, 2)
    page.click("[data-cancel]")
    assert page.locator("form").count() == 0
    assert focused(page) == "lead"


def test_letters_are_counted_while_one_writes(page, site):
    open_reply(page, 2)
    page.fill("#body", "ten letters and more 😀")
    assert page.inner_text(".left") == "22 / 20"
    assert page.locator(".left.over").count() == 1


@pytest.mark.parametrize(
    "refusal",
    [
        (429, whole("<h1>No</h1><div data-problem><p>Wait a minute.</p></div>")),
        (500, whole("<h1>No</h1><div data-problem><p>It is our fault.</p></div>")),
        (502, "nothing of ours"),
        (0, ""),
    ],
    ids=["too fast", "our fault", "from elsewhere", "no network"],
)
def test_words_stay_when_a_post_is_refused(page, site, refusal):
    site["POST /comments/2/reply/"] = refusal
    open_reply(page, 2)
    page.fill("#body", "every word")
    page.click("form .main")
    page.wait_for_selector("form .alarm")
    assert page.input_value("#body") == "every word"
    assert focused(page) == "alarm"


def test_a_form_that_comes_back_takes_the_place_of_the_first(page, site):
    alarm = '<div class="alarm" role="alert" tabindex="-1">Not posted yet</div>'
    site["POST /comments/2/reply/"] = (422, form("/comments/2/reply/", "kept", alarm))
    open_reply(page, 2)
    page.click("form .main")
    page.wait_for_selector("form .alarm")
    assert page.locator("form").count() == 1
    assert focused(page) == "alarm"


def test_a_new_comment_stands_under_its_parent_focused_and_announced(page, site):
    site["POST /comments/2/reply/"] = (200, comment(9, "Nine", parent="2"))
    open_reply(page, 2)
    page.fill("#body", "Nine")
    before = page.evaluate("scrollY")
    page.click("form .main")
    page.wait_for_selector("#c2 > details > .kids > #c9")
    assert focused(page) == "c9"
    assert page.inner_text("[data-live]") == "Your comment stands here."
    assert page.evaluate("scrollY") == before
    assert page.locator("form").count() == 0


def test_an_edited_comment_keeps_its_replies(page, site):
    site["GET /comments/1/edit/"] = (200, form("/comments/1/edit/", "One"))
    site["POST /comments/1/edit/"] = (200, TALK.replace("<p>One</p>", "<p>One, mended</p>"))
    page.click("#c1 > details > .acts a:nth-child(2)")
    page.click("form .main")
    page.wait_for_selector("text=One, mended")
    assert page.locator("#c1").count() == 1
    assert page.is_visible("#c1 > details > .kids > #c3")


def test_nothing_foreign_is_loaded_until_the_reader_presses_play(page, site):
    asked = []
    page.route(
        "http://videos.test/**", lambda route: asked.append(1) or route.fulfill(body="a film")
    )
    site["GET /"] = (
        200,
        whole(
            '<figure class="screen"><p>a card</p><figcaption>'
            '<a data-player="frame" data-embed="http://videos.test/embed" data-title="Night Mail"'
            ' href="http://videos.test/page">Play</a></figcaption></figure>'
        ),
    )
    page.goto(f"{SITE}/")
    page.wait_for_load_state("networkidle")
    assert not asked
    page.click("[data-player]")
    page.frame_locator("iframe").locator("text=a film").wait_for()
    assert page.locator(".screen > p").count() == 0
    assert page.url == f"{SITE}/"
    frame = page.locator("iframe")
    assert frame.get_attribute("referrerpolicy") == "strict-origin-when-cross-origin"
    assert "allow-scripts" in frame.get_attribute("sandbox")
    assert frame.get_attribute("title") == "Night Mail"
