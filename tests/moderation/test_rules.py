"""The rules in force: which place goes before which, and how a process hears of a change."""

import subprocess
import sys
from dataclasses import replace

import pytest
from django.db import connection

from films.models import Film
from films.services import create_category, create_film, merge_films, seen, undo_merge
from forum.accounts.models import User
from forum.accounts.readers import pen_with_secret
from forum.discussions import checks, services
from forum.discussions.models import Comment
from forum.moderation import rule_forms, rules, trying
from forum.moderation.models import RulesVersion
from forum.moderation.rules import Place, Ruleset
from tests.lanes import plain_environment
from tests.moderation.test_checks import GUEST
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def put():
    """put(places…, **rules): let these rules be in force from now on."""

    def put_one(*places, **changes):
        return RulesVersion.objects.create(values=Ruleset(places=places, **changes).values)

    return put_one


@pytest.fixture
def film():
    return create_film(title="Night Mail", category=create_category(name="Post"), state="published")


def in_force(topic_id, parent_id=None):
    return rules.of_draft(replace(GUEST, topic_id=topic_id, parent_id=parent_id))


def test_nothing_is_stored_until_somebody_changes_a_rule(topic):
    assert in_force(topic.pk) == rules.as_shipped()
    assert rules.in_force() == (None, Ruleset())


def test_a_version_is_read_back_as_it_was_written_and_what_it_does_not_know_is_left_out():
    ruleset = Ruleset(
        banned_words="casino", links_new=0, places=(Place("topic", 3, guests="hold", slow_s=60),)
    )
    assert Ruleset.of(ruleset.values) == ruleset
    assert Ruleset.of({"links_new": 2, "of another release": 1}) == Ruleset(links_new=2)


def test_a_narrower_place_wins_where_it_says_something(film, put, settings):
    settings.GUESTS = "open"
    put(
        Place("category", film.category_id, guests="hold", slow_s=60, hold=True),
        Place("topic", film.topic_id, guests="closed", close_after_days=0),
        close_after_days=90,
        slow_s=5,
    )
    here = in_force(film.topic_id)
    assert (here.guests, here.slow_s, here.close_after_days, here.hold) == ("closed", 60, 0, True)
    other = create_film(title="Coal Face", category=film.category)
    there = in_force(other.topic_id)
    assert (there.guests, there.slow_s, there.close_after_days) == ("hold", 60, 90)
    lobby = services.open_topic(title="Anything else", by=None)
    assert in_force(lobby.pk).guests == "open"
    assert in_force(lobby.pk).slow_s == 5


@pytest.fixture
def merge():
    """merge(film, into) -> the merge; merge.undo(it) takes it back."""
    root = User.objects.create_superuser("Root")

    def fresh(*films):
        return [Film.objects.get(pk=film.pk) for film in films]

    def merge_one(film, into):
        film, into = fresh(film, into)
        return merge_films(film=film, into=into, shown=seen(film, into), by=root)

    def undo(merged):
        undo_merge(merge=merged, shown=seen(*fresh(merged.film, merged.into)), by=root)

    merge_one.undo = undo
    return merge_one


def test_what_is_said_of_a_merged_film_holds_for_the_one_it_went_into(film, put, merge):
    other = create_film(title="Night Mail, again", category=film.category, state="published")
    put(
        Place("topic", film.topic_id, guests="closed", slow_s=60, close_after_days=30),
        Place("topic", other.topic_id, slow_s=300),
        Place("category", film.category_id, guests="hold", hold=True),
    )
    assert in_force(other.topic_id).guests == "hold"
    merged = merge(film, other)
    here = in_force(other.topic_id)
    assert (here.guests, here.close_after_days, here.hold) == ("closed", 30, True)
    assert here.slow_s == 300  # what is said of the other itself goes before
    merge.undo(merged)
    there, here = in_force(film.topic_id), in_force(other.topic_id)
    assert (there.guests, there.slow_s, there.close_after_days) == ("closed", 60, 30)
    assert (here.guests, here.slow_s, here.close_after_days) == ("hold", 300, 0)


def test_it_holds_over_several_merges_and_the_nearest_goes_before(film, put, merge):
    second, third = (create_film(title=one, state="published") for one in ("Mail", "Night"))
    put(
        Place("topic", film.topic_id, guests="closed", slow_s=60),
        Place("topic", second.topic_id, guests="open"),
    )
    merge(film, second)
    assert in_force(second.topic_id).guests == "open"
    merge(second, third)
    here = in_force(third.topic_id)
    assert (here.guests, here.slow_s) == ("open", 60)


def test_a_trial_goes_by_what_is_said_of_a_merged_film_too(film, put, merge):
    other = create_film(title="Night Mail, again", state="published")
    merge(film, other)
    post(other.topic, "Somebody said something.")
    (past,) = trying.pasts(branches=False, talks=True)
    ruleset = Ruleset(places=(Place("topic", film.topic_id, guests="closed"),))
    assert past.merged == (film.topic_id,)
    assert trying.judge(past, ruleset).outcome == checks.REFUSE
    assert trying.judge(past, Ruleset()).outcome == checks.PUBLIC


def test_a_merged_film_costs_a_statement_only_where_films_have_rules(film, put, merge):
    other = create_film(title="Night Mail, again", state="published")
    put(links_new=2)
    merge(film, other)
    in_force(other.topic_id)
    with statements() as said:
        in_force(other.topic_id)
    assert len(said) == 1
    put(Place("topic", film.topic_id, guests="closed"))
    in_force(other.topic_id)
    with statements() as said:
        assert in_force(other.topic_id).guests == "closed"
    assert len(said) == 2


def test_rules_of_a_merged_film_stay_as_they_are_where_the_form_is_sent_again(film, put, merge):
    other = create_film(title="Night Mail, again", state="published")
    version = put(
        Place("topic", film.topic_id, guests="closed"), Place("topic", other.topic_id, slow_s=60)
    )
    merge(film, other)
    ruleset = Ruleset.of(version.values)
    assert rule_forms.without_gone(ruleset) == (ruleset, 0)
    for place, row in zip(ruleset.places, rule_forms.initial_places(ruleset), strict=True):
        form = rule_forms.PlaceForm(row)
        assert form.is_valid(), form.errors
        assert form.made() == place


def test_a_branch_has_rules_of_its_own_at_any_depth_and_takes_them_along(say, put):
    root, other = say(), say()
    below = say(under=say(under=root))
    put(Place("branch", root.pk, guests="closed"))
    topic_id = root.thread.topic_id
    assert in_force(topic_id, root.pk).guests == "closed"
    assert in_force(topic_id, below.pk).guests == "closed"
    assert in_force(topic_id, other.pk).guests == "open"
    assert in_force(topic_id).guests == "open"
    services.merge_thread(thread_id=root.thread_id, under_id=other.pk, by=None)
    assert in_force(topic_id, below.pk).guests == "closed"
    elsewhere = services.open_topic(title="Elsewhere", by=None)
    services.detach_branch(comment_id=root.pk, by=None, topic_id=elsewhere.pk)
    assert in_force(elsewhere.pk, below.pk).guests == "closed"
    services.detach_branch(comment_id=below.pk, by=None)
    assert in_force(elsewhere.pk, below.pk).guests == "open"


def test_the_innermost_branch_goes_before_those_around_it(say, put):
    root = say()
    below = say(under=root)
    put(Place("branch", root.pk, guests="closed"), Place("branch", below.pk, guests="hold"))
    assert in_force(root.thread.topic_id, root.pk).guests == "closed"
    assert in_force(root.thread.topic_id, below.pk).guests == "hold"


def test_what_a_branch_that_is_purged_said_is_forgotten_by_all_others(say, put):
    root, other = say(), say()
    put(Place("branch", root.pk, guests="closed"))
    services.purge_branch(comment_id=root.pk, by=None)
    assert in_force(other.thread.topic_id, other.pk).guests == "open"


def test_one_narrow_statement_asks_and_the_version_is_read_when_it_is_new(topic, put):
    put(links_new=2)
    assert in_force(topic.pk).links_new == 2
    with statements() as said:
        assert in_force(topic.pk).links_new == 2
    assert len(said) == 1
    put(links_new=7)
    with statements() as said:
        assert in_force(topic.pk).links_new == 7
    assert len(said) == 2


def test_a_reply_asks_once_more_where_some_branch_has_rules(say, put):
    one = say()
    put(Place("branch", one.pk, guests="hold"))
    in_force(one.thread.topic_id)
    with statements() as said:
        in_force(one.thread.topic_id)
    assert len(said) == 1
    with statements() as said:
        in_force(one.thread.topic_id, one.pk)
    assert len(said) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_another_process_hears_of_a_change_at_once(topic, put, settings):
    """A process that has read the rules is told by the next question that they changed."""
    words = (
        "import sys; from dataclasses import replace; from forum.moderation import rules;"
        "from tests.moderation.test_checks import GUEST;"
        f"ask = lambda: print(rules.of_draft(replace(GUEST, topic_id={topic.pk})).links_new, flush=True);"
        "[ask() for _line in sys.stdin]"
    )
    put(links_new=2)
    address = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}"
    environment = plain_environment(settings.MEDIA_ROOT) | {
        "DATABASE_URL": address.format(**connection.settings_dict)
    }
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", words]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def asked():
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        assert asked() == 2
        put(links_new=7)
        assert asked() == 7
        process.stdin.close()


def test_a_version_is_never_changed_and_never_deleted(put):
    version = put()
    with pytest.raises(TypeError):
        version.save()
    with pytest.raises(TypeError):
        version.delete()


def post(topic, body):
    author = services.Author(pen=pen_with_secret("", "Nils")[0], name="Nils")
    return services.post_comment(author=author, body=body, topic_id=topic.pk).comment


def test_posting_goes_by_them_and_keeps_what_each_check_said(topic, put):
    put(held_words="casino")
    comment = post(topic, "Buy at the casino.")
    assert (comment.state, comment.reason) == ("held", "word")
    comment.text.refresh_from_db()
    told = {one.name: one.outcome for one in checks.told(comment.text.checked)}
    assert told.pop("words") == "hold"
    assert set(told.values()) == {"public"}


def test_rules_that_cannot_be_told_are_those_as_shipped(topic, monkeypatch, caplog):
    def away(draft):
        raise RuntimeError("away")

    monkeypatch.setattr(rules, "of_draft", away)
    assert post(topic, "A plain word.").state == "public"
    assert "rules could not be told" in caplog.text
    assert Comment.objects.count() == 1
