"""Commands that keep the talk: tick and rerender (check_trees and repair_trees: test_check_repair)."""

from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import services, upkeep
from forum.discussions.models import Comment, CommentText, Revision, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


def told(capsys, name):
    """Run a command; return the lines that it prints."""
    call_command(name)
    return capsys.readouterr().out.splitlines()


def test_a_tick_empties_network_keys_after_30_days_and_no_sooner(topic, guest, capsys):
    for at, days in enumerate((29, 31, 400)):
        then = timezone.now() - timedelta(days=days)
        with mock.patch("django.utils.timezone.now", return_value=then):
            services.post_comment(
                author=guest, body=f"Word {at}", topic_id=topic.pk, network_key="k" * 24
            )
    assert told(capsys, "tick")[0] == "network keys older than 30 days: 2 emptied"
    keys = CommentText.objects.order_by("pk").values_list("network_key", flat=True)
    assert list(keys) == ["k" * 24, "", ""]
    assert told(capsys, "tick")[0] == "network keys older than 30 days: 0 emptied"
    assert Comment.objects.count() == 3


def test_a_tick_empties_more_keys_than_it_takes_at_once(topic, guest, monkeypatch):
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    then = timezone.now() - timedelta(days=31)
    with mock.patch("django.utils.timezone.now", return_value=then):
        for at in range(5):
            services.post_comment(
                author=guest, body=f"Word {at}", topic_id=topic.pk, network_key="k" * 24
            )
    assert "5 emptied" in upkeep.forget_network_keys()


def test_a_tick_deletes_the_sessions_that_have_ended_alone(capsys):
    for seconds in (-60, 60):
        store = SessionStore()
        store.set_expiry(seconds)
        store.save()
    assert told(capsys, "tick")[1] == "sessions that have ended: 1 deleted"
    assert Session.objects.count() == 1
    assert told(capsys, "tick")[1] == "sessions that have ended: 0 deleted"


def test_rerender_makes_what_older_rules_made_and_raises_the_versions(
    topic, post, guest, monkeypatch, capsys
):
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    other = services.open_topic(title="Another", by=None)
    comments = [post(f"A *word* {at}") for at in range(5)]
    services.edit_comment(
        comment_id=comments[0].pk,
        by=Reader(pen=guest.pen),
        body="Two *words*",
        base=services.text_version(comments[0]),
    )
    newest = comments.pop().pk
    CommentText.objects.update(body_html="<p>old</p>", html_version=markup.HTML_VERSION - 1)
    CommentText.objects.filter(pk=newest).update(html_version=markup.HTML_VERSION)
    Revision.objects.update(body_html="<p>old</p>")
    before = {each.pk: each.version for each in Topic.objects.all()}
    assert told(capsys, "rerender")[-1] == f"4 texts made anew by rules {markup.HTML_VERSION}."
    html = dict(CommentText.objects.values_list("pk", "body_html"))
    assert html.pop(newest) == "<p>old</p>"
    assert all("<em>word" in each for each in html.values())
    assert "<em>word</em>" in Revision.objects.get().body_html
    after = {each.pk: each.version for each in Topic.objects.all()}
    assert after[topic.pk] > before[topic.pk]
    assert after[other.pk] == before[other.pk]
    assert told(capsys, "rerender")[-1] == f"0 texts made anew by rules {markup.HTML_VERSION}."
    assert {each.pk: each.version for each in Topic.objects.all()} == after
