"""Letters to guests leave out what they muted: their pen keeps it beside their address, and no longer."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.accounts import addresses, recovery
from forum.accounts.models import Pen
from forum.accounts.readers import Reader
from forum.discussions import mailing, muted, services
from forum.discussions.models import Claim, Notice
from forum.discussions.muted import Kept
from forum.discussions.services import people, telling
from forum.worker.models import Letter
from tests.discussions.conftest import write
from tests.discussions.people import author, guest, person
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
COOKIE = site.MUTED_COOKIE_NAME


@pytest.fixture
def nils(db):
    """A guest with a confirmed address: (their author, their browser)."""
    who, secret = guest("Nils")
    client = Client()
    client.cookies[site.PEN_COOKIE_NAME] = secret
    return who, client


@pytest.fixture
def post(by_smtp, work):
    """post() -> to whom letters went about what is new, by the worker and the server."""

    def deliver():
        before = len(by_smtp.taken)
        queue()
        work()
        return [to for to, _text in by_smtp.taken[before:]]

    return deliver


def queue():
    while telling.tell_news() or mailing.queue_letters():
        pass


def say(text, who, under=None, topic=None):
    where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
    return services.post_comment(author=who, body=text, **where).comment


def kept():
    """Return what the server keeps of the one pen's mutes; None for nothing."""
    return muted.read(Pen.objects.get().muted or None)


# ---------------------------------------------------------------------------------------- the letters


@pytest.mark.parametrize("how", ["a member", "a guest", "words"])
def test_what_a_guest_muted_comes_by_no_letter(post, topic, bruno, nils, how):
    who, client = nils
    other = guest("Jo")[0] if how == "a guest" else author(bruno)
    first = say("By another.", other, topic=topic)
    mine = say("By Nils.", who, topic=topic)
    say("A harbour, you say?", other, mine)
    assert post() == [["nils@example.org"]]
    if how == "words":
        client.post("/account/muted/", {"words": "harbour"})
    else:
        client.post(f"/comments/{first.pk}/mute/")
    say("The harbour again.", other, mine)
    assert post() == []
    assert Notice.objects.count() == 1
    say("A word of somebody else's.", author(person("Wim")), mine)
    assert post() == [["nils@example.org"]]
    client.post("/account/muted/", {"end": ".harbour" if how == "words" else first.pk})
    say("That harbour, once more.", other, mine)
    assert post() == [["nils@example.org"]]


@pytest.mark.parametrize("how", ["author", "words"])
def test_what_was_muted_after_the_letter_was_queued_is_not_sent(
    by_smtp, work, topic, bruno, nils, how
):
    who, client = nils
    answer = say("A harbour?", author(bruno), say("By Nils.", who, topic=topic))
    queue()
    assert Letter.objects.get().state == "queued"
    if how == "words":
        client.post("/account/muted/", {"words": "harbour"})
    else:
        client.post(f"/comments/{answer.pk}/mute/")
    work()
    assert (by_smtp.taken, Letter.objects.count()) == ([], 0)


def test_what_was_muted_before_a_letter_is_tried_again_is_not_sent(
    by_smtp, work, topic, bruno, nils
):
    who, client = nils
    by_smtp.answers["RCPT"] = "450 4.2.1 come again later"
    say("A harbour?", author(bruno), say("By Nils.", who, topic=topic))
    queue()
    work()
    by_smtp.answers.clear()
    client.post("/account/muted/", {"words": "harbour"})
    hour = timedelta(hours=1)
    Letter.objects.update(next_at=timezone.now() - hour)
    DBTaskResult.objects.update(run_after=timezone.now() - hour)
    work()
    assert (by_smtp.taken, Letter.objects.count()) == ([], 0)


def test_an_author_stays_muted_in_letters_when_they_claim_what_they_wrote(post, topic, bruno, nils):
    who, client = nils
    jo, _secret = guest("Jo")
    client.post(f"/comments/{say('By Jo.', jo, topic=topic).pk}/mute/")
    services.claim_pen(pen_id=jo.pen.pk, by=Reader(user=bruno))
    mine = say("By Nils.", who, topic=topic)
    say("By Jo, a member by now.", author(bruno), mine)
    assert post() == []


def test_telling_asks_once_for_all_guests_and_not_at_all_where_nobody_muted(
    mails, topic, bruno, nils
):
    who, client = nils
    more = [guest(name)[0] for name in ("Ada", "Bea")]
    for one in (who, *more):
        services.follow(by=Reader(pen=one.pen), topic_id=topic.pk)
    before = told_with(say("One.", author(bruno), topic=topic))
    vera = say("Of another.", author(person("Vera")), topic=topic)
    queue()
    client.post(f"/comments/{vera.pk}/mute/")
    Pen.objects.exclude(email="").update(muted=Pen.objects.get(name="Nils").muted)
    assert told_with(say("Two.", author(bruno), topic=topic)) == before + 1


def told_with(comment):
    with statements() as said:
        telling.tell(comment.pk)
    assert Notice.objects.filter(comment=comment).count() == 3
    return len(said)


# --------------------------------------------------------------------------- what the server keeps, and when


def test_only_of_guests_with_an_address(topic, bruno):
    client = Client()
    assert write(client, f"/topics/{topic.pk}/comments/new/", body="One.").status_code == 302
    client.post("/account/muted/", {"words": "harbour"})
    assert kept() is None
    assert "with your address" not in client.get("/account/muted/").content.decode()


def test_what_was_muted_before_there_was_an_address_is_kept_with_it(topic, mails):
    """So that it does not matter in which browser the link of the letter is opened."""
    client, form = Client(), f"/topics/{topic.pk}/comments/new/"
    client.post("/account/muted/", {"words": "harbour"})
    write(client, form, body="One.")
    assert kept() is None
    write(client, form, body="Two.", email="nils@example.org")
    assert kept() == Kept((), ("harbour",))
    elsewhere = Client().post(f"/mail/confirm/{addresses.confirm_token(Pen.objects.get())}/")
    assert elsewhere.status_code == 200
    assert Pen.objects.get().email_confirmed_at
    assert kept() == Kept((), ("harbour",))
    assert "with your address" in client.get("/account/muted/").content.decode()


def test_each_change_is_kept_and_reading_keeps_nothing(topic, bruno, nils):
    _who, client = nils
    said = say("By another.", author(bruno), topic=topic)
    client.get("/account/muted/")
    client.post("/account/muted/", {"words": "harbour"})
    client.post(f"/comments/{said.pk}/mute/")
    assert kept() == Kept((said.pk,), ("harbour",))
    client.post("/account/muted/", {"end": ".harbour"})
    assert kept() == Kept((said.pk,))
    client.post("/account/muted/", {"end": said.pk})
    assert kept() is None
    client.cookies[COOKIE] = muted.written(Kept((), ("sea",)))
    client.get(topic.get_absolute_url())
    assert kept() is None


def test_posting_says_nothing_more_but_where_the_cookie_says_something_new(topic, nils, settings):
    settings.RATE_LIMITS_ON = False
    _who, client = nils
    form = f"/topics/{topic.pk}/comments/new/"

    def posted(body):
        with statements() as said:
            assert write(client, form, body=body, email="nils@example.org").status_code == 302
        return sum(one.startswith('UPDATE "accounts_pen"') for one in said)

    posted("The first takes the name of the form.")
    assert posted("One.") == 0
    client.post("/account/muted/", {"words": "harbour"})
    assert posted("Two.") == 0
    client.cookies[COOKIE] = muted.written(Kept((), ("sea",)))
    assert posted("Three.") == 1
    assert kept() == Kept((), ("sea",))


@pytest.mark.parametrize("how", ["stop", "off", "emptied", "other", "forget", "erase"])
def test_it_goes_with_the_address_the_letters_or_the_browser(topic, nils, how):
    who, client = nils
    say("By Nils.", who, topic=topic)
    client.post("/account/muted/", {"words": "harbour"})
    assert kept()
    pen = Pen.objects.get()
    if how == "stop":
        addresses.stop(addresses.stop_token(pen))
    elif how == "off":
        Client().post(addresses.off_link(pen, "reply").removeprefix(site.SITE_URL))
    elif how in ("emptied", "other"):
        email = {"emptied": "", "other": "other@example.org"}[how]
        addresses.change_pen(pen, name="Nils", email=email)
    else:
        client.post("/my/forget/", {"comments": "keep" if how == "forget" else "erase"})
    assert not Pen.objects.exclude(muted="").exists()
    if how in ("stop", "off"):  # nor does it come again
        client.post("/account/muted/", {"words": "sea"})
        assert kept() is None


def test_a_claimed_pen_takes_it_along_when_it_goes(topic, bruno, nils):
    who, client = nils
    say("By Nils.", who, topic=topic)
    client.post("/account/muted/", {"words": "harbour"})
    services.claim_pen(pen_id=who.pen.pk, by=Reader(user=bruno))
    assert kept()  # for the day in which the claim can be undone
    people.forget_claims()
    assert Pen.objects.count() == 1
    Claim.objects.update(at=timezone.now() - timedelta(days=2))
    people.forget_claims()
    assert not Pen.objects.exists()


def test_the_database_keeps_no_mutes_without_an_address(nils):
    with pytest.raises(IntegrityError), transaction.atomic():
        Pen.objects.update(email="", muted="1.sea")


# ------------------------------------------------------------------------------- a pen in another browser


def test_a_pen_that_comes_back_brings_what_it_muted_and_keeps_what_is_muted_there(
    mails, topic, bruno, nils
):
    _who, client = nils
    said = say("By another.", author(bruno), topic=topic)
    client.post(f"/comments/{said.pk}/mute/")
    client.post("/account/muted/", {"words": "harbour"})
    there = Client()
    there.post("/account/muted/", {"words": "sea"})
    pen = Pen.objects.get()
    answer = there.post(recovery.back_path([pen]), {"pen": pen.public_id})
    assert answer.status_code == 302
    both = Kept((said.pk,), ("harbour", "sea"))
    assert muted.read(there.cookies[COOKIE].value) == both == kept()
    page = there.get("/account/muted/").content.decode()
    assert all(one in page for one in ("Bruno", "harbour", "sea"))
    client.post("/account/muted/", {"words": "fog"})  # the old browser has no pen any more
    assert kept() == both


def test_a_pen_that_muted_nothing_sets_no_cookie(mails, nils):
    there, pen = Client(), Pen.objects.get()
    answer = there.post(recovery.back_path([pen]), {"pen": pen.public_id})
    assert COOKIE not in answer.cookies


def test_of_too_much_for_one_browser_the_oldest_words_go(mails, nils):
    _who, client = nils
    for number in range(30):
        client.post("/account/muted/", {"words": f"here {number} {'海' * 6}"})
    there, pen = Client(), Pen.objects.get()
    for number in range(3):
        there.post("/account/muted/", {"words": f"there {number}"})
    there.post(recovery.back_path([pen]), {"pen": pen.public_id})
    words = muted.read(there.cookies[COOKIE].value).words
    assert words[-3:] == ("there 0", "there 1", "there 2")
    assert words[-4].startswith("here 29")
    assert len(words) <= 30


def test_the_privacy_page_says_so(client):
    page = re.sub(r"\s+", " ", client.get("/privacy/").content.decode())
    assert page.count("whom and which words you mute, too, so that no letter brings them") == 1
