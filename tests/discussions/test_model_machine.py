"""The stored trees against a plain Python model, over whatever people and staff may do in a row."""

from collections import defaultdict

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from forum.accounts.models import Pen
from forum.accounts.readers import Reader
from forum.discussions import checks, page, services, tree
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic
from forum.discussions.page import Options
from tests.discussions.pages import Articles

pytestmark = pytest.mark.django_db
ANY = st.integers(0, 10**6)  # taken modulo what there is
says = [checks.Verdict(checks.PUBLIC)]


def verdict(draft):
    return says[0]


class Node:
    """A comment of the model: its state, what it answers, and the replies in order of arrival."""

    def __init__(self, pk, state, ordinal, parent=None):
        self.pk, self.state, self.ordinal, self.parent = pk, state, ordinal, parent
        self.replies, self.given, self.before_delete = [], 0, None

    def below(self):
        """Yield the node and all below it, a parent before its replies."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.replies)

    def is_shown(self):
        return any(node.state == "public" for node in self.below())


class Talk(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        kept.clear()  # ids and versions begin again after a rollback
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.topics = [services.open_topic(title=name, by=None).pk for name in ("One", "Other")]
        self.roots, self.given = defaultdict(list), defaultdict(int)
        self.nodes, self.posted = [], 0
        self.former = {}  # (topic, ordinals): the comments on the way down to the one there once
        pen = Pen.objects.create(secret_hash="x", name="Nils")
        self.author, self.pen = services.Author(pen=pen, name="Nils"), Reader(pen=pen)

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def pick(self, number):
        return self.nodes[number % len(self.nodes)]

    def root_of(self, node):
        while node.parent:
            node = node.parent
        return node

    def topic_of(self, node):
        root = self.root_of(node)
        return next(pk for pk, roots in self.roots.items() if root in roots)

    def refused(self, act, **kwargs):
        """Return the code with which `act` refuses, or None."""
        try:
            self.answer = act(**kwargs)
        except ValidationError as error:
            return error.code
        return None

    # What people do

    @rule(
        topic=ANY, outcome=st.sampled_from([checks.PUBLIC, checks.PUBLIC, checks.HOLD, checks.SPAM])
    )
    def begin_a_thread(self, topic, outcome):
        topic_id = self.topics[topic % 2]
        comment = self.post(outcome, topic_id=topic_id)
        self.given[topic_id] += 1
        node = Node(comment.pk, comment.state, self.given[topic_id])
        self.roots[topic_id].append(node)
        self.nodes.append(node)

    def post(self, outcome, **where):
        says[0] = checks.Verdict(outcome)
        self.posted += 1
        body = f"Text {self.posted}"
        return services.post_comment(author=self.author, body=body, **where).comment

    @precondition(lambda self: self.nodes)
    @rule(number=ANY, outcome=st.sampled_from([checks.PUBLIC, checks.PUBLIC, checks.HOLD]))
    def reply(self, number, outcome):
        parent = self.pick(number)
        if parent.state != "public":
            code = self.refused(self.post, outcome=outcome, parent_id=parent.pk)
            assert code == f"parent-{parent.state}"
            return
        comment = self.post(outcome, parent_id=parent.pk)
        parent.given += 1
        node = Node(comment.pk, comment.state, parent.given, parent)
        parent.replies.append(node)
        self.nodes.append(node)

    @precondition(lambda self: self.nodes)
    @rule(number=ANY, verb=st.sampled_from(list(services.MODERATION)))
    def moderate(self, number, verb):
        node = self.pick(number)
        target, sources = services.MODERATION[verb]
        act = {"comment_id": node.pk, "verb": verb, "by": self.pen, "reason": "off-topic"}
        asked = Comment.objects.get(pk=node.pk).is_to_be_looked_at
        is_asked = verb == "approve" and node.state == "public" and asked
        code = self.refused(services.moderate, **act)
        assert code == (None if node.state in sources or is_asked else "wrong-state")
        if code is None:
            node.state = str(target)

    @precondition(lambda self: self.nodes)
    @rule(number=ANY)
    def take_back(self, number):
        node = self.pick(number)
        code = self.refused(services.delete_comment, comment_id=node.pk, by=self.pen)
        if node.state in {"public", "held"}:
            assert code is None
            node.before_delete, node.state = node.state, "deleted"
        else:
            assert code in {"wrong-state", "not-yours"}

    @precondition(lambda self: self.nodes)
    @rule(number=ANY)
    def bring_back(self, number):
        node = self.pick(number)
        code = self.refused(services.undelete_comment, comment_id=node.pk, by=self.pen)
        if node.state == "deleted":
            assert code is None
            node.state = node.before_delete
        else:
            assert code in {"wrong-state", "not-yours"}

    @precondition(lambda self: self.nodes)
    @rule(number=ANY)
    def erase(self, number):
        node = self.pick(number)
        code = self.refused(services.erase_comment, comment_id=node.pk, by=None)
        assert code == ("wrong-state" if node.state == "erased" else None)
        node.state = "erased"

    @precondition(lambda self: self.nodes)
    @rule(number=ANY)
    def purge(self, number):
        node = self.pick(number)
        gone = list(node.below())
        if node.parent:
            node.parent.replies.remove(node)
        else:
            self.roots[self.topic_of(node)].remove(node)
        assert services.purge_branch(comment_id=node.pk, by=None) == len(gone)
        self.nodes = [each for each in self.nodes if each not in gone]

    @precondition(lambda self: self.nodes)
    @rule(number=ANY, topic=st.one_of(st.none(), ANY))
    def detach(self, number, topic):
        node = self.pick(number)
        topic_id = self.topic_of(node) if topic is None else self.topics[topic % 2]
        asked = None if topic is None else topic_id
        code = self.refused(services.detach_branch, comment_id=node.pk, by=None, topic_id=asked)
        assert code == (None if node.parent else "already-thread")
        if node.parent:
            node.parent.replies.remove(node)
            self.given[topic_id] += 1
            node.parent, node.ordinal = None, self.given[topic_id]
            self.roots[topic_id].append(node)

    @precondition(lambda self: self.nodes)
    @rule(number=ANY, under=ANY)
    def merge(self, number, under):
        root, target = self.root_of(self.pick(number)), self.pick(under)
        thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=root.pk)
        act = {"thread_id": thread_id, "under_id": target.pk, "by": None}
        code = self.refused(services.merge_thread, **act)
        if self.root_of(target) is root:
            assert code == "same-thread"
            return
        assert code is None
        self.roots[self.topic_of(root)].remove(root)
        target.given += 1
        root.parent, root.ordinal = target, target.given
        target.replies.append(root)

    @precondition(lambda self: self.nodes)
    @rule(number=ANY, topic=ANY)
    def move(self, number, topic):
        root, target_id = self.root_of(self.pick(number)), self.topics[topic % 2]
        home_id = self.topic_of(root)
        thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=root.pk)
        act = {"thread_id": thread_id, "topic_id": target_id, "by": None}
        code = self.refused(services.move_thread, **act)
        assert code == ("same-topic" if target_id == home_id else None)
        if code is None:
            self.roots[home_id].remove(root)
            self.given[target_id] += 1
            root.ordinal = self.given[target_id]
            self.roots[target_id].append(root)

    # What is stored, against the model

    @invariant()
    def the_check_finds_nothing(self):
        assert tree.check() == []

    @invariant()
    def every_topic_is_as_in_the_model(self):
        for topic_id in self.topics:
            topic = Topic.objects.get(pk=topic_id)
            threads = list(topic.thread_set.order_by("ordinal"))
            assert [each.ordinal for each in threads] == [n.ordinal for n in self.roots[topic_id]]
            assert topic.threads_given == self.given[topic_id]
            for thread, root in zip(threads, self.roots[topic_id], strict=True):
                self.compare(thread, root)
            assert topic.comment_count == sum(each.comment_count for each in threads)

    def compare(self, thread, root):
        nodes = list(root.below())
        depths = {root.pk: 0}
        for node in nodes[1:]:
            depths[node.pk] = depths[node.parent.pk] + 1
        wanted = [
            (n.pk, n.parent.pk if n.parent else None, n.state, depths[n.pk], n.ordinal)
            for n in nodes
        ]
        stored = tree.rows_of([thread.pk])
        assert [(r.id, r.parent_id, r.state, r.depth, r.ordinal) for r in stored] == wanted
        assert thread.comment_count == sum(node.state == "public" for node in nodes)

    @invariant()
    def every_number_that_ever_was_leads_to_its_comment(self):
        """Unless one on the way was purged, and its steps with it."""
        alive = {node.pk for node in self.nodes}
        for (topic_id, ordinals), pks in self.former.items():
            if alive.issuperset(pks):
                assert tree.find_number(topic_id, ordinals).id == pks[-1]
        for node in self.nodes:
            way = self.way_to(node)
            ordinals = tuple(step.ordinal for step in way)
            self.former[self.topic_of(node), ordinals] = [step.pk for step in way]

    def way_to(self, node):
        way = []
        while node:
            way.insert(0, node)
            node = node.parent
        return way

    @precondition(lambda self: self.nodes)
    @rule(number=ANY)
    def a_number_leads_to_its_comment(self, number):
        node = self.pick(number)
        topic_id, ordinals = self.topic_of(node), [step.ordinal for step in self.way_to(node)]
        assert tree.find_number(topic_id, ordinals) == (node.pk, False)
        assert [step.ordinal for step in tree.ancestors(node.pk)] == ordinals

    @precondition(lambda self: self.nodes)
    @rule(topic=ANY)
    def the_page_shows_what_may_be_shown(self, topic):
        topic_id = self.topics[topic % 2]
        shown = page.talk(Topic.objects.get(pk=topic_id), Options()).html.decode()
        wanted = {
            node.pk
            for root in self.roots[topic_id]
            for node in root.below()
            if node.is_shown() and self.depth(node) <= 8
        }
        assert set(Articles(shown).ids) == wanted

    def depth(self, node):
        return 1 + self.depth(node.parent) if node.parent else 0


def test_stored_trees_behave_like_a_plain_model(settings_of_checks):
    run_state_machine_as_test(
        Talk,
        settings=settings(
            max_examples=20,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_of_checks(settings):
    settings.COMMENT_CHECKS = [f"{__name__}.verdict"]
    checks._load.cache_clear()
    yield
    checks._load.cache_clear()
