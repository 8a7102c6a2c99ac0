"""Every page of ours as browsers show it: accessible, within its width, quiet, from one host."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.browser.conftest import carry_pen, sign_in, watch

# A sample of every named address: who asks, and where. Words in braces are filled from scene.py.
SAMPLES = {
    "home": ("anybody", "/"),
    "catalogue": ("anybody", "/films/"),
    "film": ("anybody", "/films/{film.slug}/"),
    "film_feed": ("anybody", "/films/{film.slug}/comments.atom"),
    "film_number": ("anybody", "/films/{film.slug}/1"),
    "category": ("anybody", "/categories/{category.slug}/"),
    "person": ("anybody", "/people/{person.slug}/"),
    "search": ("anybody", "/search/?q=an"),
    "comment": ("anybody", "/comments/{comments[3].pk}/"),
    "reply": ("anybody", "/comments/{comments[3].pk}/reply/"),
    "edit": ("Nils", "/comments/{mine.pk}/edit/"),
    "delete": ("Nils", "/comments/{mine.pk}/delete/"),
    "undelete": ("Nils", "/comments/{deleted.pk}/undelete/"),
    "history": ("Nils", "/comments/{mine.pk}/history/"),
    "comment_new": ("anybody", "/topics/{film.topic_id}/comments/new/"),
    "my_comments": ("Nils", "/my/comments/"),
    "lobby": ("anybody", "/lobby/"),
    "topic": ("anybody", "/lobby/{topic.pk}/"),
    "topic_number": ("anybody", "/lobby/{topic.pk}/1.1"),
    "site_feed": ("anybody", "/feeds/comments.atom"),
    "login": ("anybody", "/login/"),
    "logout": ("Sunniva", "/logout/"),
    "mail_confirm": ("anybody", "/mail/confirm/{confirm}/"),
    "mail_stop": ("anybody", "/mail/stop/{stop}/"),
    "about": ("anybody", "/about/"),
    "rules": ("anybody", "/rules/"),
    "privacy": ("anybody", "/privacy/"),
    "contact": ("anybody", "/contact/"),
    "media": ("anybody", "/media/" + "0" * 32 + ".webp"),
    "sitemap": ("anybody", "/sitemap.xml"),
    "robots": ("anybody", "/robots.txt"),
    "healthz": ("anybody", "/healthz"),
    "readyz": ("anybody", "/readyz"),
}
# The same addresses in other conditions.
MORE = {
    "empty catalogue": ("anybody", "/films/?year=1999"),
    "catalogue by title": ("anybody", "/films/?category=politics&sort=title"),
    "nothing found": ("anybody", "/search/?q=zzzz"),
    "film from right to left": ("anybody", "/films/{other.slug}/"),
    "film by newest": ("anybody", "/films/{film.slug}/?sort=newest"),
    "film of a guest": ("Nils", "/films/{film.slug}/"),
    "film of a member": ("Sunniva", "/films/{film.slug}/"),
    "withdrawn film, to staff": ("Ruth", "/films/{withdrawn.slug}/"),
    "deep branch": ("anybody", "/comments/{chain[9].pk}/"),
    "removed, to staff": ("Ruth", "/comments/{removed.pk}/"),
    "waiting, to its author": ("Nils", "/comments/{held.pk}/"),
    "deleted, to its author": ("Nils", "/comments/{deleted.pk}/"),
    "my comments without any": ("anybody", "/my/comments/"),
}
ERRORS = {
    400: ("anybody", "/films/{film.slug}/?sort=sideways"),
    403: ("anybody", "/test/forbidden/"),
    404: ("anybody", "/films/never-made/"),
    410: ("anybody", "/films/{withdrawn.slug}/"),
    413: ("anybody", "/test/large/"),
    422: ("anybody", "/test/unready/"),
    429: ("anybody", "/test/fast/"),
    500: ("anybody", "/test/torn/"),
    503: ("anybody", "/test/away/"),
}
EVERYTHING = {
    **SAMPLES,
    **MORE,
    **{f"error {status}": sample for status, sample in ERRORS.items()},
}
# Read by machines; shown by no browser.
NOT_PAGES = {"film_feed", "site_feed", "sitemap", "robots", "healthz", "readyz"}
TARGETS = {"target-size": {"enabled": True}}  # WCAG 2.2's own, off unless asked for
IN_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}  # what a colour scheme can change
WIDTHS = [320, 360, 768, 1280, 2560]
# What sticks out furthest, for the one who has to mend it.
WIDEST = """() => {
  const ends = [...document.querySelectorAll("body *")].map(one => [one.getBoundingClientRect().right, one]);
  const [right, one] = ends.sort((a, b) => b[0] - a[0])[0];
  return [Math.round(right), one.outerHTML.slice(0, 150)];
}"""


def named(patterns, found=None) -> set[str]:
    """Return every name of the URL table but those of a namespace: the admin's."""
    found = set() if found is None else found
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and not pattern.namespace:
            named(pattern.url_patterns, found)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(pattern.name)
    return found


def test_every_named_address_has_a_sample_here():
    assert named(get_resolver("forum.urls").url_patterns) == set(SAMPLES)


@pytest.mark.django_db
def test_what_is_no_page_answers_no_html(client, scene):
    for name in NOT_PAGES:
        answer = client.get(SAMPLES[name][1].format(**vars(scene)))
        assert answer.status_code == 200, name
        assert "text/html" not in answer.headers["Content-Type"], name


@pytest.mark.django_db
def test_every_address_says_how_it_may_be_kept_and_reading_sets_no_cookie(client, scene):
    for name, (who, address) in SAMPLES.items():
        client.cookies.clear()
        if who == "anybody":
            answer = client.get(address.format(**vars(scene)))
            assert answer.headers.get("Cache-Control"), name
            writes = name in {"reply", "comment_new", "login", "mail_confirm", "mail_stop"}
            assert set(answer.cookies) == ({"csrf"} if writes else set()), name
            if name not in NOT_PAGES and "public" in answer.headers["Cache-Control"]:
                assert "Cookie" in answer.headers["Vary"], name


def visit_pages(scene, url, new_context, **options):
    """Yield (name, page) with each page of EVERYTHING open in turn; in the end none has complained."""
    readers, troubles = {}, []
    for name, (who, address) in EVERYTHING.items():
        if name in NOT_PAGES:
            continue
        if who not in readers:
            context = new_context(**options)
            if who == "Nils":
                carry_pen(context, scene.pen_secret, url)
            elif who != "anybody":
                sign_in(context, {"Sunniva": scene.member, "Ruth": scene.staff}[who], url)
            readers[who] = watch(context, url), context.new_page()
        heard, page = readers[who]
        address = address.format(**vars(scene))
        assert name not in SAMPLES or resolve(address.partition("?")[0]).url_name == name
        answer = page.goto(url + address)
        expected = int(name[-3:]) if name.startswith("error ") else 404 if name == "media" else 200
        assert answer.status == expected, (name, answer.status)
        yield name, page
        troubles += [f"{name}: {trouble}" for trouble in heard]
        heard.clear()
    assert not troubles


@pytest.fixture
def with_failing_addresses(settings):
    settings.ROOT_URLCONF = "tests.browser.failing"


@pytest.mark.browser
@pytest.mark.usefixtures("with_failing_addresses")
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_no_page_complains(scene, live_server, new_context, width):
    window = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    found = []
    for name, page in visit_pages(scene, live_server.url, new_context, **window):
        page.evaluate(Axe().axe_script)
        for scheme, rules in (("light", {}), ("dark", IN_COLOUR)):
            page.emulate_media(color_scheme=scheme)
            options = {"resultTypes": ["violations"], "rules": TARGETS, **rules}
            for rule in page.evaluate("options => axe.run(options)", options)["violations"]:
                places = [node["html"][:200] for node in rule["nodes"]]
                found.append((name, scheme, rule["id"], places))
    assert not found


@pytest.mark.browser
@pytest.mark.usefixtures("with_failing_addresses")
def test_no_page_is_wider_than_its_window(scene, live_server, new_context):
    wide = []
    for name, page in visit_pages(scene, live_server.url, new_context):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.scrollingElement.scrollWidth") > width:
                wide.append((name, width, page.evaluate(WIDEST)))
    assert not wide
