"""Tasks for tests: what they did stands in DONE."""

from django_tasks import task

from forum.worker.work import GiveUp

DONE = []
FAULTS = []  # taken from the end, one a try


@task()
def note(word):
    DONE.append(word)
    if FAULTS:
        raise FAULTS.pop()
    return word


@task()
def hopeless():
    DONE.append("hopeless")
    raise GiveUp("the file is torn")


@task(queue_name="mail")
def note_in_mail(word):
    DONE.append(word)


def fine():
    return "dust: 3 wiped"


def torn():
    raise ZeroDivisionError("dust")
