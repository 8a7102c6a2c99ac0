"""An @name in a comment: whom it means, what is stored of it, and the names offered while typing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from forum import marks, markup
from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Claim, Comment, CommentText, Decision, Mention, Topic
from forum.discussions.names import Person, matching, people_meant
from forum.discussions.services.people import forget_claims
from forum.discussions.upkeep import render_some
from tests.discussions.conftest import write
from tests.statements import statements

pytestmark = pytest.mark.django_db


def a_guest(name):
    pen, _secret, _is_new = pen_with_secret("", name)
    return services.Author(pen=pen, name=name)


def told(comment):
    return {(row.member_id, row.pen_id) for row in Mention.objects.filter(comment=comment)}


# ----------------------------------------------------------------------------------- what is a name


@pytest.mark.parametrize(
    ("body", "name", "html"),
    [
        ("@Nils, did you?", "Nils", '<b class="mention">@Nils</b>, did'),
        ("yes (@Nils).", "Nils", '(<b class="mention">@Nils</b>)'),
        ("@la Golondrina - Europe said", "la Golondrina - Europe", "@la Golondrina - Europe</b> said"),
        ("@Мария Петрова, да", "Мария Петрова", "@Мария Петрова</b>, да"),
        ("@田中さん、そうです", "田中", "@田中</b>さん"),
        ("@علي شكرا", "علي", "@علي</b> شكرا"),
        ("@Mr. T. knows", "Mr. T.", "@Mr. T.</b> knows"),
        ("@snake_case_x!", "snake_case_x", "@snake_case_x</b>!"),
        ("*@Nils*", "Nils", '<em><b class="mention">@Nils</b></em>'),
        ("@Tom & Co <3", "Tom & Co", "@Tom &amp; Co</b> &lt;3"),
        ("@Zoe\u0308 was there", "Zoë", "@Zoë</b> was"),  # typed as e and a mark
    ],
)  # fmt: skip
def test_a_name_of_any_script_with_spaces_and_points_is_found_and_marked(body, name, html):
    assert name in marks.names_meant(body)
    made = markup.render(body, "markdown", names=[name])
    assert html in made
    assert markup.mentioned(made) == [name]


@pytest.mark.parametrize(
    "body",
    [
        "`@Nils`",
        "    @Nils",
        "```\n@Nils\n```",
        "[@Nils](https://example.org/)",
        "https://example.org/@Nils",
        "nils@Nils",
        "\\@Nils",
        "> @Nils said",
        "@Nilsson",
        "@ Nils",
        "Nils",
    ],
)
def test_in_code_links_quotations_and_longer_words_nobody_is_meant(body):
    assert markup.mentioned(markup.render(body, "markdown", names=["Nils"])) == []


def test_the_longest_name_is_meant():
    made = markup.render("@Nils Holm and @Nils", "markdown", names=["Nils", "Nils Holm"])
    assert markup.mentioned(made) == ["Nils Holm", "Nils"]


def test_html_from_elsewhere_marks_nobody():
    made = markup.render('<b class="mention">@Nils</b>', "html", names=["Nils"])
    assert markup.mentioned(made) == []


def test_the_names_that_a_text_could_mean_are_bounded():
    assert len(marks.names_meant("@" + "東" * 60 + " @a b c d" * 3000)) <= marks.MOST_NAMES


# ------------------------------------------------------------------------------------ what is stored


def test_a_mention_of_a_member_and_of_a_guest_is_stored_and_marked(client, topic, post, member):
    services.post_comment(author=services.Author(member=member), body="I am.", topic_id=topic.pk)
    nils = post("And I.")
    write(client, reverse("comment_new", args=[topic.pk]), name="Mara", body="@Sunniva and @Nils!")
    comment = Comment.objects.latest("pk")
    assert told(comment) == {(member.pk, None), (None, nils.pen_id)}
    html = client.get(topic.get_absolute_url()).content.decode()
    assert '<b class="mention">@Sunniva</b> and <b class="mention">@Nils</b>!' in html


def test_who_has_not_spoken_in_this_talk_is_not_meant(topic, post, member):
    elsewhere = services.open_topic(title="Elsewhere", by=None)
    author = services.Author(member=member)
    services.post_comment(author=author, body="Here.", topic_id=elsewhere.pk)
    comment = post("@Sunniva, where are you?")
    assert told(comment) == set()
    assert "mention" not in comment.text.body_html


def test_a_comment_that_is_not_public_gives_no_name(topic, post):
    hidden = post("I was here.", author=a_guest("Ghost"))
    services.moderate(comment_id=hidden.pk, verb="hold", by=ANYBODY)
    assert told(post("@Ghost?")) == set()


def test_an_imported_name_is_marked_and_calls_nobody(topic, post):
    said = post("From another site.")
    Comment.objects.filter(pk=said.pk).update(pen=None, author_name="la Golondrina")
    comment = post("@la Golondrina wrote that.")
    assert markup.mentioned(comment.text.body_html) == ["la Golondrina"]
    assert told(comment) == set()


def test_two_guests_of_one_name_are_both_called_and_oneself_never(post, guest):
    first, second = (post("Here.", author=a_guest("Mara")) for _ in range(2))
    post("Here too.")
    assert told(post("@Mara and @Nils")) == {(None, first.pen_id), (None, second.pen_id)}


def test_a_comment_calls_ten_people_at_most(post):
    for number in range(12):
        post(author=a_guest(f"Guest {number:02}"))
    body = " ".join(f"@Guest {number:02}" for number in range(12))
    assert len(told(post(body))) == 10


def test_an_edit_calls_who_is_new_and_forgets_who_is_gone(client, topic, post):
    nils, mara = post("One.", author=a_guest("Nils")), post("Two.", author=a_guest("Mara"))
    write(client, reverse("comment_new", args=[topic.pk]), name="Jo", body="@Nils here")
    comment = Comment.objects.latest("pk")
    kept = Mention.objects.get()
    write(client, reverse("edit", args=[comment.pk]), body="@Nils here, @Mara")
    assert told(comment) == {(None, nils.pen_id), (None, mara.pen_id)}
    assert Mention.objects.filter(pk=kept.pk).exists()  # the same row: nobody is told twice
    write(client, reverse("edit", args=[comment.pk]), body="@Mara")
    assert told(comment) == {(None, mara.pen_id)}


def test_what_staff_take_out_calls_nobody_and_undoing_calls_again(post, as_staff, staff):
    nils = post("One.", author=a_guest("Mara"))
    comment = post("@Mara is here")
    base = services.text_version(comment)
    services.redact_comment(comment_id=comment.pk, by=Reader(user=staff), part="@Mara", base=base)
    assert told(comment) == set()
    services.undo(decision_id=Decision.objects.get().pk, by=Reader(user=staff))
    assert told(comment) == {(None, nils.pen_id)}


def test_a_text_without_a_name_asks_no_more_than_before(topic, guest, post):
    post("One.")
    with statements() as without:
        services.post_comment(author=guest, body="Two at example dot org", topic_id=topic.pk)
    with statements() as with_one:
        services.post_comment(author=guest, body="Three @nobody", topic_id=topic.pk)
    assert len(with_one) == len(without) + 1
    assert not any("mention" in one for one in without)


def test_the_preview_shows_the_mark(client, topic, post):
    post("One.")
    new = reverse("comment_new", args=[topic.pk])
    html = write(client, new, body="@Nils", preview="1").content.decode()
    assert '<b class="mention">@Nils</b>' in html
    assert not Mention.objects.exists()


def test_rendering_again_keeps_the_marks(post):
    post("One.")
    comment = post("@Nils *here*", author=a_guest("Mara"))
    CommentText.objects.update(html_version=0)
    before = comment.text.body_html
    render_some(0)
    comment.text.refresh_from_db()
    assert comment.text.body_html == before
    assert comment.text.html_version == markup.HTML_VERSION


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_while_the_text_is_on_its_way_does_not_lose_it(topic, guest, monkeypatch):
    gone = {"Ghost": [Person(10**9, None)]}
    monkeypatch.setattr("forum.discussions.services.wording.people_meant", lambda *_: gone)
    posted = services.post_comment(author=guest, body="@Ghost, hello", topic_id=topic.pk)
    assert Comment.objects.get().pk == posted.comment.pk
    assert not Mention.objects.exists()


# ---------------------------------------------------------------------------------- and later on


@pytest.fixture
def named(topic, post, member):
    """A comment that names a member and a guest: (comment, the member, the guest's pen)."""
    services.post_comment(author=services.Author(member=member), body="I am.", topic_id=topic.pk)
    mara = post("One.", author=a_guest("Mara"))
    return post("@Sunniva and @Mara"), member, mara.pen


def test_erasing_a_comment_takes_its_mentions(named):
    comment, _member, _pen = named
    services.erase_comment(comment_id=comment.pk, by=None)
    assert not Mention.objects.exists()


def test_purging_a_branch_takes_its_mentions(named):
    comment, _member, _pen = named
    services.purge_branch(comment_id=comment.pk, by=None)
    assert not Mention.objects.exists()


def test_who_leaves_is_no_longer_named(named):
    comment, member, pen = named
    services.erase_member(member_id=member.pk, by=None, how=User.Leaving.KEEP)
    assert told(comment) == {(None, pen.pk)}


def test_a_branch_that_moves_takes_its_mentions_along(named):
    comment, member, pen = named
    other = services.open_topic(title="Elsewhere", by=None)
    services.move_thread(thread_id=comment.thread_id, topic_id=other.pk, by=None)
    assert told(comment) == {(member.pk, None), (None, pen.pk)}


def test_a_claimed_pens_mentions_become_the_members_and_go_back(named, member):
    comment, _member, pen = named
    alone = services.post_comment(
        author=a_guest("Jo"), body="@Mara alone", topic_id=comment.thread.topic_id
    ).comment
    services.claim_pen(pen_id=pen.pk, by=Reader(user=member))
    assert told(comment) == {(member.pk, None), (None, pen.pk)}  # named once already
    assert told(alone) == {(member.pk, pen.pk)}
    services.unclaim(by=Reader(user=member))
    assert told(alone) == {(None, pen.pk)}


def test_a_settled_claim_leaves_the_mention_to_the_member(named, member, monkeypatch):
    _comment, _member, pen = named
    alone = services.post_comment(
        author=a_guest("Jo"), body="@Mara alone", topic_id=Topic.objects.get().pk
    ).comment
    services.claim_pen(pen_id=pen.pk, by=Reader(user=member))
    Claim.objects.update(at=Comment.objects.earliest("pk").created_at - timedelta(days=2))
    forget_claims()
    assert not Pen.objects.filter(pk=pen.pk).exists()
    assert told(alone) == {(member.pk, None)}


def test_the_database_refuses_a_mention_of_nobody(post):
    comment = post("One.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Mention.objects.create(comment=comment)


# ------------------------------------------------------------------------------------ while one types


def offered(client, topic, query=""):
    return client.get(reverse("names", args=[topic.pk]), {"q": query})


def test_at_most_eight_names_of_this_talk_are_offered_who_spoke_last_first(client, topic, post):
    for number in range(10):
        post(author=a_guest(f"Guest {number}"))
    answer = offered(client, topic)
    assert answer.json() == {"names": [f"Guest {number}" for number in range(9, 1, -1)]}
    assert answer.headers["Cache-Control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("zo", ["Zoë"]),
        ("ZOË", ["Zoë"]),
        ("gol", ["la Golondrina"]),
        ("la g", ["la Golondrina"]),
        ("мар", ["Мария"]),
        ("l", ["Lena", "la Golondrina"]),
        ("ndrina", []),
    ],
)
def test_a_name_is_found_by_how_its_words_begin_without_case_and_accents(query, names):
    assert matching(["Lena", "la Golondrina", "Zoë", "Мария"], query) == names


def test_names_of_held_comments_and_closed_accounts_are_not_offered(client, topic, post, member):
    services.post_comment(author=services.Author(member=member), body="I am.", topic_id=topic.pk)
    post("Here.", author=a_guest("Ghost"), state="held")
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert offered(client, topic).json() == {"names": []}
    assert people_meant("@Sunniva @Ghost", topic.pk) == {}


def test_a_hidden_talk_offers_no_names(client, topic, post):
    said = post("One.")
    Topic.objects.filter(pk=topic.pk).update(hidden_at=said.created_at)
    assert offered(client, topic).status_code == 404


def test_who_asks_too_often_waits(topic, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "names": [(1, 3600)]}
    client = Client()
    assert offered(client, topic).status_code == 200
    answer = offered(client, topic)
    assert (answer.status_code, answer.json()) == (429, {"names": []})
    assert int(answer.headers["Retry-After"]) > 0


def test_names_of_a_talk_that_stood_still_are_asked_once(client, topic, post):
    post("One.")
    offered(client, topic)
    with statements() as said:
        offered(client, topic, "n")
    assert len(said) == 1  # the topic and its version
