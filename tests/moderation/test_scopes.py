"""Who may decide what: moderators of single films or categories there alone, nobody about themself."""

import re

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import URLPattern, URLResolver

from films.services import create_category, create_film
from films.services.merging import merge_films
from films.services.reverting import seen
from forum.accounts.models import User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, Decision, Event, Topic
from forum.moderation import claims
from forum.moderation.acts import ACTS
from forum.moderation.decisions import VERBS
from forum.moderation.models import Scope
from forum.moderation.person_acts import PERSON_ACTS
from forum.moderation.scopes import topics_of
from tests.moderation.conftest import LIST, client_of, member_of

pytestmark = pytest.mark.django_db
SCOPES = "/admin/moderation/scope/"


@pytest.fixture
def films():
    """Two films, one of Politics, each with a comment by Nils: {name: film}."""
    politics, history = create_category(name="Politics"), create_category(name="History")
    made = {
        "ours": create_film(title="Ours", category=politics, state="published"),
        "theirs": create_film(title="Theirs", category=history, state="published"),
    }
    for film in made.values():
        say(film.topic_id)
    return made


def say(topic_id, body="Something was said.", member=None):
    pen, _secret, _is_new = pen_with_secret("Nils", "Nils")
    author = services.Author(member=member) if member else services.Author(pen=pen, name="Nils")
    body = f"{body} {Comment.objects.count()}"
    return services.post_comment(author=author, body=body, topic_id=topic_id).comment


def on(film, state="public"):
    return Comment.objects.on_topic(film.topic_id).in_state(state).latest("pk")


def scoped(name="Olga", group="administrator", **part):
    """Return somebody who may do all that staff may, in one part of the site alone."""
    member = member_of(group, name)
    Scope.objects.create(member=member, **part)
    return User.objects.get(pk=member.pk)


def code_of(act, **kwargs):
    with pytest.raises(ValidationError) as caught:
        act(**kwargs)
    return caught.value.code


# ------------------------------------------------------------------------------------- which topics


def test_who_has_no_part_decides_everywhere_and_who_has_one_there_alone(films):
    ours, theirs = films["ours"].topic_id, films["theirs"].topic_id
    for member, wanted in (
        (member_of("moderator", "Ines"), (True, True)),
        (scoped("Vera", category=films["ours"].category), (True, False)),
        (scoped("Ada", film=films["theirs"]), (False, True)),
        (User.objects.create_superuser("Root"), (True, True)),
    ):
        by = Reader(user=member)
        assert (services.decides_in(by, ours), services.decides_in(by, theirs)) == wanted
    # A superuser's part narrows nothing: they could take it away themselves.
    root = User.objects.get(username="Root")
    Scope.objects.create(member=root, film=films["ours"])
    assert topics_of(User.objects.get(pk=root.pk)) is None


def test_a_further_category_counts_and_a_film_that_changes_its_shelf_changes_hands(films):
    by = Reader(user=scoped(category=films["ours"].category))
    film, politics = films["theirs"], films["ours"].category
    assert not services.decides_in(by, film.topic_id)
    film.categories.add(politics)
    assert services.decides_in(by, film.topic_id)
    film.categories.clear()
    type(film).objects.filter(pk=film.pk).update(category=politics)
    assert services.decides_in(by, film.topic_id)


def test_the_lobby_is_nobodys_part(films):
    topic = services.open_topic(title="Rain", by=None)
    assert not services.decides_in(Reader(user=scoped(film=films["ours"])), topic.pk)


def test_a_merged_film_leads_on_to_the_talk_that_took_its_own_in(films):
    root = User.objects.create_superuser("Root")
    by = Reader(user=scoped(film=films["ours"]))
    film, into = films["ours"], films["theirs"]
    merge_films(film=film, into=into, shown=seen(film, into), by=root)
    assert services.decides_in(by, into.topic_id)


def test_appeals_are_decided_by_whoever_decides_in_that_part(films):
    ruth = Reader(user=User.objects.create_superuser("Ruth"))
    author, appeals = User.objects.create_user("Sunniva"), {}
    for name, film in films.items():
        comment = say(film.topic_id, "They know nothing.", author)
        services.moderate(comment_id=comment.pk, verb="remove", by=ruth, reason="unkind")
        by = Reader(user=author)
        appeals[name] = services.appeal(comment_id=comment.pk, by=by, words=f"Mine, {name}.")
    olga = scoped("Olga", "moderator", film=films["ours"])
    client = client_of(olga)
    shown = client.get(f"{LIST}?tab=appeals").content.decode()
    assert "Mine, ours." in shown
    assert "Mine, theirs." not in shown
    assert "Mine, theirs." not in client.get("/admin/discussions/appeal/").content.decode()
    sent = {"outcome": "kept", "answer": "It stays."}
    for name, status in (("ours", 302), ("theirs", (403, 404))):
        page = f"/admin/discussions/appeal/{appeals[name].pk}/change/"
        found = client.post(page, sent).status_code
        assert found == status or found in (status if isinstance(status, tuple) else ())
        appeals[name].refresh_from_db()
        assert bool(appeals[name].decided_at) == (name == "ours")
    assert "Mine, theirs." not in client.get(page).content.decode()


def test_a_claim_on_a_comment_stays_when_its_film_goes_into_another(films):
    root = User.objects.create_superuser("Root")
    film, into = films["ours"], films["theirs"]
    comment = on(film)
    claims.take(comment_id=comment.pk, by=Reader(user=root))
    merge_films(film=film, into=into, shown=seen(film, into), by=root)
    other = Reader(user=member_of("moderator", "Ines"))
    assert claims.of_others([comment.pk], other)[comment.pk].member == root
    shown = client_of(other.user).get(f"{LIST}?tab=all").content.decode()
    assert "<bdi>Root</bdi> took it up" in shown


def test_a_part_whose_category_is_erased_is_about_nothing_and_not_about_all():
    category = create_category(name="Empty")
    member = scoped(category=category)
    category.delete()
    assert topics_of(User.objects.get(pk=member.pk)).count() == 0


def test_parts_go_with_their_member(films):
    member = scoped(film=films["ours"])
    services.erase_member(member_id=member.pk, by=None, how="delete")
    assert not Scope.objects.exists()


def test_parts_are_given_and_taken_by_superusers_alone_and_told_in_the_log(films):
    root = client_of(User.objects.create_superuser("Root"))
    ines = member_of("moderator", "Ines")
    sent = {"member": ines.pk, "film": films["ours"].pk}
    assert (
        client_of(member_of("administrator", "Greta")).post(f"{SCOPES}add/", sent).status_code
        == 403
    )
    assert root.post(f"{SCOPES}add/", sent).status_code == 302
    scope = Scope.objects.get()
    both = {**sent, "category": films["ours"].category.pk}
    assert root.post(f"{SCOPES}add/", both).status_code == 200
    assert root.get(SCOPES).status_code == 200
    assert client_of(ines).post(f"{SCOPES}{scope.pk}/delete/", {"post": "yes"}).status_code == 403
    root.post(f"{SCOPES}{scope.pk}/delete/", {"post": "yes"})
    assert not Scope.objects.exists()
    told = Event.objects.filter(member_id=ines.pk).order_by("pk").values_list("verb", flat=True)
    assert list(told) == ["scope", "scope-off"]


# ------------------------------------------------------------------------------- no act escapes


def addresses(patterns=None, before="/"):
    """Yield (address, name of its argument) of every page of the admin that is about one row."""
    patterns = admin.site.get_urls() if patterns is None else patterns
    for one in patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, text)
        elif isinstance(one, URLPattern):
            found = re.findall(r"<(?:\w+:)?(\w+)>", text)
            if len(found) == 1:
                yield "/admin" + re.sub(r"<[^>]+>", "{}", text), found[0]


def rows_elsewhere(film):
    """Return {what an argument or a model is called: id} of what a moderator of another film may not
    touch."""
    comment = on(film)
    by = Reader(user=User.objects.create_superuser("Root"))
    held = say(film.topic_id)
    services.moderate(comment_id=held.pk, verb="hold", by=by)
    decision = Decision.objects.latest("pk")
    member = User.objects.create_user("Sunniva")
    say(film.topic_id, member=member)
    return {
        "comment_id": comment.pk,
        "topic_id": film.topic_id,
        "decision_id": decision.pk,
        "person_id": {"person": member.pk, "guest": comment.pen_id},
        "member_id": member.pk,
        "block_id": 1,
    }


FILLED = {"reason": "unkind", "sure": "on", "part": "thing", "body": "New.", "words": "Words.",
          "verb": "remove", "do": "1", "locked": "on", "notice": "x", "hours": "24", "how": "delete",
          "outcome": "overturned", "answer": "No.", "minutes": "5"}  # fmt: skip


def test_no_page_about_one_row_lets_a_moderator_of_another_film_do_anything(films):
    """Every address of the admin about a comment, a talk, a decision or a person, those of acts that
    are yet to be written too, is closed by GET and by POST, and nothing is written."""
    rows = rows_elsewhere(films["theirs"])
    client = client_of(scoped(film=films["ours"]))
    before = (Event.objects.count(), list(Comment.objects.order_by("pk").values()))
    asked = []
    for address, name in addresses():
        row = rows.get(name)
        if isinstance(row, dict):
            row = row["guest" if "/guest/" in address else "person"]
        if row is None and name == "object_id" and "/discussions/comment/" in address:
            row = rows["comment_id"]
        if row is None and name == "object_id" and "/discussions/topic/" in address:
            row = rows["topic_id"]
        if row is None:
            continue
        path = address.format(row)
        asked.append(path)
        for method in ("get", "post"):
            data = FILLED if method == "post" else {}
            answer = getattr(client, method)(path, data)
            status = answer.status_code
            if status == 302 and (name == "object_id" or method == "get"):
                continue  # Django's own pages say that there is no such row, and write nothing
            if "/accounts/user/" in path and method == "get" and name == "object_id":
                continue  # senior staff read members; their acts are below
            assert status in (403, 404, 405), (method, path, status)
    assert len(asked) > len(ACTS) + len(PERSON_ACTS)
    assert (Event.objects.count(), list(Comment.objects.order_by("pk").values())) == before
    assert User.objects.get(username="Sunniva").is_active


def test_nor_do_the_lists_and_the_buttons_of_their_cards(films):
    elsewhere, own = on(films["theirs"]), on(films["ours"])
    client = client_of(scoped(film=films["ours"]))
    html = client.get(LIST, {"tab": "all"}).content.decode()
    assert f"{LIST}{own.pk}/change/" in html
    assert f"{LIST}{elsewhere.pk}/change/" not in html
    for verb in VERBS:
        bulk = {"index": 0, "action": verb, "reason": "unkind"}
        client.post(LIST, {**bulk, "_selected_action": [elsewhere.pk]})
        client.post(LIST, {"one": f"{verb}:{elsewhere.pk}", "reason": "unkind"})
    bulk = {"index": 0, "action": "remove", "reason": "unkind", "_selected_action": [own.pk]}
    client.post(f"{LIST}?tab=all", {**bulk, "select_across": "1"})
    assert Comment.objects.get(pk=elsewhere.pk).state == "public"
    assert Comment.objects.get(pk=own.pk).state == "removed"
    topics = client.get("/admin/discussions/topic/").content.decode()
    assert "Ours" in topics
    assert "Theirs" not in topics
    data = {"action": "lock", "_selected_action": [films["theirs"].topic_id], "index": 0}
    client.post("/admin/discussions/topic/", data)
    assert Topic.objects.get(pk=films["theirs"].topic_id).locked_at is None
    for page in ("event", "decision"):
        html = client.get(f"/admin/discussions/{page}/").content.decode()
        assert f"#{own.pk}" in html
        assert f"#{elsewhere.pk}" not in html
    assert client.get("/admin/discussions/topic/add/").status_code == 403
    for page in ("/admin/moderation/person/", "/admin/moderation/guest/", "/admin/accounts/block/"):
        assert client.get(page).status_code == 403
    # The rules hold all over the site.
    assert client.post("/admin/moderation/rulesversion/", FILLED).status_code == 403


def test_every_service_of_staff_asks_where_they_decide(films):
    """The rule stands in the services: whatever calls them, another film's moderator is refused."""
    theirs, mine = on(films["theirs"]), on(films["ours"])
    by = Reader(user=scoped(film=films["ours"]))
    base = services.text_version(theirs)
    root = Reader(user=User.objects.create_superuser("Root"))
    under = say(films["ours"].topic_id)
    services.moderate(comment_id=theirs.pk, verb="hold", by=root)
    decision = Decision.objects.latest("pk").pk
    here, there = films["ours"].topic_id, films["theirs"].topic_id
    sunniva = User.objects.create_user("Sunniva")
    person = Reader(user=sunniva)
    c = {"comment_id": theirs.pk, "by": by}
    for act, given in (
        (services.moderate, {**c, "verb": "approve"}),
        (services.decide_edit, {**c, "accept": True}),
        (services.redact_comment, {**c, "part": "said", "base": base}),
        (services.edit_as_staff, {**c, "body": "New.", "base": base}),
        (services.lock_branch, {**c, "locked": True}),
        (services.detach_branch, {**c}),
        (services.detach_branch, {"comment_id": mine.pk, "by": by, "topic_id": there}),
        (services.hide_branch, {**c, "reason": "illegal"}),
        (services.purge_branch, {**c, "reason": "illegal"}),
        (services.erase_comment, c),
        (services.move_thread, {"thread_id": theirs.thread_id, "topic_id": here, "by": by}),
        (services.move_thread, {"thread_id": mine.thread_id, "topic_id": there, "by": by}),
        (services.merge_thread, {"thread_id": theirs.thread_id, "under_id": under.pk, "by": by}),
        (services.merge_thread, {"thread_id": under.thread_id, "under_id": theirs.pk, "by": by}),
        (services.set_topic, {"topic_id": there, "by": by, "notice": "x"}),
        (services.rename_topic, {"topic_id": there, "by": by, "title": "x"}),
        (services.open_topic, {"title": "x", "by": by}),
        (services.undo, {"decision_id": decision, "by": by}),
        (services.suspend, {"member_id": sunniva.pk, "by": by, "reason": "hate"}),
        (services.reinstate, {"member_id": sunniva.pk, "by": by}),
        (services.erase_member, {"member_id": sunniva.pk, "by": by}),
        (services.warn, {"person": person, "by": by, "reason": "hate"}),
        (services.write_note, {"person": person, "by": by, "words": "x"}),
        (services.hold_person, {"person": person, "by": by, "held": True, "reason": "hate"}),
        (services.close_pen, {"pen_id": theirs.pen_id, "by": by, "reason": "hate"}),
        (
            services.remove_everything,
            {"person": Reader(pen=theirs.pen), "by": by, "reason": "spam"},
        ),
    ):
        assert code_of(act, **given) == "out-of-scope", act
    assert code_of(
        services.post_comment,
        author=services.Author(member=by.user),
        body="As one.",
        topic_id=there,
        as_moderator=True,
    ) == "not-moderator"  # fmt: skip
    posted = services.post_comment(
        author=services.Author(member=by.user), body="As one.", topic_id=here, as_moderator=True
    )
    assert posted.comment.kind == "moderator"


def test_in_their_own_part_they_decide_as_any_moderator(films):
    client = client_of(scoped(group="moderator", film=films["ours"]))
    comment = on(films["ours"])
    data = {"verb": "remove", "reason": "unkind"}
    assert client.post(f"{LIST}{comment.pk}/decision/", data).status_code == 302
    assert Comment.objects.get(pk=comment.pk).state == "removed"
    decision = Decision.objects.latest("pk")
    assert client.post(f"/admin/discussions/decision/{decision.pk}/undo/").status_code == 302
    assert Comment.objects.get(pk=comment.pk).state == "public"


# --------------------------------------------------------------------------- nobody about themself


@pytest.mark.parametrize("role", ["moderator", "senior", "administrator", "superuser"])
def test_nobody_decides_about_their_own_comment(role, films):
    member = (
        User.objects.create_superuser("Olga") if role == "superuser" else member_of(role, "Olga")
    )
    mine = say(films["ours"].topic_id, "By a moderator.", member=member)
    client = client_of(member)
    offered = client.get(f"{LIST}{mine.pk}/change/").content.decode()
    assert 'value="hold"' not in offered
    assert f"{LIST}{mine.pk}/redact/" not in offered
    assert f'value="remove:{mine.pk}"' not in client.get(LIST).content.decode()
    before = Event.objects.count()
    for verb in ("hold", "remove", "spam"):
        data = {"verb": verb, "reason": "unkind"}
        answer = client.post(f"{LIST}{mine.pk}/decision/", data)
        assert answer.status_code == 403, verb
        assert "this comment is yours: another moderator decides" in answer.content.decode()
        assert (
            client.post(LIST, {"one": f"{verb}:{mine.pk}", "reason": "unkind"}).status_code == 403
        )
        client.post(
            LIST, {"index": 0, "action": verb, "reason": "unkind", "_selected_action": [mine.pk]}
        )
    for name, act in ACTS.items():
        if not act.is_for_own and act.may(Reader(user=member)):
            assert client.post(f"{LIST}{mine.pk}/{name}/", FILLED).status_code == 403, name
            assert client.get(f"{LIST}{mine.pk}/{name}/").status_code == 403, name
    assert Event.objects.count() == before
    assert Comment.objects.get(pk=mine.pk).state == "public"


def test_nor_takes_back_what_another_decided_about_it(films):
    member, other = member_of("senior", "Olga"), member_of("senior", "Ruth")
    mine = say(films["ours"].topic_id, "By a moderator.", member=member)
    services.moderate(comment_id=mine.pk, verb="remove", by=Reader(user=other), reason="unkind")
    decision = Decision.objects.latest("pk")
    address = f"/admin/discussions/decision/{decision.pk}/undo/"
    answer = client_of(member).post(address)
    assert answer.status_code == 403
    assert "This comment is yours" in answer.content.decode()
    assert client_of(other).post(address).status_code == 302
    assert Comment.objects.get(pk=mine.pk).state == "public"


def test_what_is_ones_own_one_still_edits_and_deletes_as_anybody(films):
    member = member_of("moderator", "Olga")
    mine = say(films["ours"].topic_id, "By a moderator.", member=member)
    client = client_of(member)
    sent = {"body": "Changed.", "base": services.text_version(mine)}
    assert client.post(f"/comments/{mine.pk}/edit/", sent).status_code == 302
    assert client.post(f"/comments/{mine.pk}/delete/").status_code == 302
