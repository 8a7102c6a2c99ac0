"""The logs in words: kinds under headings, and no code where a reason stands."""

import re
from itertools import chain

import pytest

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Decision, Event, State
from forum.moderation.public_log import ACTS
from forum.moderation.whys import HELD_FOR
from forum.moderation.words import WHAT, grouped, why
from tests.moderation.conftest import LIST, client_of, moderator

LOG = "/admin/discussions/event/"
DECISIONS = "/admin/discussions/decision/"
pytestmark = pytest.mark.django_db


def options(html, name):
    """Return {heading: [values]} of a select; "" for what stands under none."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)[0]
    found = {}
    for heading, inside in re.findall(
        r'<optgroup label="([^"]*)">(.*?)</optgroup>', select, re.DOTALL
    ):
        found[heading] = re.findall(r'value="([^"]*)"', inside)
    rest = re.sub(r"<optgroup.*?</optgroup>", "", select, flags=re.DOTALL)
    return {"": re.findall(r'value="([^"]*)"', rest), **found}


def test_every_kind_stands_under_one_heading():
    found = [verb for _heading, some in grouped(WHAT) for verb, _words in some]
    assert sorted(found) == sorted(WHAT)
    for _heading, some in grouped(WHAT):
        assert [words for _verb, words in some] == sorted(words for _verb, words in some)
    assert grouped({"fold"}) == [("Branches", [("fold", "folded, with all below it")])]


def test_the_logs_list_kinds_under_headings_and_keep_what_was_chosen(client, say):
    ines = moderator()
    services.moderate(comment_id=say().pk, verb="hold", by=Reader(user=ines))
    answer = client_of(ines).get(f"{LOG}?kind=hold&actor={ines.pk}")
    html = answer.content.decode()
    kinds = options(html, "kind")
    assert kinds.pop("") == ["", "staff"]
    assert list(kinds) == ["Comments", "Branches", "Talks", "People", "Reports and appeals",
                           "Films, imports and rules", "What people do themselves"]  # fmt: skip
    assert sorted(chain(*kinds.values())) == sorted(WHAT)
    assert re.findall(r'value="(\w+)" selected', html) == ["hold"]
    assert f'<input type="hidden" name="actor" value="{ines.pk}">' in html
    assert [row.verb for row in answer.context["cl"].result_list] == ["hold"]

    html = client.get("/moderation/log/?act=hold").content.decode()
    acts = options(html, "act")
    assert acts.pop("") == [""]
    assert list(acts) == ["Comments", "Branches", "Talks", "People", "Reports and appeals"]
    assert sorted(chain(*acts.values())) == sorted(set(ACTS) & set(WHAT))
    assert 'value="hold" selected' in html


def test_what_a_check_held_is_told_in_words_wherever_it_is_told(say, topic):
    ines = moderator()
    services.set_topic(topic_id=topic.pk, by=None, all_held=True)
    comment = say(state="held")
    assert (comment.state, comment.reason) == ("held", "topic")
    services.moderate(comment_id=comment.pk, verb="approve", by=Reader(user=ines))
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=Reader(user=ines))
    client, words = client_of(ines), "What is written in this talk is read first."
    rows = {row.verb: why(row) for row in Event.objects.filter(comment_id=comment.pk)}
    assert rows == {"post": words, "approve": "", "undo": words}
    for page in (LOG, f"{LIST}{comment.pk}/change/"):
        html = client.get(page).content.decode()
        assert words in html
        assert ">topic<" not in html
        assert ": topic" not in html
    assert client.get(DECISIONS).status_code == 200


def test_no_reason_is_told_by_its_code():
    for code in HELD_FOR:
        for verb in ("post", "undo", "edit-held"):
            said = why(Event(verb=verb, after=State.HELD, reason=code))
            assert said.endswith("."), code
    assert why(Event(verb="post", after="held", reason="own")) == "The check “own” holds it."
    assert why(Event(verb="edit", reason="language")) == "its language was changed"
    assert why(Event(verb="rollback", reason="Export of May")) == "Export of May"
    assert why(Event(verb="hold", after="held")) == ""
