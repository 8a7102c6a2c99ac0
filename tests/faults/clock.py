"""The site with its clock wrong: `python -m tests.faults.clock` is forum.start, CLOCK_FILE's seconds ahead.

The file is read again at every look at the clock, so that a running site can be set back.
"""

import datetime
import os
import time
from pathlib import Path

from django.utils import timezone

FILE = Path(os.environ["CLOCK_FILE"])
_real_time = time.time


def ahead_s() -> float:
    return float(FILE.read_text())


def wrong_time() -> float:
    return _real_time() + ahead_s()


def wrong_now() -> datetime.datetime:
    return datetime.datetime.fromtimestamp(wrong_time(), tz=datetime.UTC)


if __name__ == "__main__":
    time.time = wrong_time
    timezone.now = wrong_now
    from forum import start

    start.main()
