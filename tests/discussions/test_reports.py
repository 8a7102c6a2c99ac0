"""Reports: one a person and comment, what comes of them, and who never learns of it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader, hash_secret, pen_with_secret
from forum.discussions import page, services, tree
from forum.discussions.models import (
    REPORT_CHARS,
    Comment,
    CommentText,
    Decision,
    Event,
    Notice,
    Report,
    Topic,
)
from forum.discussions.options import Options
from forum.discussions.services import reporting
from forum.discussions.services.people import forget_claims

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
LAWFUL = {"words": "Section 5 of some law.", "contact": "nora@example.org", "in_good_faith": True}


def guest_reader(name="Vera"):
    return Reader(pen=pen_with_secret(f"secret of {name}", name)[0])


def report(comment, by, reason="unkind", **more):
    return services.report_comment(comment_id=comment.pk, by=by, reason=reason, **more)


def code_of(comment, by, reason="unkind", **more):
    with pytest.raises(ValidationError) as refusal:
        report(comment, by, reason, **more)
    return refusal.value.code


def now_of(comment):
    return Comment.objects.get(pk=comment.pk)


def decide(comment, verb, by, **more):
    return services.moderate(comment_id=comment.pk, verb=verb, by=by, **more)


def undo_last(by):
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=by)


def outcomes():
    return list(Report.objects.order_by("pk").values_list("outcome", flat=True))


# ------------------------------------------------------------------------------ one a person and comment


def test_what_one_reported_starts_folded_for_oneself_and_says_so(
    post, nora, topic, guest, as_staff
):
    comment, other = post("Unkind."), post("Kind.")
    reader = Client()
    reader.force_login(nora.user)
    before = reader.get(topic.get_absolute_url()).content.decode()
    services.report_comment(comment_id=comment.pk, by=nora, reason="unkind")
    html = reader.get(topic.get_absolute_url()).content.decode()
    assert before.count('<details class="low">') == 0
    article = html.split(f'id="c{comment.pk}"')[1].split("</article>")[0]
    assert '<details class="low"><summary><span class="folded">reported by you</span>' in article
    assert f'<a href="/comments/{comment.pk}/report/">reported by you</a>' in article
    assert html.count("reported by you") == 2
    own = reader.get(f"/comments/{comment.pk}/").content.decode()
    assert '<details class="low">' not in own
    assert f'<a href="/comments/{comment.pk}/report/">reported by you</a>' in own
    for somebody in (Client(), as_staff):
        assert "reported by you" not in somebody.get(topic.get_absolute_url()).content.decode()
    assert other.is_public


def test_a_report_is_kept_once_a_person_and_the_second_time_gives_the_first(post, nora):
    comment = post()
    first = report(comment, nora, words="It calls me names.")
    again = report(comment, nora, reason="spam", words="And it is spam.")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.report == first.report
    kept = Report.objects.get()
    assert (kept.reason, kept.words, kept.member) == ("unkind", "It calls me names.", nora.user)
    assert report(comment, guest_reader()).is_new
    assert Event.objects.filter(verb="report").count() == 2


def test_the_database_itself_refuses_a_second_report_of_a_person(post, nora):
    comment, pen = post(), guest_reader().pen
    for who in ({"member": nora.user}, {"pen": pen}):
        Report.objects.create(comment=comment, reason="spam", **who)
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.create(comment=comment, reason="unkind", **who)


@pytest.mark.django_db(transaction=True)
def test_pressed_by_four_at_once_it_is_one_report(post, nora):
    comment = post()

    def press(_number):
        try:
            return report(comment, nora).is_new
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]
    assert Report.objects.count() == 1


def test_the_event_of_a_report_names_nobody(post, nora):
    report(post(), nora)
    event = Event.objects.get(verb="report")
    assert (event.actor_id, event.pen_id, event.member_id) == (None, None, None)
    assert event.reason == "unkind"


@pytest.mark.parametrize("state", ["held", "spam", "removed", "deleted"])
def test_what_is_not_public_cannot_be_reported(post, nora, ruth, state):
    comment = post(state=state)
    for reader in (nora, guest_reader(), ruth):
        assert code_of(comment, reader) == "not-public"
    assert not Report.objects.exists()


def test_what_a_reader_cannot_see_is_not_there(post, nora, topic, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    services.set_topic(topic_id=topic.pk, by=None, all_held=True)
    assert code_of(post(), nora) == "comment-gone"
    services.set_topic(topic_id=topic.pk, by=None, all_held=False)
    comment = post()
    Topic.objects.filter(pk=topic.pk).update(hidden_at=timezone.now())
    assert code_of(comment, nora) == "comment-gone"
    assert code_of(Comment(pk=10**12), nora) == "comment-gone"


def test_nobody_reports_their_own(post, guest, member):
    comment = post()
    assert code_of(comment, Reader(pen=guest.pen)) == "own-comment"
    own = post(author=services.Author(member=member))
    assert code_of(own, Reader(user=member)) == "own-comment"
    assert code_of(comment, Reader(user=member), pen=guest.pen) == "own-comment"


def test_a_locked_talk_is_still_reported_in_and_a_closed_account_does_not_report(post, topic, nora):
    comment = post()
    Topic.objects.filter(pk=topic.pk).update(locked_at=timezone.now())
    assert report(comment, nora).is_new
    other = Reader(user=User.objects.create_user("Olga"))
    services.suspend(member_id=other.user.pk, by=None, reason="spam")
    assert code_of(comment, other) == "account-closed"


@pytest.mark.parametrize(
    ("reason", "more", "code"),
    [
        ("rude", {}, "reason-unknown"),
        ("", {}, "reason-unknown"),
        ("other", {"words": " \n "}, "words-missing"),
        ("unkind", {"words": "x" * (REPORT_CHARS + 1)}, "words-long"),
        ("unlawful", {**LAWFUL, "words": ""}, "words-missing"),
        ("unlawful", {**LAWFUL, "contact": ""}, "contact-missing"),
        ("unlawful", {**LAWFUL, "contact": "nora"}, "contact-wrong"),
        ("unlawful", {**LAWFUL, "in_good_faith": False}, "faith-missing"),
    ],
)
def test_what_a_report_lacks_is_said(post, nora, reason, more, code):
    assert code_of(post(), nora, reason, **more) == code


def test_what_may_be_unlawful_keeps_an_address_and_what_shows_the_abuse_of_children_needs_none(
    post, nora
):
    assert report(post(), nora, "unlawful", **LAWFUL).report.contact == "nora@example.org"
    bare = {**LAWFUL, "contact": "", "of_children": True}
    assert report(post(), nora, "unlawful", **bare).report.contact == ""
    assert report(post(), nora, "spam", contact="nora@example.org").report.contact == ""


# ------------------------------------------------------------------------------ what comes of it


@pytest.mark.parametrize(
    ("verb", "outcome", "is_due"),
    [
        ("approve", "declined", False),
        ("remove", "agreed", False),
        ("spam", "agreed", False),
        ("hold", "", True),
    ],
)
def test_a_decision_settles_the_reports_before_it_and_its_undo_opens_them(
    post, nora, ruth, verb, outcome, is_due
):
    comment = post()
    report(comment, nora)
    report(comment, guest_reader())
    assert now_of(comment).due_at
    decide(comment, verb, ruth, reason="unkind")
    assert outcomes() == [outcome, outcome]
    assert bool(now_of(comment).due_at) == is_due
    assert Report.objects.filter(event=None).count() == (2 if is_due else 0)
    undo_last(ruth)
    assert outcomes() == ["", ""]
    assert now_of(comment).is_public
    assert now_of(comment).due_at
    assert not Report.objects.exclude(event=None).exists()
    assert tree.check() == []


def test_nothing_wrong_changes_no_page_and_is_no_act_on_what_nobody_reported(
    post, nora, ruth, topic
):
    comment = post()
    Comment.objects.update(newcomer_at=None)  # or it would be looked at as somebody new wrote it
    with pytest.raises(ValidationError) as refusal:
        decide(comment, "approve", ruth)
    assert refusal.value.code == "wrong-state"
    report(comment, nora)
    before = Topic.objects.get(pk=topic.pk).version
    decide(comment, "approve", ruth)
    after = now_of(comment)
    assert (after.state, after.state_at, after.due_at) == ("public", comment.state_at, None)
    assert Topic.objects.get(pk=topic.pk).version == before
    event = Event.objects.latest("pk")
    assert (event.verb, event.before, event.after) == ("approve", "public", "public")
    # Undone after all, it is asked about anew.
    undo_last(ruth)
    assert (outcomes(), now_of(comment).state) == ([""], "public")
    decide(comment, "remove", ruth, reason="unkind")
    assert outcomes() == ["agreed"]


def test_who_was_slower_is_told_though_the_comment_looks_the_same(post, nora, ruth):
    comment = post()
    report(comment, nora)
    seen = services.seen_of(now_of(comment))
    decide(comment, "approve", ruth, seen=seen)
    with pytest.raises(ValidationError) as refusal:
        decide(comment, "remove", ruth, reason="unkind", seen=seen)
    assert refusal.value.code == "changed-meanwhile"


def test_held_reports_stay_open_until_somebody_decides(post, nora, ruth):
    comment = post()
    report(comment, nora)
    decide(comment, "hold", ruth)
    decide(comment, "remove", ruth, reason="unkind")
    assert outcomes() == ["agreed"]


def test_a_part_taken_out_and_an_edit_by_staff_agree(post, nora, ruth):
    for act in (
        lambda one: services.redact_comment(
            comment_id=one.pk, by=ruth, part="said", base=services.text_version(one)
        ),
        lambda one: services.edit_as_staff(
            comment_id=one.pk, by=ruth, body="Milder.", base=services.text_version(one)
        ),
    ):
        comment = post()
        report(comment, nora)
        act(comment)
        assert Report.objects.latest("pk").outcome == "agreed"
        assert now_of(comment).due_at is None
        undo_last(ruth)
        assert Report.objects.latest("pk").outcome == ""


def test_a_purge_agrees_about_its_top_and_says_nothing_of_what_stood_below(post, nora, ruth):
    top = post()
    below = post(under=top)
    report(top, nora)
    report(below, nora)
    services.hide_branch(comment_id=top.pk, by=ruth, reason="illegal")
    assert outcomes() == ["agreed", "void"]
    undo_last(ruth)
    assert outcomes() == ["", ""]
    assert all(one.due_at for one in Comment.objects.all())
    services.purge_branch(comment_id=top.pk, by=ruth)
    assert not Report.objects.exists()


def test_what_its_author_takes_back_waits_a_day_for_them_then_nothing_is_left_to_decide(
    post, nora, guest, monkeypatch
):
    comment, by = post(), Reader(pen=guest.pen)
    report(comment, nora)
    services.delete_comment(comment_id=comment.pk, by=by)
    assert (outcomes(), now_of(comment).due_at) == ([""], None)
    services.undelete_comment(comment_id=comment.pk, by=by)
    assert now_of(comment).due_at
    services.delete_comment(comment_id=comment.pk, by=by)
    reporting.settle_what_is_gone()
    assert outcomes() == [""]
    early = timezone.now() - timedelta(hours=25)
    Comment.objects.filter(pk=comment.pk).update(state_at=early)
    assert "1" in reporting.settle_what_is_gone()
    assert outcomes() == ["void"]
    assert not Notice.objects.exists()


def test_an_erased_comment_leaves_nothing_to_decide(post, nora, ruth):
    comment = post()
    report(comment, nora)
    services.erase_comment(comment_id=comment.pk, by=ruth)
    assert outcomes() == ["void"]


def test_reports_go_along_where_a_branch_moves_and_a_talk_goes_into_another(post, nora, ruth):
    top = post()
    comment = post(under=top)
    report(comment, nora)
    other = services.open_topic(title="Another", by=None)
    services.detach_branch(comment_id=comment.pk, by=ruth, topic_id=other.pk)
    assert now_of(comment).due_at
    third = services.open_topic(title="A third", by=None)
    services.move_talk(topic_id=other.pk, to_id=third.pk, by=None)
    decide(comment, "remove", ruth, reason="unkind")
    assert outcomes() == ["agreed"]


# ------------------------------------------------------------------------------ who is told what


def test_a_member_hears_what_came_of_it_and_no_more_when_it_is_taken_back(post, nora, ruth):
    comment = post()
    report(comment, nora)
    decide(comment, "remove", ruth, reason="unkind")
    notice = Notice.objects.get()
    assert (notice.member, notice.kind, notice.mail) == (nora.user, "report", "")
    nora.user.refresh_from_db()
    assert nora.user.unread == 1
    undo_last(ruth)
    nora.user.refresh_from_db()
    assert (Notice.objects.count(), nora.user.unread) == (0, 0)
    decide(comment, "approve", ruth)
    client = Client()
    client.force_login(nora.user)
    html = client.get("/inbox/").content.decode()
    assert "saw nothing against the rules" in html
    assert Notice.objects.count() == 1
    answer = client.post(f"/inbox/{Notice.objects.get().pk}/")
    assert answer.headers["Location"] == "/my/reports/"


def test_a_report_and_an_answer_to_the_same_comment_are_two_notices(post, nora, ruth, guest):
    mine = post(author=services.Author(member=nora.user))
    reply = post(under=mine)
    report(reply, nora)
    decide(reply, "approve", ruth)
    while services.telling.tell_news():
        pass
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["reply", "report"]


def test_a_guest_reads_what_came_of_it_on_a_page_of_their_pen(post, ruth):
    comment = post("They are all fools.")
    client = as_guest("Vera")
    assert client.post(f"/comments/{comment.pk}/report/", {"reason": "unkind"}).status_code == 302
    assert "waits for a moderator" in client.get("/my/reports/").content.decode().lower()
    decide(comment, "remove", ruth, reason="unkind")
    html = client.get("/my/reports/").content.decode()
    assert "A moderator agreed" in html
    assert "They are all fools" not in html  # what others do not read any more
    assert "agreed with you" in client.get(f"/comments/{comment.pk}/report/").content.decode()
    assert "reported nothing" in Client().get("/my/reports/").content.decode()


def test_the_author_never_learns_who_reported(post, nora, ruth, member, as_member):
    comment = post(author=services.Author(member=member))
    report(comment, nora, words="Secret words of mine.")
    decide(comment, "remove", ruth, reason="unkind")
    for address in (
        f"/comments/{comment.pk}/",
        "/my/comments/",
        "/inbox/",
        "/my/reports/",
        "/account/",
    ):
        html = as_member.get(address).content.decode()
        assert "Nora" not in html
        assert "Secret words" not in html
    assert as_member.get(f"/comments/{comment.pk}/report/").status_code == 404


# ------------------------------------------------------------------------------ on the site


def as_guest(name):
    client = Client()
    pen_with_secret(f"secret of {name}", name)
    client.cookies["pen"] = f"secret of {name}"
    return client


def test_the_page_reports_in_plain_posts_and_a_guest_gets_a_pen_by_it(post, topic):
    comment, client = post(), Client()
    talk = client.get(topic.get_absolute_url()).content.decode()
    assert f'<a href="/comments/{comment.pk}/report/">report</a>' in talk
    html = client.get(f"/comments/{comment.pk}/report/").content.decode()
    form = re.search(r'<form[^>]*data-form="report"[^>]*>', html)
    assert form
    submission = re.search(r'name="submission" value="([^"]+)"', html)[1]
    sent = {"reason": "spam", "words": "Twice now.", "submission": submission}
    for _twice in range(2):
        answer = client.post(f"/comments/{comment.pk}/report/", sent)
        assert answer.headers["Location"] == f"/comments/{comment.pk}/report/"
        if "pen" in answer.cookies:
            pen = answer.cookies["pen"].value
    client.cookies["pen"] = pen
    report_ = Report.objects.get()
    assert report_.pen == Pen.objects.get(secret_hash=hash_secret(pen))
    assert "Thank you" in client.get(f"/comments/{comment.pk}/report/").content.decode()


def test_what_is_refused_keeps_every_word_and_makes_no_pen(post):
    comment, client, count = post(), Client(), Pen.objects.count()
    address = f"/comments/{comment.pk}/report/"
    for sent, part in (
        ({"words": "Because <b>so</b>."}, "Please choose"),
        ({"reason": "rude", "words": "Because <b>so</b>."}, "Please choose"),
        ({"reason": "unlawful", "words": "Because <b>so</b>."}, "leave an e-mail address"),
        ({"reason": "unlawful", "words": "Because <b>so</b>.", "contact": "x"}, "looks like"),
        (
            {"reason": "unlawful", "words": "Because <b>so</b>.", "contact": "x@example.org"},
            "Please tick",
        ),
    ):
        answer = client.post(address, sent)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert part in html
        assert "Because &lt;b&gt;so&lt;/b&gt;." in html
        assert 'data-form="report"' in html
    assert Pen.objects.count() == count
    assert client.post(address, {"reason": "other"}).status_code == 422


def test_a_comment_that_went_while_one_typed_keeps_the_words(post):
    comment, client = post(), Client()
    decide(comment, "remove", ANYBODY, reason="unkind")
    address = f"/comments/{comment.pk}/report/"
    answer = client.post(address, {"reason": "unkind", "words": "He did it again."})
    assert answer.status_code == 409
    assert "He did it again." in answer.content.decode()
    assert client.get(address).status_code == 404
    assert client.post("/comments/999999/report/", {"reason": "unkind"}).status_code == 404


def test_reading_the_form_writes_nothing_and_ones_own_has_no_link(post, guest, topic):
    comment = post()
    client = Client()
    client.get(f"/comments/{comment.pk}/report/")
    assert not Report.objects.exists()
    assert Pen.objects.count() == 1
    secret = "mine"
    Pen.objects.filter(pk=guest.pen.pk).update(secret_hash=hash_secret(secret))
    client.cookies["pen"] = secret
    other = post(author=services.Author(pen=guest_reader().pen, name="Vera"))
    html = client.get(topic.get_absolute_url()).content.decode()
    assert f"/comments/{comment.pk}/report/" not in html
    assert f"/comments/{other.pk}/report/" in html
    assert "yours" in client.get(f"/comments/{comment.pk}/report/").content.decode()
    assert client.post(f"/comments/{comment.pk}/report/", {"reason": "spam"}).status_code == 403


def test_guests_are_limited_by_network_and_pen(post, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "report:author": [(2, 3600)]}
    client = as_guest("Limited")
    comments = [post() for _number in range(3)]
    answers = [
        client.post(f"/comments/{one.pk}/report/", {"reason": "spam", "words": "So."})
        for one in comments
    ]
    assert [one.status_code for one in answers] == [302, 302, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "So." in answers[2].content.decode()
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "report:network": [(1, 3600)]}
    first, second = (
        Client(REMOTE_ADDR="192.0.2.77").post(f"/comments/{one.pk}/report/", {"reason": "spam"})
        for one in comments[:2]
    )
    assert (first.status_code, second.status_code) == (302, 429)


def test_guests_report_where_they_may_not_write(post, settings):
    comment = post()
    settings.GUESTS = "closed"
    client = as_guest("Vera")
    assert client.post(f"/comments/{comment.pk}/report/", {"reason": "spam"}).status_code == 302


def test_one_who_reported_a_hundred_leafs_through_them(post, nora):
    Report.objects.bulk_create(
        Report(comment=post(), member=nora.user, reason="spam") for _number in range(55)
    )
    client = Client()
    client.force_login(nora.user)
    first = client.get("/my/reports/").content.decode()
    before = re.search(r"\?before=(\d+)", first)[1]
    rest = client.get(f"/my/reports/?before={before}").content.decode()
    ids = re.findall(r'id="r(\d+)"', first + rest)
    assert len(ids) == len(set(ids)) == 55


# ------------------------------------------------------------------------------ those who go


def test_reports_of_who_leaves_go_and_open_ones_stay_without_them(post, nora, ruth):
    settled, waits = post(), post()
    report(settled, nora)
    decide(settled, "remove", ruth, reason="unkind")
    report(waits, nora, "unlawful", **LAWFUL)
    services.erase_member(member_id=nora.user.pk, by=None, how="delete")
    left = Report.objects.get()
    assert (left.comment, left.member, left.pen, left.contact) == (waits, None, None, "")
    assert now_of(waits).due_at
    decide(waits, "approve", ruth)
    reporting.forget_contacts()
    assert Report.objects.get().words == ""


def test_reports_of_a_guest_who_is_erased_go_too(post, ruth):
    reader, settled = guest_reader(), post()
    report(settled, reader)
    decide(settled, "approve", ruth)
    report(post(), reader)
    services.forget_guest(pen=reader.pen, erase=True)
    assert Report.objects.get().pen is None
    assert not Pen.objects.filter(pk=reader.pen.pk).exists()


def test_a_claim_makes_a_guests_reports_the_members_and_none_is_of_their_own(post, member, guest):
    reader, by = guest_reader(), Reader(user=member)
    both, alone, own = post(), post(), post(author=services.Author(member=member))
    report(both, by)
    for comment in (both, alone, own):
        report(comment, reader)
    services.claim_pen(pen_id=reader.pen.pk, by=by)
    assert sorted(Report.objects.values_list("comment_id", "member_id")) == [
        (both.pk, member.pk),
        (alone.pk, member.pk),
    ]
    assert now_of(own).due_at is None
    services.claim_pen(pen_id=guest.pen.pk, by=by)  # who wrote what was reported
    assert not Report.objects.exists()
    assert now_of(both).due_at is None


def test_a_pen_that_reported_stays_until_its_reports_are_anothers(post):
    reader = guest_reader()
    report(post(), reader)
    services.people.forget_pens([reader.pen.pk])
    assert Pen.objects.filter(pk=reader.pen.pk).exists()
    forget_claims()


def test_addresses_are_emptied_half_a_year_after_the_decision(post, nora, ruth):
    comment = post()
    report(comment, nora, "unlawful", **LAWFUL)
    decide(comment, "remove", ruth, reason="illegal")
    reporting.forget_contacts()
    assert Report.objects.get().contact
    long_ago = timezone.now() - reporting.CONTACT_KEPT - timedelta(days=1)
    Report.objects.update(settled_at=long_ago)
    reporting.forget_contacts()
    assert Report.objects.get().contact == ""


def test_a_talk_on_one_page_says_report_at_each_comment(post, topic):
    comments = [post() for _number in range(3)]
    html = page.talk(Topic.objects.get(pk=topic.pk), Options()).html.decode()
    assert [int(pk) for pk in re.findall(r"/comments/(\d+)/report/", html)] == [
        one.pk for one in comments
    ]
    Topic.objects.filter(pk=topic.pk).update(locked_at=timezone.now(), version=99)
    html = page.talk(Topic.objects.get(pk=topic.pk), Options()).html.decode()
    assert "/report/" in html
    assert not CommentText.objects.filter(body="")


def test_the_privacy_page_tells_of_reports_and_appeals(client):
    html = " ".join(client.get("/privacy/").content.decode().split())
    for words in (
        "If you report a comment",
        "If you appeal",
        "emptied 180 days after the decision",
    ):
        assert html.count(words) == 1
    assert reporting.CONTACT_KEPT.days == 180
