"""Every page of ours as browsers show it: accessible, within its width, quiet, from one host."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.browser.conftest import carry_pen, sign_in, watch

# A sample of every named address: who asks, and where. Words in braces are filled from scene.py.
SAMPLES = {
    "home": ("anybody", "/"),
    "catalogue": ("anybody", "/films/"),
    "decades": ("anybody", "/decades/"),
    "decade": ("anybody", "/decades/2000/"),
    "year": ("anybody", "/years/2002/"),
    "random_film": ("anybody", "/films/random/"),
    "film": ("anybody", "/films/{film.slug}/"),
    "film_feed": ("anybody", "/films/{film.slug}/comments.atom"),
    "film_number": ("anybody", "/films/{film.slug}/1"),
    "suggest_film": ("anybody", "/films/suggest/"),
    "films_like": ("anybody", "/films/suggest/like?title=Anatomy+of+a+Coup&year=2002"),
    "suggestion": ("anybody", "/films/suggestions/{suggestion.key}/"),
    "oembed": ("anybody", f"/oembed?url={settings.SITE_URL}/films/" + "{film.slug}/"),
    "category_feed": ("anybody", "/categories/{category.slug}/films.atom"),
    "person_feed": ("anybody", "/people/{person.slug}/films.atom"),
    "category": ("anybody", "/categories/{category.slug}/"),
    "person": ("anybody", "/people/{person.slug}/"),
    "search": ("anybody", "/search/?q=an"),
    "suggest": ("anybody", "/search/suggest/?q=an"),
    "search_feed": ("anybody", "/search/comments.atom?q=the"),
    "comment": ("anybody", "/comments/{comments[3].pk}/"),
    "reply": ("anybody", "/comments/{comments[3].pk}/reply/"),
    "edit": ("Nils", "/comments/{mine.pk}/edit/"),
    "note": ("Sunniva", "/comments/{chain[0].pk}/note/"),
    "delete": ("Nils", "/comments/{mine.pk}/delete/"),
    "undelete": ("Nils", "/comments/{deleted.pk}/undelete/"),
    "sent": ("anybody", "/comments/sent/{submission}/"),
    "history": ("Nils", "/comments/{mine.pk}/history/"),
    "comment_new": ("anybody", "/topics/{film.topic_id}/comments/new/"),
    "my_comments": ("Nils", "/my/comments/"),
    "my_warnings": ("Wanda", "/my/warnings/"),
    "featured": ("anybody", "/topics/{marked.pk}/featured/"),
    "featured_feed": ("anybody", "/topics/{marked.pk}/featured.atom"),
    "lobby": ("anybody", "/lobby/"),
    "topic": ("anybody", "/lobby/{topic.pk}/"),
    "topic_number": ("anybody", "/lobby/{topic.pk}/1.1"),
    "site_feed": ("anybody", "/feeds/comments.atom"),
    "login": ("anybody", "/login/"),
    "logout": ("Sunniva", "/logout/"),
    "my_news": ("Sunniva", "/my/new/"),
    "account_login": ("anybody", "/login/"),
    "account_logout": ("Sunniva", "/logout/"),
    "account_signup": ("anybody", "/signup/"),
    "account": ("Sunniva", "/account/"),
    "reading": ("Sunniva", "/account/reading/"),
    "film_news": ("anybody", "/films/{film.slug}/news?since=2026-01-01"),
    "topic_news": ("anybody", "/lobby/{topic.pk}/news?since=2026-01-01"),
    "vote": ("anybody", "/comments/{comments[3].pk}/vote/"),
    "order": ("anybody", "/order/"),
    "names": ("anybody", "/topics/{film.topic_id}/names/?q=n"),
    "comment_news": ("anybody", "/comments/{comments[3].pk}/news?since=2026-01-01"),
    "film_since": ("anybody", "/films/{film.slug}/since/"),
    "topic_since": ("anybody", "/lobby/{topic.pk}/since/"),
    "looks": ("anybody", "/reading/"),
    "keys": ("anybody", "/keys/"),
    "sessions": ("Sunniva", "/account/sessions/"),
    "name": ("Sunniva", "/account/name/"),
    "claim": ("Sunniva", "/account/claim/"),
    "leave": ("Sunniva", "/account/leave/"),
    "member": ("anybody", "/members/{member.pk}/"),
    "cite": ("anybody", "/comments/{comments[3].pk}/cite/"),
    "cite_json": ("anybody", "/comments/{comments[3].pk}/cite.json"),
    "forget": ("Nils", "/my/forget/"),
    "forgotten": ("anybody", "/my/forgotten/"),
    "pen_lost": ("anybody", "/my/pen/"),
    "pen_back": ("anybody", "{back}"),
    "guest": ("anybody", "/guests/{mine.pen.public_id}/"),
    "account_inactive": ("anybody", "/account/closed/"),
    "account_reauthenticate": ("Sunniva", "/account/again/"),
    "account_email": ("Sunniva", "/account/email/"),
    "account_email_verification_sent": ("Sunniva", "/account/email/code/"),
    "account_change_password": ("Sunniva", "/account/password/"),
    "account_set_password": ("Sunniva", "/account/password/set/"),
    "account_reset_password": ("anybody", "/account/reset/"),
    "account_confirm_password_reset_code": ("anybody", "/account/reset/code/"),
    "account_complete_password_reset": ("anybody", "/account/reset/new/"),
    "account_password_reset_completed": ("anybody", "/account/reset/done/"),
    "mfa_index": ("Sunniva", "/account/factor/"),
    "mfa_authenticate": ("anybody", "/account/factor/code/"),
    "mfa_reauthenticate": ("Sunniva", "/account/factor/again/"),
    "mfa_activate_totp": ("Nora", "/account/factor/app/"),
    "mfa_deactivate_totp": ("Sunniva", "/account/factor/app/remove/"),
    "mfa_view_recovery_codes": ("Sunniva", "/account/factor/codes/"),
    "mfa_generate_recovery_codes": ("Sunniva", "/account/factor/codes/new/"),
    "mfa_list_webauthn": ("Sunniva", "/account/factor/passkeys/"),
    "mfa_add_webauthn": ("Nora", "/account/factor/passkeys/add/"),
    "mfa_login_webauthn": ("anybody", "/account/factor/passkeys/login/"),
    "mfa_reauthenticate_webauthn": ("Nora", "/account/factor/passkeys/again/"),
    "mfa_remove_webauthn": ("Sunniva", "/account/factor/passkeys/{passkey.pk}/remove/"),
    "mfa_edit_webauthn": ("Sunniva", "/account/factor/passkeys/{passkey.pk}/edit/"),
    "mail_confirm": ("anybody", "/mail/confirm/{confirm}/"),
    "mail_stop": ("anybody", "/mail/stop/{stop}/"),
    "mail_off": ("anybody", "/mail/off/{off}/"),
    "branch_feed": ("anybody", "/comments/{comments[3].pk}/feed.atom"),
    "member_feed": ("anybody", "/members/{member.pk}/feed.atom"),
    "lobby_feed": ("anybody", "/lobby/{topic.pk}/comments.atom"),
    "follow_topic": ("anybody", "/topics/{film.topic_id}/follow/"),
    "follow_comment": ("Nora", "/comments/{comments[3].pk}/follow/"),
    "follow_person": ("Nora", "/members/{member.pk}/follow/"),
    "following": ("Sunniva", "/my/following/"),
    "inbox": ("Sunniva", "/inbox/"),
    "letters": ("Sunniva", "/account/letters/"),
    "muted": ("Sunniva", "/account/muted/"),
    "mute_comment": ("Sunniva", "/comments/{comments[3].pk}/mute/"),
    "mute_person": ("Nora", "/members/{member.pk}/mute/"),
    "report": ("anybody", "/comments/{comments[3].pk}/report/"),
    "my_reports": ("Sunniva", "/my/reports/"),
    "standing": ("Sunniva", "/my/standing/"),
    "moderation_log": ("anybody", "/moderation/log/"),
    "status": ("Nils", "/comments/{held.pk}/status/"),
    "status_link": ("anybody", "{status}"),
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
    "nothing since": ("anybody", "/films/{film.slug}/since/?from=2999-01-01"),
    "empty catalogue": ("anybody", "/films/?year=1999"),
    "films that are all of that": ("anybody", "/films/?category=politics&decade=2000&talk=yes"),
    "nothing is all of that": ("anybody", "/films/?category=politics&year=1999&talk=yes"),
    "one role of a person": ("anybody", "/people/{person.slug}/?role=director"),
    "catalogue by title": ("anybody", "/films/?category=politics&sort=title"),
    "nothing found": ("anybody", "/search/?q=zzzz"),
    "searching": ("anybody", "/search/"),
    "search for comments": ("anybody", "/search/?q=the+year:x&in=comments&sort=relevance"),
    "search in one talk": ("anybody", "/search/?q=the&topic={film.topic_id}"),
    "film from right to left": ("anybody", "/films/{other.slug}/"),
    "film by newest": ("anybody", "/films/{film.slug}/?sort=newest"),
    "film of a guest": ("Nils", "/films/{film.slug}/"),
    "film of a member": ("Sunniva", "/films/{film.slug}/"),
    "withdrawn film, to staff": ("Ruth", "/films/{withdrawn.slug}/"),
    "film since a day": ("anybody", "/films/{film.slug}/?since=2020-01-01"),
    "choosing what is new": ("anybody", "/my/new/?topic={film.topic_id}"),
    "deep branch": ("anybody", "/comments/{chain[9].pk}/"),
    "removed, to staff": ("Ruth", "/comments/{removed.pk}/"),
    "waiting, to its author": ("Nils", "/comments/{held.pk}/"),
    "deleted, to its author": ("Nils", "/comments/{deleted.pk}/"),
    "my comments without any": ("anybody", "/my/comments/"),
    "follow of one who may": ("Sunniva", "/topics/{film.topic_id}/follow/"),
    "inbox without any": ("Nora", "/inbox/"),
    "what nobody muted": ("Nora", "/account/muted/"),
    "what a guest muted": ("anybody", "/account/muted/"),
    "a guest who mutes": ("anybody", "/comments/{comments[3].pk}/mute/"),
    "film with what is muted": ("Sunniva", "/films/{film.slug}/"),
    "settings of a newcomer": ("Nora", "/account/factor/"),
    "account of staff": ("Ruth", "/account/"),
    "report that was made": ("Sunniva", "/comments/{reported.pk}/report/"),
    "report of one's own": ("Nils", "/comments/{mine.pk}/report/"),
    "reports without any": ("anybody", "/my/reports/"),
    "standing of nobody": ("anybody", "/my/standing/"),
    "log of one talk": ("anybody", "/moderation/log/?talk={film.topic_id}&act=remove"),
    "log of what was never done": ("anybody", "/moderation/log/?month=2001-01"),
    "removed, why and what to do": ("Sunniva", "/comments/{removed.pk}/status/"),
    "inbox with a decision": ("Sunniva", "/inbox/"),
    "talk with all that staff marks": ("anybody", "/lobby/{marked.pk}/"),
    "the same, to a member": ("Sunniva", "/lobby/{marked.pk}/"),
    "talk of one who is warned": ("Wanda", "/films/{film.slug}/"),
    "warnings without any": ("Nora", "/my/warnings/"),
    "nothing featured": ("anybody", "/topics/{topic.pk}/featured/"),
    "correct a film": ("Sunniva", "/films/suggest/?film={film.slug}"),
    "suggestion that waits": ("Sunniva", "/films/suggestions/{waiting.key}/"),
    "member who has said nothing": ("anybody", "/members/{newcomer.pk}/"),
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
# Forms that anybody may open, for which a cookie protects what is sent.
WRITES = {"reply", "comment_new", "login", "account_login", "account_signup"}
WRITES |= {
    "vote",
    "order",
    "forget",
    "pen_lost",
    "pen_back",
    "looks",
    "account_reset_password",
    "mail_confirm",
    "mail_stop",
    "report",
    "status_link",
    "suggest_film",
}
# Names under which django-allauth looks for a page that has another.
SECOND_NAMES = {"account_login": "login", "account_logout": "logout"}
# Read by machines; shown by no browser.
NOT_PAGES = {"cite_json", "sent", "names", "film_news", "topic_news", "comment_news"}
NOT_PAGES |= {"film_feed", "site_feed", "sitemap", "robots", "healthz", "readyz"}
NOT_PAGES |= {"branch_feed", "member_feed", "lobby_feed", "featured_feed"}
NOT_PAGES |= {"category_feed", "person_feed", "search_feed", "oembed"}
FRAGMENTS = {"suggest", "films_like"}  # of HTML, for a script
NOT_PAGES |= FRAGMENTS
TARGETS = {"target-size": {"enabled": True}}  # WCAG 2.2's own, off unless asked for
IN_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}  # what a colour scheme can change
WIDTHS = [320, 360, 768, 1280, 2560]
# What sticks out furthest, for the one who has to mend it.
WIDEST = """() => {
  const ends = [...document.querySelectorAll("body *")].map(one => [one.getBoundingClientRect().right, one]);
  const [right, one] = ends.sort((a, b) => b[0] - a[0])[0];
  return [Math.round(right), one.outerHTML.slice(0, 150)];
}"""


@pytest.fixture(autouse=True)
def _with_mail(settings):
    settings.MAILS = settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]


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
    behind_a_token = {"metrics"}  # tests/outside/test_metrics.py
    by_post_alone = {"seen"}  # tests/discussions/test_newness.py
    by_post_alone |= {"inbox_read", "inbox_open"}  # tests/discussions/test_inbox.py
    found = named(get_resolver("forum.urls").url_patterns)
    assert found == set(SAMPLES) | behind_a_token | by_post_alone


@pytest.mark.django_db
def test_what_is_no_page_answers_no_html(client, scene):
    for name in NOT_PAGES - FRAGMENTS:
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
            writes = name in WRITES
            assert set(answer.cookies) == ({"csrf"} if writes else set()), name
            if name not in NOT_PAGES and "public" in answer.headers["Cache-Control"]:
                assert "Cookie" in answer.headers["Vary"], name


def visit_pages(scene, url, new_context, **options):
    """Yield (name, page) with each page of EVERYTHING open in turn; in the end none has complained."""
    readers, troubles = {}, []
    people = {
        "Sunniva": scene.member,
        "Ruth": scene.staff,
        "Nora": scene.newcomer,
        "Wanda": scene.warned,
    }
    for name, (who, address) in EVERYTHING.items():
        if name in NOT_PAGES:
            continue
        if who not in readers:
            context = new_context(**options)
            if who == "Nils":
                carry_pen(context, scene.pen_secret, url)
            elif who != "anybody":
                sign_in(context, people[who], url)
            readers[who] = watch(context, url), context.new_page()
        heard, page = readers[who]
        address = address.format(**vars(scene))
        if name in SAMPLES:
            assert resolve(address.partition("?")[0]).url_name == SECOND_NAMES.get(name, name)
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
