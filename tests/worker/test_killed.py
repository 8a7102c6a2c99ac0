"""A worker that is killed (SIGKILL) while it sends: nothing is lost, nothing comes twice."""

import email

import pytest
from django.core.mail import EmailMessage
from django_tasks_db.models import DBTaskResult

from forum.worker.models import Letter
from forum.worker.work import Worker
from tests.worker.conftest import hours_later, until, worker_process

pytestmark = [pytest.mark.django_db(transaction=True)]
LONG = "The lights go down, and somebody coughs. " * 60_000  # more than a socket holds back


def send(text="A letter."):
    EmailMessage("Hello", text, to=["nils@example.org"]).send()
    return Letter.objects.get()


def killed_when(word, server):
    """Let a worker deliver until the server comes to `word`, and kill it there."""
    with worker_process(EMAIL_URL=f"smtp://127.0.0.1:{server.port}") as process:
        server.at[word] = process.kill
        process.wait(60)
    assert process.returncode == -9
    return DBTaskResult.objects.get(queue_name="mail")


def ids(server):
    return [email.message_from_string(letter)["Message-ID"] for _to, letter in server.taken]


def another_worker():
    """What another worker does once the dead one was not seen for a while."""
    worker = Worker()
    hours_later()
    worker.beat()
    while worker.turn("mail"):
        pass


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "BODY"])
def test_killed_before_the_letter_was_whole_it_is_sent_once_by_the_next(by_smtp, word):
    letter = send(LONG)
    task = killed_when(word, by_smtp)
    assert (task.status, by_smtp.taken) == ("RUNNING", [])
    assert Letter.objects.get().state == Letter.State.SENDING
    another_worker()
    assert ids(by_smtp) == [letter.message_id]
    assert Letter.objects.get().state == Letter.State.SENT
    assert DBTaskResult.objects.get(pk=task.pk).status == "SUCCESSFUL"


def test_killed_after_the_server_took_it_and_we_wrote_it_down_it_is_not_sent_again(by_smtp):
    letter = send()
    task = killed_when("QUIT", by_smtp)
    assert (task.status, Letter.objects.get().state) == ("RUNNING", Letter.State.SENT)
    another_worker()
    assert ids(by_smtp) == [letter.message_id]
    assert DBTaskResult.objects.get(pk=task.pk).status == "SUCCESSFUL"


def test_killed_between_taking_and_the_answer_it_comes_again_under_the_same_message_id(by_smtp):
    """The window that no mailer can close (docs/decisions/0071): mail programs show one of the two."""
    letter = send()
    killed_when("TAKEN", by_smtp)
    another_worker()
    assert ids(by_smtp) == [letter.message_id] * 2


def test_the_other_worker_leaves_a_task_alone_while_its_worker_is_seen(by_smtp):
    send()
    killed_when("MAIL", by_smtp)
    worker = Worker()
    worker.beat()
    assert not worker.turn("mail")
    assert DBTaskResult.objects.get(queue_name="mail").status == "RUNNING"


def test_two_workers_do_each_task_once(by_smtp):
    address = f"smtp://127.0.0.1:{by_smtp.port}"
    with worker_process(EMAIL_URL=address) as one, worker_process(EMAIL_URL=address) as two:
        for process in (one, two):
            assert process.stdout.readline().endswith("is at work. Ctrl-C stops it.\n")
        by_smtp.meeting = 2  # neither does all of it while the other looks away
        for number in range(40):
            EmailMessage(f"Letter {number}", "Hello.", to=[f"n{number}@example.org"]).send()
        until(lambda: not Letter.objects.waiting().exists())
        for process in (one, two):
            process.terminate()
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0
            assert "Traceback" not in err
            assert out == "Stopped.\n"
    assert sorted(to for to, _letter in by_smtp.taken) == sorted(
        [f"n{number}@example.org"] for number in range(40)
    )
    done = DBTaskResult.objects.filter(queue_name="mail")
    assert {row.status for row in done} == {"SUCCESSFUL"}
    assert all(len(row.worker_ids) == 1 for row in done)
    assert len({row.worker_ids[0] for row in done}) == 2
