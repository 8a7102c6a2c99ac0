"""A comment as a source: what is cited, by a hash that anybody can take again."""

import hashlib
import json
import re
import unicodedata

import pytest
from django.test import Client
from django.urls import reverse

from forum import markup
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.canonical import canonical_text, digest
from forum.discussions.models import Comment

TABLE = [
    ("<p>One word.</p>", "One word."),
    ("<p>One</p>\n<p>two</p>", "One two"),
    ("<p>One</p><p>two</p>", "One two"),
    ("one<br>two<br />\nthree", "one two three"),
    ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "one two"),
    ("<p>  a\t b\r\n c  </p>", "a b c"),
    ("<p>un<em>believ</em>able</p>", "unbelievable"),
    ('<p><a href="https://example.org/">there</a></p>', "there"),
    ("<p>Tom &amp; Jerry &lt;3 &#233;</p>", "Tom & Jerry <3 é"),
    ("<p>cafe\u0301</p>", "café"),
    ("<p>one\u2003two\u00a0three</p>", "one two three"),
    ("<blockquote>\n<p>said</p>\n</blockquote>\n<p>answered</p>", "said answered"),
    ('<p>It is <details class="spoiler"><summary>spoiler</summary>the boat</details>!</p>', "It is the boat !"),
    ("<details><summary>Its author's</summary>within</details>", "Its author's within"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "text"), TABLE)
def test_words_have_one_canonical_form(html, text):
    assert canonical_text(html) == text
    assert digest(html) == hashlib.sha256(text.encode()).hexdigest()


def test_what_a_spoiler_hides_is_hashed_and_the_sites_own_word_is_not():
    html = markup.render("It is >!the boat!< again.", "markdown")
    assert 'class="spoiler"' in html
    assert canonical_text(html) == "It is the boat again."


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def said(self, post):
        return post("The *harbour* is the film!\n\nIt is >!the boat!<.")

    def test_it_gives_author_film_address_date_and_hash(self, said, topic, settings):
        settings.SITE_URL = "https://foyer.example"
        html = Client().get(f"/comments/{said.pk}/cite/").content.decode()
        sum_ = hashlib.sha256(b"The harbour is the film! It is the boat .").hexdigest()
        said.refresh_from_db()
        copied = re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)[1]
        assert copied == (
            f"Nils (guest), comment 1 on “{topic.title}”. Foyer,"
            f" {said.created_at:%Y-%m-%d %H:%M} UTC. https://foyer.example/comments/{said.pk}/\n"
            f"SHA-256 {digest(Comment.objects.get(pk=said.pk).text.body_html)}"
        )
        assert digest(Comment.objects.get(pk=said.pk).text.body_html) == sum_

    def test_no_word_of_the_comment_stands_there(self, said):
        for name in ("cite", "cite_json"):
            answer = Client().get(reverse(name, args=[said.pk])).content.decode()
            assert "harbour" not in answer
            assert "boat" not in answer

    def test_machines_read_it_as_csl_json(self, said, settings):
        settings.SITE_URL = "https://foyer.example"
        answer = Client().get(f"/comments/{said.pk}/cite.json")
        assert answer.headers["Content-Type"] == "application/json"
        (item,) = json.loads(answer.content)
        assert item["type"] == "post"
        assert item["author"] == [{"literal": "Nils (guest)"}]
        assert item["URL"] == f"https://foyer.example/comments/{said.pk}/"
        at = said.created_at
        assert item["issued"] == {"date-parts": [[at.year, at.month, at.day]]}
        assert re.fullmatch(r"[0-9a-f]{64}", item["custom"]["sha256"])

    def test_the_line_on_the_page_takes_the_same_hash_of_copied_words(self, said):
        html = Client().get(f"/comments/{said.pk}/cite/").content.decode()
        copied = "The harbour is the film!\r\n\r\n  It is  the boat .\n"
        line = re.search(r"print\((.*)\)&quot;|print\((.*)\)\"", html)
        expression = next(filter(None, line.groups())).replace("&#x27;", "'")
        names = {
            "hashlib": hashlib,
            "u": unicodedata,
            "sys": type("", (), {"stdin": type("", (), {"buffer": _Read(copied.encode())})}),
        }
        assert eval(expression, names) in html

    def test_an_edit_changes_the_hash_and_is_named(self, said, guest):
        before = Client().get(f"/comments/{said.pk}/cite/").content.decode()
        base = services.text_version(Comment.objects.with_text().get(pk=said.pk))
        by = Reader(pen=guest.pen)
        services.edit_comment(comment_id=said.pk, by=by, body="Other words.", base=base)
        after = Client().get(f"/comments/{said.pk}/cite/").content.decode()
        assert digest("<p>Other words.</p>") in after
        assert digest("<p>Other words.</p>") not in before
        assert ", edited 20" in after

    def test_a_guest_of_a_taken_name_is_cited_as_another(self, said, post):
        other = services.Author(pen=pen_with_secret("", "Nils")[0], name="Nils")
        later = post(author=other)
        assert "another Nils (guest), comment 2" in (
            Client().get(f"/comments/{later.pk}/cite/").content.decode()
        )

    @pytest.mark.parametrize("name", ["cite", "cite_json"])
    @pytest.mark.parametrize(
        ("state", "status"), [("removed", 410), ("deleted", 410), ("erased", 410), ("held", 410)]
    )
    def test_what_is_not_public_is_not_cited(self, post, name, state, status):
        comment = post(state="public" if state == "erased" else state)
        if state == "erased":
            services.erase_comment(comment_id=comment.pk, by=None)
        assert Client().get(reverse(name, args=[comment.pk])).status_code == status

    def test_what_never_was_is_not_cited(self, client, topic):
        assert client.get("/comments/9/cite/").status_code == 404
        assert client.get("/comments/9/cite.json").status_code == 404

    def test_a_comment_under_a_hidden_topic_is_not_cited(self, client, said, topic):
        type(topic).objects.update(hidden_at=said.created_at)
        assert client.get(f"/comments/{said.pk}/cite/").status_code in (404, 410)

    def test_the_page_of_a_comment_leads_there_and_it_is_shared(self, client, said):
        assert f'href="/comments/{said.pk}/cite/"' in (
            client.get(said.get_absolute_url()).content.decode()
        )
        answer = client.get(f"/comments/{said.pk}/cite/")
        assert answer.headers["Cache-Control"] == "public, no-cache"
        again = client.get(f"/comments/{said.pk}/cite/", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304


class _Read:
    def __init__(self, data):
        self.data = data

    def read(self):
        return self.data
