"""./run test: every test, lane by lane, on the databases, the cache, the browser and the front server they need.

A lane is one run of pytest. What is missing on the machine fails; nothing is left out but by a flag,
and the last lines say what was.
"""

import argparse
import codecs
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import servers
from tests.faults import record

NOTHING_RAN = 5  # pytest's exit status
# Long runs of all tests, and of all tests of faults, are written down in docs/operations.md.
RECORDED: list[list[str]] = [[], ["tests/faults"]]
# Settings of the person who starts the tests would change what is tested.
SETTINGS = (
    "HOST PORT DATA_DIR DATABASE_URL CACHE_URL SECRET_KEY ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS DEBUG"
    " SITE_NAME SITE_URL EMAIL_URL EMAIL_FROM GUESTS DEMO RATE_LIMITS EMBED_HOSTS TIME_ZONE LANGUAGE"
    " TRUSTED_PROXIES WEB_CONCURRENCY METRICS_TOKEN LOG_FORMAT WORKER_BESIDE VOTES SCORE_HIDDEN_MINUTES"
    " ALARM_EMAIL ALARM_WEBHOOK ALARM_WEBHOOK_KEY ALARM_BACKLOG_HOURS ALARM_BRANCH_COMMENTS"
    " OUTSIDE_CHECK OUTSIDE_CHECK_KEY OUTSIDE_CHECK_FAILS PROOF_OF_WORK TALK_ORDER"
    " DJANGO_SETTINGS_MODULE PYTEST_ADDOPTS"
).split()


@dataclass(frozen=True)
class Lane:
    name: str
    title: str
    marks: str  # which tests, as pytest's -m
    package: str  # what Debian calls what it needs
    processes: int = 2  # one where tests would wipe what those beside them have just counted


LANES = [
    Lane("sqlite", "SQLite", "not browser and not redis and not postgresql and not nginx", ""),
    Lane("postgresql", "PostgreSQL", "database and not browser and not redis and not sqlite and not nginx",
         "postgresql"),
    Lane("redis", "Redis", "redis or cache", "redis-server", processes=1),
    Lane("browser", "browser", "browser", "chromium-headless-shell"),
    Lane("nginx", "nginx", "nginx", "nginx-light"),
]  # fmt: skip
FOUND = {
    "postgresql": servers.find_postgresql,
    "redis": servers.find_redis,
    "browser": servers.find_browser,
    "nginx": servers.find_nginx,
}


def main(words: list[str]) -> int:
    """Run the lanes that are asked for; return the exit status."""
    options, for_pytest = parse(words)
    lanes = [lane for lane in LANES if not getattr(options, f"no_{lane.name}")]
    have_what_is_needed(lanes, may_install=options.install or bool(os.environ.get("CI")))
    closing_lines, failed, ran = [], False, False
    recorder = record.Recorder() if options.long and for_pytest in RECORDED else None
    for lane in lanes:
        print(f"\n{lane.title}", flush=True)
        started = time.monotonic()
        try:
            seen = recorder.words(lane.title) if recorder else []
            status, closing_line = run_lane(lane, options.long, [*for_pytest, *seen])
        except servers.Missing as error:
            status, closing_line = 1, str(error)
        # A choice of tests may leave a lane empty; the suite itself never does.
        failed = failed or (status != 0 and not (status == NOTHING_RAN and for_pytest))
        ran = ran or status == 0
        closing_lines += [f"{lane.title}, {time.monotonic() - started:.0f} s in all:", closing_line]
    if recorder:
        recorder.write(left_out(lanes, options.long))
    print("\nAll lanes")
    print(f"Left out: {left_out(lanes, options.long)}")
    print("\n".join(closing_lines))
    return 0 if ran and not failed else 1


def parse(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="./run test",
        description="Run every test. Words that are no flag of this list go to pytest.",
        allow_abbrev=False,
    )
    for lane in LANES:
        parser.add_argument(
            f"--no-{lane.name}", action="store_true", help=f"leave out the {lane.title} lane"
        )
    parser.add_argument("--long", action="store_true", help="run the long tests too")
    parser.add_argument(
        "--install", action="store_true", help="install what is missing (as root, by apt-get)"
    )
    return parser.parse_known_args(words)


def left_out(lanes: list[Lane], long: bool) -> str:
    words = [f"the {lane.title} lane (--no-{lane.name})" for lane in LANES if lane not in lanes]
    words += [] if long else ["tests marked long (--long runs them)"]
    return ", ".join(words) or "nothing"


def have_what_is_needed(lanes: list[Lane], *, may_install: bool) -> None:
    """Stop unless every lane's program is here, or can be installed by apt-get as root."""
    missing = missing_packages(lanes)
    if missing and may_install and os.geteuid() == 0:
        print(f"Installing {' '.join(missing)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            command = ["apt-get", "-qq", *words]
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)
        missing = missing_packages(lanes)
    if missing:
        sys.exit(
            f"Missing here: {', '.join(missing)}. Install: apt-get install {' '.join(missing)}\n"
            "(./run test --install does it as root; ./run test --help: how to leave a lane out)"
        )


def missing_packages(lanes: list[Lane]) -> list[str]:
    return [lane.package for lane in lanes if lane.name in FOUND and not FOUND[lane.name]()]


def run_lane(lane: Lane, long: bool, for_pytest: list[str]) -> tuple[int, str]:
    """Run pytest for a lane; return its exit status and its closing line."""
    marks = f"({lane.marks})" if long else f"({lane.marks}) and not long"
    command = [sys.executable, "-m", "pytest", "-m", marks]
    if lane.processes > 1:
        command += ["-n", str(lane.processes), "--dist", "worksteal"]
    command += ["--maxfail", "30", *for_pytest]  # a lane whose server died ends soon
    if sys.stdout.isatty():
        command.append("--color=yes")
    with surroundings(lane) as environment:
        process = subprocess.Popen(
            command, cwd=servers.ROOT, env=environment, stdout=subprocess.PIPE
        )
        try:
            last = repeat(process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    return process.returncode, last


def repeat(process: subprocess.Popen[bytes]) -> str:
    """Print what pytest prints, as it comes; return its last line once it has ended."""
    assert process.stdout
    decoder, tail = codecs.getincrementaldecoder("utf-8")("replace"), ""
    while piece := os.read(process.stdout.fileno(), 65536):
        words = decoder.decode(piece)
        print(words, end="", flush=True)
        tail = (tail + words)[-2000:]
    process.wait()
    lines = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", tail).splitlines() if line.strip()]
    return lines[-1] if lines else "pytest said nothing"


def plain_environment(folder: Path) -> dict[str, str]:
    """Return the environment without the person's own settings, its data in `folder`."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "DATA_DIR": str(folder), "LANGUAGE": "en"}


@contextmanager
def surroundings(lane: Lane) -> Iterator[dict[str, str]]:
    """Yield the environment of a lane, with the servers it needs running."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foyer-test-")))
        environment = plain_environment(folder)
        if lane.name == "postgresql":
            environment["DATABASE_URL"] = stack.enter_context(servers.postgresql())
        if lane.name == "redis":
            environment["CACHE_URL"] = stack.enter_context(servers.redis())
        if lane.name == "browser":
            environment["CHROMIUM"] = servers.find_browser() or ""
            # The browser's own loop runs in the thread of the test, beside Django's ORM.
            environment["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield environment


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
