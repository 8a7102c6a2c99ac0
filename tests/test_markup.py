"""Text of four formats to safe HTML: what comes through, what does not, and how long it may take."""

import gc
import html
import re
import time

import pytest

from forum import marks, markup
from forum.discussions.forms import BodyForm
from tests.samples import sample

SECOND = 1.0  # of CPU


# Markdown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("It *is* **so** ~~fast~~ slow.", "<p>It <em>is</em> <strong>so</strong> <s>fast</s> slow.</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\r\ntwo\r\rthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("> said\n\nanswered", "<blockquote>\n<p>said</p>\n</blockquote>\n<p>answered</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        ("`x < 1`", "<p><code>x &lt; 1</code></p>"),
        ("    as it stands", "<pre><code>as it stands\n</code></pre>"),
        ("---", "<hr>"),
        ("# 1 film", "<p># 1 film</p>"),
        ("Metropolis\n===", "<p>Metropolis<br>\n===</p>"),
        ("[x]: http://example.org\n\n[x]", "<p>[x]: <a"),
        ("a\x00b", "<p>ab</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_is_read_as_people_write_it(body, shown):
    assert markup.render(body, "markdown").startswith(shown)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<b>loud</b>", "&lt;b&gt;loud&lt;/b&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <!-- b -->", "a &lt;!-- b --&gt;"),
        ("5 < 6 & 7 > 6", "5 &lt; 6 &amp; 7 &gt; 6"),
    ],
)
def test_html_in_markdown_is_shown_as_text(body, shown):
    assert shown in markup.render(body, "markdown")


def test_pictures_are_links_to_be_followed_and_never_loaded():
    shown = markup.render("![a still](https://example.org/still.png)", "markdown")
    assert "<img" not in shown
    assert 'href="https://example.org/still.png"' in shown


# Links


@pytest.mark.parametrize("body_format", ["markdown", "html", "wp"])
def test_every_link_says_that_it_is_not_ours(body_format):
    body = {
        "markdown": "[the archive](https://example.org/a) and https://example.org/b",
        "html": '<a href="https://example.org/a" rel="me">the archive</a>',
        "wp": '<a href="https://example.org/a" rel="follow" target="_top">the archive</a>',
    }[body_format]
    links = re.findall(r"<a [^>]*>", markup.render(body, body_format))
    assert links
    assert all('rel="nofollow ugc noopener"' in link for link in links)
    assert not any("target" in link for link in links)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "blob:https://example.org/1",
    ],
)
@pytest.mark.parametrize("body_format", ["markdown", "html", "wp"])
def test_an_address_that_could_act_is_no_link(address, body_format):
    body = f"[x]({address})" if body_format == "markdown" else f'<a href="{address}">x</a>'
    for href in re.findall(r'href="([^"]*)"', markup.render(body, body_format)):
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", html.unescape(href), re.I)
        assert scheme is None, href  # at most a path on this site, with odd letters in it


def test_a_page_of_links_is_shown_without_making_them():
    few = " ".join(f"https://example.org/{number}" for number in range(markup.MOST_LINKS))
    assert markup.render(few, "markdown").count("<a ") == markup.MOST_LINKS
    assert "<a " not in markup.render(f"{few} https://example.org/more", "markdown")


# HTML from elsewhere


ALLOWED = (
    "<p>a <b>b</b> <i>i</i> <em>e</em> <strong>s</strong> <del>d</del> <s>s</s> <q>q</q> "
    '<cite>c</cite> <code>x</code> <sub>1</sub> <sup>2</sup> <abbr title="t">t</abbr><br></p>'
    '<ul><li>l</li></ul><ol start="2"><li>l</li></ol><dl><dt>t</dt><dd>d</dd></dl>'
    "<blockquote><p>q</p></blockquote>\n<pre>p</pre>\n<hr>"
)
NOT_ALLOWED = [
    '<p onclick="alert(1)">a</p>',
    '<p style="position:fixed">a</p>',
    '<p class="alarm" id="main" data-play="1" dir="rtl">a</p>',
    '<img src="https://example.org/i.png">',
    '<iframe src="https://example.org/"></iframe>',
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><img src=x onerror=alert(1)>",
    '<form action="/logout/" method="post"><button>a</button></form>',
    '<input name="csrfmiddlewaretoken"><textarea>a',
    "<style>* { display: none }</style>",
    '<base href="https://example.org/"><link rel="stylesheet" href="/x"><meta http-equiv="refresh">',
    "<template><script>alert(1)</script></template><noscript><p title='</noscript><img src=x>'>",
    "<!-- a --><h1>Big</h1><article class='comment'>a</article></details></article>",
]


@pytest.mark.parametrize("body_format", ["html", "wp"])
def test_the_allowed_tags_come_through(body_format):
    assert markup.render(ALLOWED, body_format) == ALLOWED


@pytest.mark.parametrize("body", NOT_ALLOWED)
@pytest.mark.parametrize("body_format", ["html", "wp"])
def test_nothing_else_comes_through(body, body_format):
    shown = markup.render(body, body_format)
    names = set(re.findall(r"<\s*([a-z0-9]+)", shown))
    assert names <= {"p", "br"}, shown
    for tag in re.findall(r"<[^>]*>", shown):
        assert "=" not in tag, shown


def test_what_is_left_open_is_closed_so_that_the_page_stays_whole():
    assert markup.render("<blockquote><b>a", "html") == "<blockquote><b>a</b></blockquote>"
    assert markup.render("a</p></div></details></article>", "html").startswith("a")
    assert "</details>" not in markup.render("a</p></div></details></article>", "html")


def test_plain_text_shows_every_sign_as_it_was_typed():
    assert markup.render("*a* <b>\nb\n\nc & d", "plain") == (
        "<p>*a* &lt;b&gt;<br>\nb</p>\n<p>c &amp; d</p>"
    )


def test_an_unknown_format_is_an_error():
    with pytest.raises(ValueError, match="bbcode"):
        markup.render("a", "bbcode")


# WordPress


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("one\r\n \t\r\ntwo", "<p>one</p>\n<p>two</p>"),
        ("<blockquote>said</blockquote>\n\nanswered", "<blockquote>said</blockquote>\n<p>answered</p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul>\n<li>a</li>\n</ul>"),
        ("<pre>a\n\n  b\n</pre>", "<pre>a\n\n  b\n</pre>"),
        ("a\n\n<PRE>b\n\nc</PRE>\n\nd", "<p>a</p>\n<pre>b\n\nc</pre>\n<p>d</p>"),
        ("<b>a\n\nb</b>", "<p><b>a</b></p>"),
        ("\n\n\n", ""),
    ],
)  # fmt: skip
def test_a_line_break_of_wordpress_counts(body, shown):
    assert markup.render(body, "wp").startswith(shown)


# Spoilers


SPOILER = '<details class="spoiler"><summary>spoiler</summary>'


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("It was ||the butler||.", f"<div>It was {SPOILER}the butler</details>.</div>"),
        ("It was >!the butler!<.", f"<div>It was {SPOILER}the butler</details>.</div>"),
        (">!the butler!<", f"<div>{SPOILER}the butler</details></div>"),
        ("> it was\n>!him!<", f"<blockquote>\n<div>it was<br>\n{SPOILER}him</details></div>\n</blockquote>"),
        ("- >!a!<\n- b", f"<ul>\n<li>{SPOILER}a</details></li>\n<li>b</li>\n</ul>"),
        ("||a *b* `c`||", f"<div>{SPOILER}a <em>b</em> <code>c</code></details></div>"),
        ("*a ||b|| c*", f"<div><em>a </em>{SPOILER}<em>b</em></details><em> c</em></div>"),
        ("*a ||b* c||", f"<div><em>a </em>{SPOILER}<em>b</em> c</details></div>"),
        ("||a||||b||", f"<div>{SPOILER}a</details>{SPOILER}b</details></div>"),
        ("||a\nb||", f"<div>{SPOILER}a<br>\nb</details></div>"),
    ],
)  # fmt: skip
def test_what_stands_between_marks_opens_on_a_press(body, made):
    assert markup.render(body, "markdown") == made


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("||a\n\nb||", f"{SPOILER}<p>a</p>\n<p>b</p>\n</details>"),
        (">!a\n\nb!<", f"{SPOILER}<p>a</p>\n<p>b</p>\n</details>"),
        ("x ||a\n\nb|| y", f"<p>x </p>\n{SPOILER}<p>a</p>\n<p>b</p>\n</details><p> y</p>"),
        ("||\n\n- a\n- b\n\n||", f"{SPOILER}<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n</details>"),
        ("||a\n\n```\n||\n```\n\nd||", f"{SPOILER}<p>a</p>\n<pre><code>||\n</code></pre>\n<p>d</p>\n</details>"),
        ("||a\n\n> b\n\nc||", f"{SPOILER}<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n<p>c</p>\n</details>"),
        # where the marks stand in different blocks, the whole of these is hidden: more, never less
        ("- a ||b\n- c|| d", f"{SPOILER}<ul>\n<li>a b</li>\n<li>c d</li>\n</ul>\n</details>"),
        ("> a ||b\n\nc||", f"{SPOILER}<blockquote>\n<p>a b</p>\n</blockquote>\n<p>c</p>\n</details>"),
    ],
)  # fmt: skip
def test_a_spoiler_goes_over_paragraphs_lists_and_quotations(body, made):
    assert markup.render(body, "markdown") == made


@pytest.mark.parametrize(
    "body",
    [
        "||a",
        ">!a",
        "a!<",
        "a || b",
        "||||",
        ">!!<",
        "\\||a||",
        "\\>!a!<",
        "`||a||`",
        "`>!a!<`",
        "    >!a!< ||b||",
        "```\n||a||\n>!b!<\n```",
        "a || b\n\nc || d",
        "x||y\n\nz||w",
        "!<a>!",
    ],
)
def test_marks_that_hide_nothing_and_marks_in_code_stay_text(body):
    made = markup.render(body, "markdown")
    assert "<details" not in made
    assert "spoiler" not in made
    assert not re.search("[\ufdd0-\ufdd2\uff5c]", made)
    for mark in set(re.findall(r"\|\||>!|!<", body)):
        if not body.startswith(">!"):  # at the beginning of a line, and alone, it is a quotation
            assert html.escape(mark, quote=False) in made


def test_a_link_with_bars_in_its_address_still_leads_there():
    made = markup.render("||a|| [x](https://example.org/?q=a||b)", "markdown")
    assert 'href="https://example.org/?q=a%7C%7Cb"' in made


def test_an_address_ends_where_the_spoiler_does():
    for body in ("||https://example.org/x||", ">!https://example.org/x!<"):
        made = markup.render(body, "markdown")
        assert 'href="https://example.org/x"' in made
        assert made.endswith("</a></details></div>")


def test_signs_that_are_no_characters_make_no_marks():
    made = markup.render("\uff5c\ufdd2\uff5ca\uff5c\ufdd2\uff5c ||b||", "markdown")
    assert made.count("<details") == 1
    assert "\uff5c\uff5ca\uff5c\uff5c" in made


@pytest.mark.parametrize("body_format", ["html", "wp"])
def test_the_class_of_a_disclosure_is_the_only_one_that_comes_through(body_format):
    body = '<details class="spoiler alarm" open>a</details><b class="mention">b</b><div>c</div>'
    made = markup.render(body, body_format)
    assert '<details class="spoiler">a</details>' in made
    assert made.count("class=") == 1
    assert "<div" not in made


SECRETS = [
    ("markdown", "Seen: ||the secret||."),
    ("markdown", ">!the secret!<"),
    ("markdown", "a ||the\n\nsecret|| b"),
    ("markdown", "- a ||b\n- the secret|| d"),
    ("markdown", "||*the* [secret](https://secret.example/)||"),
    ("html", "<p>a <spoiler>the secret</spoiler> b</p>"),
    ("html", "<spoiler>a<spoiler>b</spoiler>the secret</spoiler> c"),
    ("html", "<spoiler>a<details>b</details>the secret</spoiler> c"),
    ("html", "<spoiler>the secret"),
]


@pytest.mark.parametrize(("body_format", "body"), SECRETS)
def test_words_and_feeds_leave_out_what_is_hidden(body_format, body):
    made = markup.render(body, body_format)
    assert "secret" in made
    for told in (markup.plain(made), markup.excerpt(made, 200), markup.without_spoilers(made)):
        assert "secret" not in told
        assert "[spoiler]" in told
    assert "<details" not in markup.without_spoilers(made)


def test_what_stands_round_a_spoiler_is_told():
    made = markup.render("Before ||hidden|| after.\n\nEnd", "markdown")
    assert markup.plain(made) == "Before [spoiler] after. End"
    assert markup.plain("<p>a</p><details><summary>b</summary><p>c</p></details>") == "a b c"


# Words alone


def test_an_excerpt_is_cut_at_a_word_and_says_so():
    made = "<p>Fifteen years later I still hear the rain.</p>"
    assert markup.excerpt(made, 200) == "Fifteen years later I still hear the rain."
    assert markup.excerpt(made, 20) == "Fifteen years later…"
    assert len(markup.excerpt("<p>" + "x" * 500 + "</p>", 160)) == 160


def test_an_excerpt_has_no_tags_and_reads_entities():
    made = "<p>Salt &amp; Light</p><ul><li>one</li><li>two</li></ul>a<br>b &lt;script&gt;"
    assert markup.excerpt(made, 200) == "Salt & Light one two a b <script>"


# Time


RECIPES = {
    "stars and letters": "*a **a " * 5000 + "b" + " a** a*" * 5000,
    "openers of emphasis": "_a " * 20000,
    "closers of emphasis": "a_ " * 20000,
    "openers of links": "[a" * 30000,
    "links in links": "[" * 20000 + "a" + "](x)" * 20000,
    "pictures in pictures": "![[](" * 20000,
    "brackets of two kinds": "[ (](" * 20000,
    "quotation in quotation": "> " * 20000 + "a",
    "list in list": "".join("  " * depth + "* a\n" for depth in range(400)),
    "backticks that grow": "".join("e" + "`" * count for count in range(1, 1500)),
    "tildes": "~" * 50000,
    "addresses": "http://a.example/ " * 20000,
    "bare names of hosts": "a.bc " * 40000,
    "signs of mail": "a@b.cd" * 20000,
    "half tags": "<a href='" * 20000,
    "comments left open": "<!--" * 50000,
    "entities left open": "&#x" * 50000,
    "pre left open": "<pre>" * 20000,
    "lines of nothing": "\n \t" * 100_000,
    "white space": " " * 300_000 + "x",
    "one word": "x" * 1_000_000,
    "marks on one letter": "a" + "\u0301" * 50_000,
    "tags in tags": "<b>" * 50_000,
    "quoted tags in tags": "<blockquote>" * 20_000,
    "bars": "||" * 20_000,
    "bars round letters": "||a" * 20_000,
    "bars in items of a list": "- ||a\n- b||\n" * 2_000,
    "bars in paragraphs": "||a\n\nb||\n\n" * 2_000,
    "bars in emphasis": "*||a* ||" * 5_000,
    "bars in deep quotations": "> " * 15 + "||a\n\nb|| ||" * 2_000,
    "openers of spoilers": ">!" * 20_000,
    "openers in lines": ">!\n" * 20_000,
    "closers of spoilers": ">!" + "!<" * 20_000,
    "spoilers in spoilers": ">!" * 5_000 + "a" + "!<" * 5_000,
    "spoilers from elsewhere in each other": "<spoiler>" * 4_000 + "a" + "</spoiler>" * 4_000,
    "calls": "@a " * 20_000,
    "calls in each other": "@" * 40_000,
    "calls of unspaced names": "@東東東東" * 8_000,
}
FROM_ELSEWHERE = {
    "backticks of growing length": "".join("e" + "`" * count for count in range(1, 2500)),
    "deeply nested lists": "".join("  " * depth + "* a\n" for depth in range(500)),
}


def hostile() -> dict[str, str]:
    made = {}
    for recipe in sample("hostile/markdown_pathological.json"):
        name = recipe["name"]
        pieces = recipe.get("pieces")
        made[f"sample: {name}"] = (
            "".join(text * times for text, times in pieces) if pieces else FROM_ELSEWHERE[name]
        )
    return {**RECIPES, **made}


HOSTILE = hostile()


def cpu_of(act) -> float:
    # Neither other threads nor a look for garbage among what a thousand tests left is the text's cost.
    gc.disable()
    try:
        started = time.thread_time()
        act()
        return time.thread_time() - started
    finally:
        gc.enable()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_shown_or_refused_within_a_second(name):
    def post(body):
        form = BodyForm({"body": body})
        if form.is_valid():
            body = form.cleaned_data["body"]
            names = marks.names_meant(body)
            markup.excerpt(markup.render(body, "markdown", names=names), 160)

    body = HOSTILE[name]
    assert cpu_of(lambda: post(body)) < SECOND  # as it stands: most are too long
    assert cpu_of(lambda: post(body[:10_000])) < SECOND  # as much of it as the form takes


@pytest.mark.parametrize("body_format", ["html", "wp", "plain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_from_elsewhere_is_shown_within_a_second(name, body_format):
    made = []
    assert cpu_of(lambda: made.append(markup.render(HOSTILE[name], body_format))) < SECOND
    assert cpu_of(lambda: markup.excerpt(made[0], 160)) < SECOND


def test_html_of_more_tags_than_any_comment_has_is_shown_as_text():
    body = "<b>" * (markup.MOST_TAGS + 1)
    assert markup.render(body, "html").startswith("<p>&lt;b&gt;")


# What comes from Disqus


@pytest.mark.parametrize(
    ("body", "made"),
    [
        (
            "<p>a <spoiler>b</spoiler> c</p>",
            f"<p>a </p>{SPOILER}<p>b</p></details><p> c</p>",
        ),
        ("a <SPOILER>b</SPOILER>", f"<p>a </p>{SPOILER}b</details>"),
        ("<spoiler onclick=x>b", f"{SPOILER}b</details>"),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("<p>a\nb</p>", "<p>a\nb</p>"),
        (
            '<a href="https://disq.us/url?url=https%3A%2F%2Fa.example%2F%3Fx%3D1%3Aabcdefghijklmnopqrstuvwxyz0&amp;cuid=7">a</a>',
            '<p><a href="https://a.example/?x=1" rel="nofollow ugc noopener">a</a></p>',
        ),
        (
            '<a href="https://disq.us/url?url=javascript%3Aalert(1)">a</a>',
            '<p><a href="https://disq.us/url?url=javascript%3Aalert(1)" rel="nofollow ugc noopener">a</a></p>',
        ),
    ],
)
def test_what_disqus_wrote_is_shown_in_words_of_everybody(body, made):
    assert markup.render(body, "html") == made
