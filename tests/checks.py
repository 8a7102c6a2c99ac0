"""./run check: everything about the code that can be said without running the suite.

All checks run, one line each; the words of one that fails follow it.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lanes import plain_environment
from tests.servers import ROOT

PYTHON = [sys.executable, "-m"]
MANAGE = [sys.executable, "manage.py"]
PRODUCTION = {
    "SITE_URL": "https://films.example.org",
    "ALLOWED_HOSTS": "films.example.org",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP",
}
CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("format", [*PYTHON, "ruff", "format", "--check", "."], {}),
    ("lint", [*PYTHON, "ruff", "check", "."], {}),
    ("templates", [*PYTHON, "djlint", "templates", "--lint", "--quiet"], {}),
    ("types", [*PYTHON, "mypy"], {}),
    ("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], {}),
    ("deployment", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ("architecture", [*PYTHON, "pytest", "tests/test_architecture.py"], {}),
]


def main() -> int:
    """Run every check; return 0 if all are clean, else 1."""
    clean = True
    with tempfile.TemporaryDirectory(prefix="foyer-check-") as folder:
        for name, command, settings in CHECKS:
            environment = plain_environment(Path(folder)) | settings
            started = time.monotonic()
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            seconds = time.monotonic() - started
            print(
                f"{name:13}{'FAILED' if done.returncode else 'clean'}, {seconds:.1f} s", flush=True
            )
            if done.returncode:
                clean = False
                print(done.stdout, flush=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
