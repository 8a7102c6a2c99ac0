"""Strings that try to run something, in a real browser with the content policy switched off.

What is shown here is safe by itself; the policy comes on top (test_pages.py hears its violations).
"""

from urllib.parse import urlencode

import pytest
from defusedxml.ElementTree import fromstring
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from films.services import change_film, create_category, create_film, create_person
from forum.discussions import services
from forum.discussions.models import Comment, Topic
from tests.browser.conftest import sign_in, watch
from tests.discussions.conftest import write
from tests.moderation.hostile import OWN, STRINGS

pytestmark = pytest.mark.browser

MORE = [
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    '<style>@import "https://evil.example/a.css"; * { display: none }</style>',
    "![a](https://evil.example/a.png) <img src=//evil.example/b.png>",
    '[a](https://evil.example/"onmouseover="alert(1))',
    "<details open ontoggle=alert(1)>a</details>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;alert(1)&#60;/script&#62;",
    "${alert(1)} `${alert(1)}` \\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
]
ALL = STRINGS + MORE
FEW = OWN + MORE  # for addresses that show one string each
# Everything in the page that is not ours: scripts, frames, handlers, styles, addresses that act.
NOT_OURS = """function notOurs(page) {
  const foreign = ["iframe", "object", "embed", "base", "style", "video", "audio", "marquee"];
  return [...page.querySelectorAll("*")].filter(one => {
    const name = one.localName;
    const ours = one.src && new URL(one.src, location).origin === location.origin;
    if (foreign.includes(name) || (name === "img" && !ours)) return true;
    if (name === "script" && !ours && !/json/.test(one.type)) return true;
    if (name === "link" && !/canonical|alternate/.test(one.rel) && !one.getAttribute("href").startsWith("/static/"))
      return true;
    return [...one.attributes].some(({ name: key, value }) => /^on/i.test(key)
      || (key === "style" && !one.closest("svg"))
      || (/^(href|src|action|formaction|xlink:href|srcset)$/i.test(key)
          && /^(javascript|data|vbscript):/i.test(value.replace(/[\\x00-\\x20]/g, ""))));
  }).map(one => one.outerHTML.slice(0, 200));
}"""
# Many pages, one after another, each in a frame where whatever it holds would run.
IN_FRAMES = f"""async pages => {{
  {NOT_OURS}
  const wrong = [], frame = document.createElement("iframe");
  document.body.append(frame);
  for (const html of pages) {{
    await new Promise(done => {{ frame.onload = done; frame.srcdoc = html; }});
    wrong.push(...notOurs(frame.contentDocument));
  }}
  return wrong;
}}"""


@pytest.fixture
def hostile(new_context, site, settings):
    """hostile(address, by=None): open the page and return it; nothing of it ran, nothing got out."""
    settings.COMMENT_CHECKS = []  # many links would be held, and not be seen
    context = new_context(bypass_csp=True)
    troubles = watch(context, site)
    context.on(
        "dialog", lambda dialog: (troubles.append(f"ran: {dialog.message}"), dialog.dismiss())
    )
    page = context.new_page()

    def look(address: str, by=None):
        if by:
            sign_in(context, by, site)
        page.goto(site + address)
        return check()

    def check():
        assert page.evaluate(f"() => {{ {NOT_OURS} return notOurs(document) }}") == []
        assert troubles == []
        return page

    def look_into(answers):
        """Show what the test client was answered, quicker than going there."""
        page.goto(f"{site}/healthz")
        assert page.evaluate(IN_FRAMES, [answer.content.decode() for answer in answers]) == []
        assert troubles == []

    look.check, look.into = check, look_into
    return look


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<script>alert(1)</script>",
        "<svg/onload=alert(1)>",
        '<img src="https://evil.example/a.png">',
        '<a href="java&#10;script:alert(1)">a</a>',
        "<p onmouseover='alert(1)'>a</p>",
    ],
)
def test_what_would_run_is_seen(hostile, html):
    with pytest.raises(AssertionError):
        hostile.into([HttpResponse(html)])


def test_nothing_runs_in_comments_and_names_of_guests(hostile, site):
    topic = create_film(title="Night Mail", state="published").topic
    address = reverse("comment_new", args=[topic.pk])
    named = 0
    for text in ALL:
        answer = write(Client(), address, body=text, name=text)
        named += answer.status_code == 302
        if answer.status_code == 422:  # too long a name, or one with signs that turn text
            answer = write(Client(), address, body=text, name="Nils")
        assert answer.status_code == 302
    assert named >= len(OWN)
    page = hostile(topic.get_absolute_url())
    assert page.locator("article.comment").count() == len(ALL)
    for text in FEW:
        if "](" not in text:  # Markdown's own links are made into links, to nowhere
            shown = page.locator(".comment-body", has_text=text.strip())
            assert shown.count() or "&" in text or "`" in text or "\\" in text, text
    for pk in Comment.objects.order_by("pk").values_list("pk", flat=True)[: len(FEW)]:
        hostile(reverse("comment", args=[pk]))
    hostile("/")
    for feed in ("site_feed", "film_feed"):
        answer = Client().get(reverse(feed, args=["night-mail"] if feed == "film_feed" else []))
        assert len(fromstring(answer.content).findall("{*}entry")) > 10


def test_nothing_runs_in_a_form_that_comes_back(hostile, client):
    topic = services.open_topic(title="Open", by=None)
    address = reverse("comment_new", args=[topic.pk])
    page = hostile(address)
    form = page.locator("form[data-form=comment]")
    for text in FEW:
        form.locator("[name=body]").fill(text)
        form.locator("[name=name]").fill(text)
        form.locator("[name=email]").fill(text)
        form.get_by_role("button", name="Preview").click()
        hostile.check()
        assert form.locator("[name=body]").input_value() == text
    hostile.into(
        write(client, address, body=text, name=text, email=text, preview="1") for text in ALL
    )


def test_nothing_runs_in_films_people_and_categories(hostile):
    slugs = []
    for text in ALL:
        line = text[:200]
        person = create_person(name=line)
        film = create_film(
            title=line,
            original_title=line,
            tagline=line,
            description=text,
            description_format="html",
            category=create_category(name=line[:60]),
            credits=[(person, "director")],
            state="published",
        )
        slugs.append((film.slug, person.slug))
    hostile("/")
    page = hostile("/films/")
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").click()
        hostile.check()
    for film_slug, person_slug in slugs[: len(OWN)] + slugs[-len(MORE) :]:
        hostile(reverse("film", args=[film_slug]))
        hostile(reverse("person", args=[person_slug]))
    change_film(film=film, title="Mended", description=ALL[0], description_format="wp")
    hostile(reverse("film", args=[film.slug]))


def test_nothing_runs_in_a_search(hostile, client):
    for text in FEW:
        page = hostile(f"/search/?{urlencode({'q': text})}")
        assert page.locator("#q").input_value() == " ".join(text.split())
    hostile.into(client.get("/search/", {"q": text}) for text in ALL)


def test_nothing_runs_in_topics_of_the_lobby_or_for_staff(hostile, django_user_model):
    for text in ALL:
        topic = services.open_topic(title=text, by=None)
        write(Client(), reverse("comment_new", args=[topic.pk]), body=text, name="Nils")
    topics = hostile("/lobby/").locator("[aria-labelledby='topics-h'] .ti")
    assert topics.count() == len(ALL)
    for pk in Topic.objects.order_by("pk").values_list("pk", flat=True)[: len(OWN)]:
        hostile(reverse("topic", args=[pk]))
    staff = django_user_model.objects.create_superuser("Ruth", password="lantern-soft-9")
    hostile("/admin/", by=staff)
    for model in ("comment", "topic"):
        hostile(f"/admin/discussions/{model}/")
