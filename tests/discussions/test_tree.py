"""Trees: what every write leaves behind, in which order it locks, and what nobody may do."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services, tree
from forum.discussions.models import Comment, CommentText, Event, Thread, Topic
from tests.discussions.judge import faults
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
TREE_COLUMNS = ("lft", "rght")


@pytest.fixture
def talk(post):
    """Three threads: {name: comment}, names are path numbers."""
    made = {}
    for number in ("1", "1.1", "1.1.1", "1.2", "2", "1.1.2", "1.3", "1.1.1.1", "2.1", "3"):
        under = made.get(number.rpartition(".")[0])
        made[number] = post(f"This is {number}", under=under)
    return made


def numbers(topic):
    """Return {text: path number} of the topic's comments."""
    rows = CommentText.objects.filter(comment__thread__topic=topic).values_list(
        "body", "comment_id"
    )
    way = {body: tree.ancestors(pk) for body, pk in rows}
    return {body: ".".join(str(step.ordinal) for step in steps) for body, steps in way.items()}


def place(comment):
    row = Comment.objects.get(pk=comment.pk)
    return row.lft, row.rght, row.level


# What every write leaves behind


def test_posting_in_any_order_leaves_sound_trees(talk):
    assert faults() == []
    assert place(talk["1"]) == (1, 14, 0)
    assert place(talk["1.1"]) == (2, 9, 1)
    assert place(talk["1.1.1.1"]) == (4, 5, 3)
    assert place(talk["1.3"]) == (12, 13, 1)


def test_the_tree_of_a_comment_is_its_thread(talk):
    for comment in Comment.objects.all():
        assert comment.tree_id == comment.thread_id
    assert Thread.objects.count() == 3


def test_path_numbers_are_ordinals_on_the_way_down(talk, topic):
    assert all(number in body for body, number in numbers(topic).items())


def test_a_number_is_never_given_twice(talk, post):
    services.purge_branch(comment_id=talk["1.3"].pk, by=None)
    services.purge_branch(comment_id=talk["3"].pk, by=None)
    assert post("after 1.3", under=talk["1"]).ordinal == 4
    assert post("after 3").ordinal == 4
    assert faults() == []


@pytest.mark.parametrize(
    ("number", "found"),
    [("1", "1"), ("1.1.2", "1.1.2"), ("9", None), ("1.1.9", None), ("2.2.1", None)],
)
def test_a_number_finds_its_comment(talk, topic, number, found):
    answer = tree.find_number(topic.pk, [int(part) for part in number.split(".")])
    assert answer == ((talk[found].pk, False) if found else None)


def test_a_number_of_another_topic_finds_nothing(talk):
    other = services.open_topic(title="Another", by=None)
    assert tree.find_number(other.pk, [1]) is None


def test_a_branch_is_its_range(talk):
    rows = tree.branch_rows(talk["1.1"])
    assert [row.id for row in rows] == [talk[n].pk for n in ("1.1", "1.1.1", "1.1.1.1", "1.1.2")]
    assert [row.depth for row in rows] == [1, 2, 3, 2]


def test_ancestors_are_the_way_down_from_the_root(talk):
    steps = tree.ancestors(talk["1.1.1.1"].pk)
    assert [step.id for step in steps] == [talk[n].pk for n in ("1", "1.1", "1.1.1", "1.1.1.1")]


# Detach, merge, purge


def test_a_detached_branch_is_a_thread_with_the_next_number(talk, topic):
    thread = services.detach_branch(comment_id=talk["1.1"].pk, by=None)
    assert faults() == []
    assert (thread.ordinal, thread.comment_count) == (4, 4)
    assert place(talk["1.1"]) == (1, 8, 0)
    found = numbers(topic)
    assert found["This is 1.1.1.1"] == "4.1.1"
    assert found["This is 1.2"] == "1.2"
    assert Topic.objects.get(pk=topic.pk).comment_count == 10


def test_a_branch_can_be_detached_to_another_topic(talk, topic, post):
    other = services.open_topic(title="Another", by=None)
    before = {each.pk: each.version for each in Topic.objects.all()}
    thread = services.detach_branch(comment_id=talk["1.1"].pk, by=None, topic_id=other.pk)
    assert faults() == []
    assert (thread.topic_id, thread.ordinal) == (other.pk, 1)
    counts = {each.pk: each.comment_count for each in Topic.objects.all()}
    assert counts == {topic.pk: 6, other.pk: 4}
    assert all(each.version > before[each.pk] for each in Topic.objects.all())


def test_the_first_comment_of_a_thread_cannot_be_detached(talk):
    with pytest.raises(ValidationError) as refused:
        services.detach_branch(comment_id=talk["1"].pk, by=None)
    assert refused.value.code == "already-thread"


def test_a_merged_thread_hangs_last_under_its_comment(talk, topic):
    services.merge_thread(thread_id=talk["2"].thread_id, under_id=talk["1.1"].pk, by=None)
    assert faults() == []
    found = numbers(topic)
    assert found["This is 2"] == "1.1.3"
    assert found["This is 2.1"] == "1.1.3.1"
    assert not Thread.objects.filter(pk=talk["2"].thread_id).exists()
    assert Topic.objects.get(pk=topic.pk).comment_count == 10


def test_a_thread_of_another_topic_can_be_merged(talk, topic, guest):
    other = services.open_topic(title="Another", by=None)
    alone = services.post_comment(author=guest, body="From elsewhere", topic_id=other.pk).comment
    services.merge_thread(thread_id=alone.thread_id, under_id=talk["3"].pk, by=None)
    assert faults() == []
    assert Topic.objects.get(pk=topic.pk).comment_count == 11
    assert Topic.objects.get(pk=other.pk).comment_count == 0


def test_a_thread_cannot_hang_under_itself(talk):
    with pytest.raises(ValidationError) as refused:
        services.merge_thread(thread_id=talk["1"].thread_id, under_id=talk["1.1"].pk, by=None)
    assert refused.value.code == "same-thread"


def test_detached_and_merged_back_a_branch_is_whole(talk, topic):
    thread = services.detach_branch(comment_id=talk["1.1"].pk, by=None)
    services.merge_thread(thread_id=thread.pk, under_id=talk["1"].pk, by=None)
    assert faults() == []
    assert numbers(topic)["This is 1.1.1.1"] == "1.4.1.1"


def test_a_purged_branch_is_gone_with_its_texts_and_its_events_stay(talk, topic):
    gone = [row.id for row in tree.branch_rows(talk["1.1"])]
    events = Event.objects.filter(comment_id__in=gone).count()
    assert services.purge_branch(comment_id=talk["1.1"].pk, by=None) == 4
    assert faults() == []
    assert not Comment.objects.filter(pk__in=gone).exists()
    assert not CommentText.objects.filter(pk__in=gone).exists()
    assert Event.objects.filter(comment_id__in=gone).count() == events + 4  # one each
    assert Topic.objects.get(pk=topic.pk).comment_count == 6


def test_purging_the_first_comment_takes_its_thread(talk, topic):
    assert services.purge_branch(comment_id=talk["1"].pk, by=None) == 7
    assert faults() == []
    assert Thread.objects.filter(topic=topic).count() == 2


def test_what_a_comment_left_behind_goes_with_it(talk, guest):
    comment = Comment.objects.get(pk=talk["2.1"].pk)
    pen = Reader(pen=guest.pen)
    base = services.text_version(comment)
    services.edit_comment(comment_id=comment.pk, by=pen, body="Changed", base=base)
    assert comment.revisions.count() == 1
    assert services.purge_branch(comment_id=talk["2"].pk, by=None) == 2
    assert faults() == []


# What happens when a comment has moved


@pytest.fixture
def meanwhile(monkeypatch):
    """meanwhile(act): act once between the first look at a parent and the lock of its thread."""

    def plan(act):
        judge, done = services.posting.judge, []

        def then_judge(*args, **kwargs):
            done or done.append(act())
            return judge(*args, **kwargs)

        monkeypatch.setattr(services.posting, "judge", then_judge)

    return plan


def test_a_reply_follows_its_parent_into_another_thread(talk, guest, meanwhile):
    other = services.open_topic(title="Another", by=None)
    moved = talk["1.1"].pk
    meanwhile(lambda: services.detach_branch(comment_id=moved, by=None, topic_id=other.pk))
    late = services.post_comment(author=guest, body="Late", parent_id=talk["1.1.1"].pk).comment
    assert late.thread.topic_id == other.pk
    assert late.parent_id == talk["1.1.1"].pk
    assert faults() == []
    assert Topic.objects.get(pk=other.pk).comment_count == 5


def test_a_reply_follows_its_thread_under_another(talk, guest, meanwhile):
    here, there = talk["2"].thread_id, talk["1.1"].pk
    meanwhile(lambda: services.merge_thread(thread_id=here, under_id=there, by=None))
    late = services.post_comment(author=guest, body="Late", parent_id=talk["2.1"].pk).comment
    assert late.thread_id == talk["1"].thread_id
    assert faults() == []


def test_a_reply_to_what_was_purged_meanwhile_is_told_so(talk, guest, meanwhile):
    meanwhile(lambda: services.purge_branch(comment_id=talk["1.1"].pk, by=None))
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Late", parent_id=talk["1.1.1"].pk)
    assert refused.value.code == "parent-gone"
    assert faults() == []


@pytest.mark.parametrize(
    ("verb", "code"),
    [("remove", "parent-removed"), ("hold", "parent-held"), ("spam", "parent-spam")],
)
def test_a_reply_to_what_was_taken_away_meanwhile_is_told_so(talk, guest, meanwhile, verb, code):
    parent = talk["1.1"].pk
    act = {"comment_id": parent, "verb": verb, "by": ANYBODY, "reason": "off-topic"}
    meanwhile(lambda: services.moderate(**act))
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Late", parent_id=parent)
    assert refused.value.code == code
    assert refused.value.messages[0]
    assert faults() == []


@pytest.mark.parametrize("under", ["1.1", None])
def test_a_topic_locked_meanwhile_takes_nothing(talk, topic, guest, meanwhile, under):
    meanwhile(lambda: services.lock_topic(topic_id=topic.pk, by=None, locked=True))
    where = {"parent_id": talk[under].pk} if under else {"topic_id": topic.pk}
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Late", **where)
    assert refused.value.code == "topic-locked"
    assert Comment.objects.count() == 10
    assert faults() == []


def test_a_locked_thread_takes_no_reply(talk, guest):
    Thread.objects.filter(pk=talk["1"].thread_id).update(locked_at=talk["1"].created_at)
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Late", parent_id=talk["1.1"].pk)
    assert refused.value.code == "thread-locked"


def test_a_comment_that_moves_for_ever_is_given_up_with_words(talk, guest, monkeypatch):
    def moved(*args):
        raise tree.Moved

    monkeypatch.setattr(tree.writing, "_take_thread", moved)
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Late", parent_id=talk["1"].pk)
    assert refused.value.code == "moved"
    assert Comment.objects.count() == 10


# In which order it locks, and how many statements it takes

NAMES = {"discussions_thread": "thread", "discussions_comment": "comment",
         "discussions_commenttext": "text", "discussions_topic": "topic",
         "discussions_event": "event", "discussions_revision": "revision",
         "discussions_formernumber": "former", "discussions_decision": "decision",
         "discussions_heldedit": "held", "discussions_claim": "claim",
         "discussions_mention": "mention", "discussions_vote": "vote",
         "discussions_report": "report", "discussions_appeal": "appeal"}  # fmt: skip
WRITES = re.compile(r'^(INSERT INTO|INSERT OR IGNORE INTO|UPDATE|DELETE FROM) "?(\w+)"?')


def writes(captured):
    """Return the writes among statements: ["update thread", "insert comment", …]."""
    found = (WRITES.match(text) for text in captured)
    return [f"{hit[1].split()[0].lower()} {NAMES[hit[2]]}" for hit in found if hit]


def test_a_reply_takes_its_thread_first_and_its_topic_last(talk, guest):
    with statements() as said:
        services.post_comment(author=guest, body="One more", parent_id=talk["1.1"].pk)
    assert writes(said) == [
        "update thread",
        "update comment",
        "insert comment",
        "insert text",
        "insert event",
        "update topic",
    ]


def test_the_parent_is_read_in_a_statement_after_the_lock(talk, guest):
    with statements() as said:
        services.post_comment(author=guest, body="One more", parent_id=talk["1.1"].pk)
    lock = next(at for at, text in enumerate(said) if text.startswith("UPDATE discussions_thread"))
    assert said[lock + 1].startswith("SELECT")
    assert "rght" in said[lock + 1]
    assert not any("rght" in text.split("WHERE")[0] for text in said[:lock] if "UPDATE" in text)


def test_a_new_thread_takes_its_topic_first_and_then_only_inserts(talk, topic, guest):
    with statements() as said:
        services.post_comment(author=guest, body="One more", topic_id=topic.pk)
    assert writes(said) == [
        "update topic",
        "insert thread",
        "insert comment",
        "insert text",
        "insert event",
    ]


@pytest.mark.parametrize(
    "act",
    [
        lambda talk: services.moderate(
            comment_id=talk["1.1"].pk, verb="remove", by=ANYBODY, reason="off-topic"
        ),
        lambda talk: services.erase_comment(comment_id=talk["1.1"].pk, by=None),
        lambda talk: services.purge_branch(comment_id=talk["1.1"].pk, by=None),
        lambda talk: services.merge_thread(
            thread_id=talk["2"].thread_id, under_id=talk["1.1"].pk, by=None
        ),
    ],
    ids=["set_state", "erase", "purge", "merge"],
)
def test_whoever_changes_a_tree_comes_to_the_topic_last(talk, act):
    with statements() as said:
        act(talk)
    written = writes(said)
    first = written.index("update topic")
    assert set(written[first:]) == {"update topic"}
    locks = [text for text in said if "discussions_" in text]
    if connection.vendor == "postgresql":
        assert any("FOR NO KEY UPDATE" in sql for sql in locks)
        assert not any("FOR UPDATE" in sql for sql in locks)


@pytest.mark.postgresql
def test_a_purge_takes_comments_before_their_texts_as_an_edit_does(talk):
    with statements() as said:
        services.purge_branch(comment_id=talk["1.1"].pk, by=None)
    lock = next(
        at
        for at, text in enumerate(said)
        if re.search(r'FROM "discussions_comment".* FOR NO KEY', text)
    )
    assert lock < min(at for at, text in enumerate(said) if text.startswith("DELETE"))


def test_a_detached_thread_gets_its_number_at_the_end(talk):
    with statements() as said:
        services.detach_branch(comment_id=talk["1.1"].pk, by=None)
    written = writes(said)
    first = written.index("update topic")
    assert written[first:].count("update topic") == 2  # the number, then version and counts
    # After the topic only the new thread's row and its root's are written, and both are ours.
    assert written[first + 1 : first + 3] == ["update thread", "update comment"]
    assert set(written[first + 3 :]) == {"update topic"}


@pytest.mark.django_db(transaction=True)
def test_a_reply_takes_the_same_few_statements_in_a_deep_tree_as_in_a_small_one(post, guest):
    small = post("Alone")
    deep = post("Deep")
    for at in range(40):
        deep = post(f"Deeper {at}", under=deep)
    taken = [counted(guest, parent, at) for at, parent in enumerate((small, deep))]
    assert taken[0] == taken[1]
    before, within = taken[0]
    assert before <= 7
    assert within <= 9


def counted(guest, parent, at):
    """Post a reply; return how many statements ran before BEGIN, and from BEGIN to COMMIT."""
    with statements() as said:
        services.post_comment(author=guest, body=f"Counted {at}", parent_id=parent.pk)
    begin = next(at for at, text in enumerate(said) if text.startswith("BEGIN"))
    assert said[-1] == "COMMIT"
    return begin, len(said) - begin


# What nobody may do


@pytest.mark.parametrize(
    "act",
    [
        lambda c: Comment.objects.rebuild(),
        lambda c: Comment.objects.partial_rebuild(c.tree_id),
        lambda c: Comment.objects.insert_node(Comment(), None, save=True),
        lambda c: Comment.objects.move_node(c, c),
        lambda c: Comment.objects.delay_mptt_updates().__enter__(),
        lambda c: Comment.objects.disable_mptt_updates().__enter__(),
        lambda c: Comment.objects._get_next_tree_id(),
        lambda c: Comment._tree_manager._get_next_tree_id(),
        lambda c: c.move_to(c),
        lambda c: c.delete(),
        lambda c: Comment.objects.filter(pk=c.pk).delete(),
        lambda c: Comment.objects.all().delete(),
        lambda c: Comment.objects.create(parent=c, thread=c.thread, state="public"),
        lambda c: Comment(thread=c.thread, state="public").save(),
        lambda c: c.save(),
        lambda c: c.save(update_fields=["parent"]),
        lambda c: c.save(update_fields=["lft"]),
        lambda c: c.save(update_fields=["state", "tree_id"]),
        lambda c: c.save(update_fields=["thread_id"]),
        lambda c: Event.objects.filter(comment_id=c.pk).update(verb="other"),
        lambda c: Event.objects.all().delete(),
        lambda c: Event.objects.first().save(),
        lambda c: Event.objects.first().delete(),
    ],
)
def test_every_other_writer_is_refused(talk, act):
    before = list(Comment.objects.order_by("pk").values())
    with pytest.raises(TypeError):
        act(talk["1.1"])
    assert list(Comment.objects.order_by("pk").values()) == before


def test_a_plain_field_is_saved_by_name(talk):
    stale = Comment.objects.get(pk=talk["1.1"].pk)
    services.detach_branch(comment_id=stale.pk, by=None)
    stale.kind = "question"
    stale.save(update_fields=["kind"])
    assert faults() == []
    assert Comment.objects.get(pk=stale.pk).kind == "question"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("lft = 0", "comment_lft_from_1"),
        ("rght = lft", "comment_rght_after_lft"),
        ("level = 0", "comment_root_is_1_and_0"),
        ("parent_id = NULL", "comment_root_is_1_and_0"),
        ("tree_id = tree_id + 1", "comment_tree_is_thread"),
        ("ordinal = 2", "comment_ordinal_once_a_parent"),
        ("parent_id = NULL, lft = 1, level = 0", "comment_one_root_a_tree"),
        ("state = 'lost'", "comment_state_known"),
        ("author_name = '', pen_id = NULL", "comment_one_author"),
        ("member_id = 1", "comment_one_author"),
    ],
)
def test_the_database_refuses_nonsense_by_name(talk, change, constraint):
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE discussions_comment SET {change} WHERE id = %s", [talk["1.1"].pk])
    # SQLite names the columns of a broken unique index, not the index.
    columns = {"comment_ordinal_once_a_parent": "ordinal", "comment_one_root_a_tree": "tree_id"}
    words = str(refused.value)
    assert constraint in words or columns.get(constraint, constraint) in words


# How it is stored


def test_no_index_names_an_edge(db):
    """With lft or rght in an index no shift is a HOT update (docs/decisions/0001)."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Comment._meta.db_table)
    indexes = {
        name: each["columns"] for name, each in found.items() if each["index"] or each["unique"]
    }
    assert ["tree_id", "level"] in indexes.values()
    ordinary = [one["columns"] for one in found.values() if one["index"] and not one["unique"]]
    assert ["tree_id"] not in ordinary  # the beginning of that one
    assert ["parent_id"] in indexes.values()
    assert not [name for name, columns in indexes.items() if set(TREE_COLUMNS) & set(columns)]


def test_the_shift_writes_no_indexed_column(db):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Comment._meta.db_table)
    indexed = {column for each in found.values() if each["index"] for column in each["columns"]}
    assert not indexed & {"lft", "rght", "replies_given", "comment_count"}


@pytest.mark.postgresql
def test_pages_are_half_empty_on_postgresql(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reloptions FROM pg_class WHERE relname IN"
            " ('discussions_comment', 'discussions_thread')"
        )
        options = dict(cursor.fetchall())
    assert "fillfactor=50" in options["discussions_comment"]
    assert "autovacuum_vacuum_scale_factor=0.02" in options["discussions_comment"]
    assert "fillfactor=50" in options["discussions_thread"]


def test_ids_have_64_bits():
    for model in (Topic, Thread, Comment, Event):
        assert model._meta.pk.get_internal_type() == "BigAutoField"
    assert Comment._meta.get_field("tree_id").get_internal_type() == "BigIntegerField"
