"""A moderator in a process beside the site: `python -m tests.faults.staff` does what each line says.

"remove 7": take comment 7 away. "hide 7": with everything below it. Each is answered by a line.
"""

import os
import subprocess
import sys
from contextlib import contextmanager

from tests.servers import ROOT


@contextmanager
def at_work(site):
    """Yield do(verb, comment_id), which returns when it is done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.staff"], cwd=ROOT, env=site.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"

    def do(verb, comment_id):
        print(verb, comment_id, file=process.stdin, flush=True)
        assert process.stdout.readline() == "done\n"

    try:
        yield do
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum.settings"
    import django

    django.setup()
    from forum.accounts.models import User
    from forum.accounts.readers import Reader
    from forum.discussions import services

    user, _is_new = User.objects.get_or_create(username="Keeper", is_staff=True, is_superuser=True)
    keeper = Reader(user=user)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, number = line.split()
        if verb == "remove":
            services.moderate(comment_id=int(number), verb="remove", by=keeper, reason="other")
        else:
            services.hide_branch(comment_id=int(number), by=keeper)
        print("done", flush=True)


if __name__ == "__main__":
    main()
