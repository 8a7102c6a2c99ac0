"""Handing a letter to the mail server: the one place where mail leaves the site."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task

from forum.worker.faults import LATER, NEVER, NO_ADDRESS, Fault, explain
from forum.worker.models import TRIES, Letter

log = logging.getLogger(__name__)
STATES = {NEVER: Letter.State.REFUSED, NO_ADDRESS: Letter.State.NO_ADDRESS}
STUBBORN_S = (0, 1, 2, 4, 8, 15, 30)  # how long what was sent is tried to be written down
T = TypeVar("T")


@task(queue_name="mail", takes_context=True)
def deliver(context: Any, letter_id: int) -> str:
    """Try once to send a letter, write down what came of it, enqueue the next try where one is due."""
    letter = Letter.objects.take(letter_id, context.task_result.id)
    if letter is None:
        return "nothing to send"
    if not settings.MAILS:
        _fail(letter, Fault(NEVER, "EMAIL_URL is not set"))
        return "not sent"
    if letter.attempts > TRIES:
        _fail(letter, Fault(NEVER, "the worker ended at every try"))
        return "not sent"
    message = _message(letter)
    if message is None:
        letter.delete()
        return "not wanted any more"
    carrier = get_connection(settings.MAIL_CARRIER)
    try:
        carrier.open()
        carrier.send_messages([message])
    except Exception as error:  # the server's, the network's, or the letter's own fault
        fault = explain(error)
        stubbornly(lambda: _fail(letter, fault))
        return "not sent"
    else:
        # From the server's "250" to this COMMIT is the time in which a killed worker would send it
        # twice: one UPDATE, before the goodbye.
        stubbornly(lambda: _sent(letter))
        return "sent"
    finally:
        with suppress(Exception):
            carrier.close()


def _message(letter: Letter) -> EmailMultiAlternatives | None:
    """Return the mail; None if whoever writes letters of its kind says that it is not wanted now."""
    path = settings.LETTER_WRITERS.get(letter.kind)
    if path is None:
        return letter.message()
    words = import_string(path)(letter)
    if words is None:
        return None
    letter.subject, letter.text, letter.html = words.subject, words.text, words.html
    return letter.message(words.headers)


def enqueue(letter: Letter) -> None:
    """Enqueue the delivery of a letter in the present transaction, for the moment it is due."""
    is_due = letter.next_at <= timezone.now()
    (deliver if is_due else deliver.using(run_after=letter.next_at)).enqueue(letter.pk)


def try_again(letter: Letter) -> bool:
    """Staff: queue a letter that failed once more, all its tries before it."""
    changes = {"state": Letter.State.QUEUED, "attempts": 0, "error": "", "next_at": timezone.now()}
    with transaction.atomic():
        rows = Letter.objects.failed().filter(pk=letter.pk)
        has_words = ~Q(text="") | Q(kind__in=settings.LETTER_WRITERS)
        if not rows.filter(has_words).update(**changes):
            return False
        letter.refresh_from_db()
        enqueue(letter)
    return True


def _sent(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).taken_by(letter.task_id).update(
        state=Letter.State.SENT, sent_at=timezone.now(), subject="", text="", html="", error=""
    )


def _fail(letter: Letter, fault: Fault) -> None:
    """Write down what went wrong; queue the next try if another helps and there is one left."""
    wait = letter.wait_after_failure() if fault.kind == LATER else None
    if wait:
        letter.state, letter.next_at = Letter.State.QUEUED, timezone.now() + wait
    else:
        letter.state = STATES.get(fault.kind, Letter.State.GIVEN_UP)
    changes = {"state": letter.state, "next_at": letter.next_at, "error": fault.words}
    with transaction.atomic():
        rows = Letter.objects.filter(pk=letter.pk).taken_by(letter.task_id)
        if rows.update(**changes) and wait:
            enqueue(letter)
    log.warning("letter %d (%s) was not sent: %s", letter.pk, letter.kind, letter.state)


def stubbornly(write: Callable[[], T]) -> T:
    """Write, again and again for a minute while the database is away or busy."""
    for pause in STUBBORN_S:
        time.sleep(pause)
        try:
            return write()
        except (OperationalError, InterfaceError):
            log.warning("the database is away; what became of a letter is written down again")
            connection.close()
    return write()
