"""Every fault is found, and what parent_id still tells is mended (docs/decisions/0001, bar B12)."""

import io

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from forum.discussions import tree
from forum.discussions.models import Comment, Thread, Topic
from tests.discussions.judge import faults
from tests.discussions.planting import loosened, plant

pytestmark = pytest.mark.django_db
TREE_FIELDS = ("id", "parent_id", "thread_id", "tree_id", "lft", "rght", "level", "ordinal")


@pytest.fixture
def talk(post, settings):
    """Three threads: {path number: id}."""
    settings.COMMENT_CHECKS = []
    made = {}
    for number in ("1", "1.1", "1.1.1", "1.2", "2", "1.1.2", "1.3", "1.1.1.1", "2.1", "3"):
        made[number] = post(f"This is {number}", under=made.get(number.rpartition(".")[0]))
    return {number: comment.pk for number, comment in made.items()}


def rows():
    return list(Comment.objects.order_by("pk").values_list(*TREE_FIELDS, "replies_given"))


def thread_of(pk):
    return Comment.objects.values_list("thread_id", flat=True).get(pk=pk)


def run(name, *words):
    """Run a command; return (exit status, what it said)."""
    out = io.StringIO()
    try:
        call_command(name, *words, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def swap(first, second):
    """Exchange the numbers of two comments."""
    one, other = (
        Comment.objects.filter(pk=pk).values_list("lft", "rght").get() for pk in (first, second)
    )
    for pk, (lft, rght) in ((first, other), (second, one)):
        plant(f"lft = {lft}, rght = {rght}", pk)


# name: (how it is planted, whether parent_id stays sound)
FAULTS = {
    "lft": (lambda t: plant("lft = lft + 1", t["1.2"]), True),
    "lft of a first comment": (lambda t: plant("lft = 2", t["3"]), True),
    "rght": (lambda t: plant("rght = rght + 2", t["1.1.1"]), True),
    "rght before lft": (lambda t: plant("rght = lft - 1", t["1.3"]), True),
    "level": (lambda t: plant("level = level + 1", t["1.1.2"]), True),
    "level of a first comment": (lambda t: plant("level = 1", t["3"]), True),
    "tree_id": (lambda t: plant(f"tree_id = {thread_of(t['2'])}", t["1.1"]), True),
    "tree_id of a first comment": (lambda t: plant("tree_id = 999999", t["3"]), True),
    "tree_id and thread": (
        lambda t: plant(
            f"tree_id = {thread_of(t['2'])}, thread_id = {thread_of(t['2'])}", t["1.1"]
        ),
        True,
    ),
    "duplicate": (
        lambda t: plant("lft = 3, rght = 6", t["1.1.2"]),
        True,
    ),
    "swap": (lambda t: swap(t["1.2"], t["1.3"]), True),
    "swap of parent and child": (lambda t: swap(t["2"], t["2.1"]), True),
    "shift": (
        lambda t: plant("lft = lft + 2, rght = rght + 2", *(t[n] for n in t if n.startswith("1"))),
        True,
    ),
    "gap": (lambda t: plant("rght = rght + 2", t["1"]), True),
    "NULL lft": (lambda t: plant("lft = NULL", t["1.1"]), True),
    "NULL rght": (lambda t: plant("rght = NULL", t["1.1.1.1"]), True),
    "NULL level": (lambda t: plant("level = NULL", t["2"]), True),
    "NULL tree_id": (lambda t: plant("tree_id = NULL", t["1.1.1"]), True),
    "orphan": (lambda t: plant("parent_id = 999999", t["1.1"]), False),
    "cycle": (lambda t: plant(f"parent_id = {t['1.1.1.1']}", t["1.1"]), False),
    "own parent": (lambda t: plant("parent_id = id", t["1.2"]), False),
    "second root": (lambda t: plant("parent_id = NULL, lft = 1, level = 0", t["1.2"]), False),
    "no root": (lambda t: plant("parent_id = id", t["3"]), False),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_mended_where_parents_are_sound(talk, name):
    planting, is_sound = FAULTS[name]
    before = rows()
    assert tree.check() == []
    with loosened():
        planting(talk)
        found = tree.check()
        assert found
        assert all(fault.what and (fault.thread_id or fault.topic_id) for fault in found)
        done = tree.repair({fault.thread_id for fault in found})
        if is_sound:
            assert done.left == []
            assert rows() == before
            assert tree.check() == []
            assert tree.repair(Thread.objects.values_list("pk", flat=True)).written == 0
        else:
            assert done.left
            assert tree.check()
    assert faults() == []


def test_a_comment_with_another_parent_is_numbered_where_that_parent_is(talk):
    with loosened():
        plant(f"parent_id = {talk['1.2']}", talk["1.1.1"])
        assert tree.check()
        assert tree.repair([thread_of(talk["1"])]).left == []
        assert tree.check() == []
        assert [row.id for row in tree.branch_rows(Comment.objects.get(pk=talk["1.2"]))] == [
            talk["1.2"],
            talk["1.1.1"],
            talk["1.1.1.1"],
        ]


def test_a_comment_with_a_parent_in_another_thread_goes_there(talk):
    with loosened():
        plant(f"parent_id = {talk['3']}", talk["1.1"])
        assert tree.check()
        assert tree.repair([thread_of(talk["3"])]).left == []
        assert tree.check([thread_of(talk["1"]), thread_of(talk["3"])]) == []
        assert thread_of(talk["1.1.1.1"]) == thread_of(talk["3"])


def test_one_thread_that_cannot_be_mended_does_not_keep_others_from_it(talk):
    with loosened():
        plant("parent_id = 999999", talk["1.1"])
        plant("lft = 77, rght = 78", talk["2.1"])
        done = tree.repair(Thread.objects.values_list("pk", flat=True))
        assert {fault.thread_id for fault in done.left} == {thread_of(talk["1"])}
        assert tree.check([thread_of(talk["2"])]) == []


def test_a_repair_keeps_the_order_of_siblings(talk):
    with loosened():
        plant("lft = 1000 - lft, rght = 2000 - rght", *(talk[n] for n in talk if n != "1"))
        tree.repair(Thread.objects.values_list("pk", flat=True))
        order = [row.id for row in tree.rows_of([thread_of(talk["1"])])]
    path = ("1", "1.1", "1.1.1", "1.1.1.1", "1.1.2", "1.2", "1.3")
    assert order == [talk[number] for number in path]


@pytest.mark.parametrize(
    ("model", "field", "wrong"),
    [
        (Thread, "comment_count", 5),
        (Topic, "comment_count", 5),
        (Topic, "threads_given", 2),
        (Comment, "replies_given", 1),
    ],
)
def test_a_wrong_count_is_found_and_mended(talk, model, field, wrong):
    row = model.objects.get(pk=talk["1.1"]) if model is Comment else model.objects.first()
    right = getattr(row, field)
    model.objects.filter(pk=row.pk).update(**{field: wrong})
    status, words = run("check_trees")
    assert status == 1
    assert model._meta.model_name in words
    assert run("repair_trees")[0] == 0
    assert getattr(model.objects.get(pk=row.pk), field) == right
    assert faults() == []


def test_a_first_comment_with_another_number_than_its_thread_is_found_and_mended(talk):
    Comment.objects.filter(pk=talk["2"]).update(ordinal=7)
    assert [fault.what for fault in tree.check()] == ["root has another ordinal than its thread"]
    assert run("repair_trees")[0] == 0
    assert Comment.objects.get(pk=talk["2"]).ordinal == 2


def test_a_thread_without_a_comment_is_found(talk, topic):
    empty = Thread.objects.create(
        topic=topic, ordinal=9, created_at=topic.created_at, last_activity_at=topic.created_at
    )
    Topic.objects.update(threads_given=9)
    assert [(fault.thread_id, fault.what) for fault in tree.check()] == [
        (empty.pk, "thread has no comment")
    ]
    assert run("repair_trees")[0] == 1


def test_a_mended_page_is_a_new_version(talk, topic):
    before = Topic.objects.get(pk=topic.pk).version
    tree.repair(Thread.objects.values_list("pk", flat=True))
    assert Topic.objects.get(pk=topic.pk).version == before
    with loosened():
        plant("lft = 77, rght = 78", talk["2.1"])
        tree.repair([thread_of(talk["2"])])
        assert Topic.objects.get(pk=topic.pk).version > before


def test_the_check_passes_over_trees_in_ranges_without_missing_one(talk, monkeypatch):
    monkeypatch.setattr(tree.checking, "THREADS_AT_ONCE", 1)
    with loosened():
        for number in ("1.2", "2.1", "3"):
            plant("rght = rght + 2", talk[number])
        threads = {thread_of(talk[number]) for number in ("1", "2", "3")}
        assert {fault.thread_id for fault in tree.check()} == threads
        assert {fault.thread_id for fault in tree.check(threads)} == threads
    assert tree.check() == []


def test_check_trees_says_that_all_is_well_and_ends_with_0(talk):
    assert run("check_trees") == (0, "10 comments, no fault.\n")


def test_check_trees_names_each_fault_and_ends_with_1(talk):
    with loosened():
        plant("level = 5", talk["1.2"])
        status, words = run("check_trees")
        thread = thread_of(talk["1"])
    assert status == 1
    assert f"thread {thread}, comment {talk['1.2']}: level is not the parent's + 1" in words
    assert "1 faults" in words


def test_repair_trees_mends_all_that_is_found_and_a_second_run_writes_nothing(talk):
    with loosened():
        plant("lft = 77, rght = 78", talk["2.1"])
        plant("level = 5", talk["1.2"])
        status, words = run("repair_trees")
        assert status == 0
        assert "2 comments put in their place" in words
        assert run("check_trees")[0] == 0
        assert "0 comments put in their place" in run("repair_trees")[1]


def test_repair_trees_mends_the_named_thread_alone(talk):
    with loosened():
        plant("lft = 77, rght = 78", talk["2.1"])
        plant("level = 5", talk["1.2"])
        assert run("repair_trees", "--thread", str(thread_of(talk["2"])))[0] == 0
        assert {fault.thread_id for fault in tree.check()} == {thread_of(talk["1"])}


def test_repair_trees_names_what_it_cannot_mend_and_ends_with_1(talk):
    with loosened():
        plant("parent_id = 999999", talk["1.1"])
        status, words = run("repair_trees")
        assert status == 1
        assert f"not to be mended: thread {thread_of(talk['1'])}, comment {talk['1.1']}" in words
        assert Comment.objects.count() == 10


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    number=st.integers(0, 9),
    column=st.sampled_from(["lft", "rght", "level", "tree_id", "thread_id"]),
    value=st.one_of(st.none(), st.integers(0, 20)),
)
def test_any_single_wrong_number_is_found_and_mended(talk, number, column, value):
    path, pk = list(talk.items())[number]
    before = rows()
    # No parent tells to which thread a first comment belongs.
    assume(column != "thread_id" or (value is not None and "." in path))
    with loosened():
        plant(f"{column} = {'NULL' if value is None else value}", pk)
        if rows() == before:
            assert tree.check() == []
        else:
            found = {fault.thread_id for fault in tree.check()}
            assert found
            assert tree.repair(found - {None} | {thread_of(talk["3"])}).left == []
            assert rows() == before
            assert tree.check() == []
