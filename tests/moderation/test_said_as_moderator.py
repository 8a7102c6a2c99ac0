"""A reply marked as a moderator's."""

from django.test import Client

from forum.discussions import services
from forum.discussions.models import Comment
from tests.moderation.acting import code_of, post
from tests.moderation.conftest import client_of, moderator, person


def test_a_moderator_says_it_as_one_and_every_reader_sees_the_word(topic, sunniva):
    ines = client_of(moderator())
    assert 'name="as_moderator"' in ines.get(f"/topics/{topic.pk}/comments/new/").content.decode()
    post(ines, topic, "Please be kind.", as_moderator="on")
    post(ines, topic, "As anybody.")
    assert list(Comment.objects.order_by("pk").values_list("kind", flat=True)) == ["moderator", ""]
    html = Client().get(f"/lobby/{topic.pk}/").content.decode()
    assert html.count('<b class="tag">moderator</b>') == 1
    hers = client_of(sunniva)
    assert (
        'name="as_moderator"' not in hers.get(f"/topics/{topic.pk}/comments/new/").content.decode()
    )
    post(hers, topic, "I rule here.", as_moderator="on")
    assert Comment.objects.latest("pk").kind == ""


def test_nobody_else_says_something_as_a_moderator(topic, sunniva, nils):
    for author in (
        services.Author(member=sunniva),
        services.Author(pen=nils, name="Nils"),
        services.Author(member=person("Olga")),
    ):
        given = {"author": author, "body": "Mine.", "topic_id": topic.pk, "as_moderator": True}
        assert code_of(services.post_comment, **given) == "not-moderator"


def test_the_word_costs_a_page_nothing_where_nobody_says_it(say, topic):
    comment = say("Plain.")
    assert b">moderator</b>" not in Client().get(f"/lobby/{topic.pk}/").content
    assert comment.kind == ""
