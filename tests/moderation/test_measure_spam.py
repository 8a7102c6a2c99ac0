"""measure_spam: what it reads of a file, what it says of rows that are wrong, how well it does."""

import csv
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from forum.moderation.spam import bayes, trial
from tests.moderation import spam_talk

START = datetime(2021, 5, 1, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    """file(rows, header) -> the path of a CSV file."""

    def write(rows, header=("text", "label", "time"), name="comments.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([header, *rows])
        return path

    return write


def some(count=200, label=lambda is_spam: int(is_spam)):
    return [
        (text, label(is_spam), at.isoformat()) for text, is_spam, at in spam_talk.texts(5, count)
    ]


def measure(path, capsys, **given):
    call_command("measure_spam", path, **given)
    told = capsys.readouterr()
    return told.out, told.err


def test_it_learns_the_first_half_by_time_and_judges_the_second(file, capsys):
    rows = some(400)
    spam = [bool(row[1]) for row in rows]
    random.Random(1).shuffle(rows)  # the order in the file is not that of time
    out, err = measure(file(rows), capsys)
    assert f"learned: {sum(spam[:200])} spam, {200 - sum(spam[:200])} ham" in out
    assert f"judged: {sum(spam[200:])} spam, {200 - sum(spam[200:])} ham" in out
    assert all(word in out for word in ("precision: ", "recall: ", "ham held: "))
    assert err == ""


def test_what_comes_later_is_not_looked_at_before(file):
    """Labels of the second half turned round change what is told, not what was learned."""
    rows = some(400)
    turned = [*rows[:200], *((text, 1 - label, at) for text, label, at in rows[200:])]
    first, second = (trial.run(trial.read(file(each))[0]) for each in (rows, turned))
    assert (first.line, first.learned_spam) == (second.line, second.learned_spam)
    assert (first.caught, first.missed) == (second.held, second.passed)


@pytest.mark.parametrize(
    ("spam", "ham"),
    [("1", "0"), ("spam", "ham"), ("Spam", "Ham"), (" SPAM ", "not spam"), ("true", "false"),
     ("True", "False"), ("yes", "no"), ("1.0", "0.0"), ("y", "n"), ("spam", "legit"), ("1", "-1")],
)  # fmt: skip
def test_any_usual_spelling_of_a_label_is_read(file, spam, ham):
    rows, faults = trial.read(file(some(40, lambda is_spam: spam if is_spam else ham)))
    assert faults == []
    assert [row.is_spam for row in rows] == [bool(label) for _text, label, _at in some(40)]


@pytest.mark.parametrize(
    "header",
    [("text", "label", "time"), ("CONTENT", "CLASS", "DATE"), ("\ufefftext", "Label", " Time "),
     ("comment", "is_spam", "created_at")],
)  # fmt: skip
def test_usual_names_of_the_columns_are_known(file, header):
    rows, faults = trial.read(file(some(10), header))
    assert (len(rows), faults) == (10, [])


def test_columns_stand_in_any_order_and_others_are_left_alone(file):
    rows = [("id", at, label, "somebody", text) for text, label, at in some(10)]
    header = ("COMMENT_ID", "DATE", "CLASS", "AUTHOR", "CONTENT")
    read, _faults = trial.read(file(rows, header))
    assert [row.text for row in read] == [text for text, _label, _at in some(10)]


@pytest.mark.parametrize(
    "words",
    ["2021-05-01T10:00:00", "2021-05-01T10:00:00.123000", "2021-05-01T10:00:00Z", "2021-05-01 10:00:00+00:00",
     "2021-05-01T12:00:00+0200", "2021-05-01 10:00", "2021-05-01", "2021/05/01 10:00:00", "01.05.2021 10:00",
     "May 1, 2021", "1 May 2021", "Sat, 01 May 2021 10:00:00 +0000", "1619863200", "1619863200000"],
)  # fmt: skip
def test_times_are_read_in_usual_forms(words):
    found = trial.moment(words)
    assert found.tzinfo
    assert found.astimezone(UTC).date() == START.date()


def test_dates_that_tell_which_is_the_month_are_read_and_others_are_asked_about(file, capsys):
    header = ("text", "label", "time")
    clear = file([("a", 1, "03/04/2021"), ("b", 0, "25/04/2021 10:00")], header)
    rows, _faults = trial.read(clear)
    assert [(row.at.month, row.at.day) for row in rows] == [(4, 3), (4, 25)]
    doubtful = file([("a", 1, "03/04/2021"), ("b", 0, "05/04/2021")], header)
    with pytest.raises(CommandError, match=r"03/04/2021 .* --dates dmy or --dates mdy"):
        call_command("measure_spam", doubtful)
    rows, _faults = trial.read(doubtful, "mdy")
    assert [(row.at.month, row.at.day) for row in rows] == [(3, 4), (5, 4)]


def test_rows_that_are_wrong_are_named_by_line_and_the_others_count(file, capsys):
    rows = some(200)
    rows[0] = ("two\nlines", 1, rows[0][2])  # ends on line 3
    rows[1] = ("who knows", "maybe", rows[1][2])
    rows[2] = ("no time", 0, "")
    rows[3] = ("bad time", 0, "yesterday")
    rows[4] = ("short",)
    path = file(rows)
    with path.open("a") as more:
        more.write("\n\n")  # empty lines are nothing
    out, err = measure(path, capsys)
    assert "line 4: 'maybe' is no label" in err
    assert "line 5: has no time" in err
    assert "line 6: 'yesterday' is no time" in err
    assert "line 7: has 1 fields, too few" in err
    assert "rows: 196 read, 4 left out" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "names no column 'text'"), (b"a,b,c\n1,2,3\n", "it has a, b, c"),
     (b"text,label,time\nok,1,2021-05-01\nbad \xff,1,2021-05-01\n", "line 3 is not UTF-8"),
     (b'text,label,time\n"' + b"x" * 300_000 + b'",1,2021-05-01\n', "line 2: field larger")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, words):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("measure_spam", path)
    assert words in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"missing\.csv: No such file"):
        call_command("measure_spam", tmp_path / "missing.csv")


def test_with_too_little_to_learn_it_says_so(file):
    with pytest.raises(CommandError, match=f"{bayes.LEAST} of each are needed"):
        call_command("measure_spam", file(some(20)))


def test_nothing_of_the_file_is_kept(file, capsys, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        call_command("measure_spam", file(some(200)))


def test_where_there_is_no_spam_to_judge_it_says_so(file, capsys):
    rows = [(f"subscribe to my channel {n}", 1, n) for n in range(25)]
    rows += [(f"what an ending {n}", 0, n) for n in range(100)]
    rows = [(text, label, (START + timedelta(hours=n + 100 * (1 - label))).isoformat())
            for text, label, n in rows]  # fmt: skip
    rows += [
        (f"what an ending {n}", 0, (START - timedelta(hours=n)).isoformat()) for n in range(40)
    ]
    out, _err = measure(file(rows), capsys)
    assert "recall: – (0 caught, 0 missed)" in out


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_on_generated_talk_it_catches_19_of_20_and_holds_less_than_2_in_100(file, seed):
    rows = [
        (text, int(is_spam), at.isoformat()) for text, is_spam, at in spam_talk.texts(seed, 1200)
    ]
    outcome = trial.run(trial.read(file(rows))[0])
    assert outcome.recall >= 0.95
    assert outcome.ham_held <= 0.02


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_spam_and_talk_of_kinds_never_seen_are_told_apart_too(file, seed, monkeypatch):
    """The second half is made of other sentences than the first; figures of a generator."""
    chance = random.Random(seed)
    parts = {}
    for name in ("SPAM", "HAM"):
        lines = getattr(spam_talk, name)[:]
        chance.shuffle(lines)
        parts[name] = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    rows = []
    for half in (0, 1):
        for name, lines in parts.items():
            monkeypatch.setattr(spam_talk, name, lines[half])
        later = timedelta(days=400 * half)
        rows += [
            (text, int(is_spam), (at + later).isoformat())
            for text, is_spam, at in spam_talk.texts(seed + half, 600)
        ]
    outcome = trial.run(trial.read(file(rows))[0])
    assert outcome.recall >= 0.8
    assert outcome.ham_held <= 0.15
