"""Writes the last long run of these tests into docs/operations.md: when, on what, each with its outcome."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests import servers
from tests.bench import report

PAGE = report.PAGE.with_name("operations.md")
PACKAGE = "tests.faults."
LAST_LINE = (
    "Each is a test of `tests/faults/`; seconds are of the test alone, without what it stands on."
)


class Recorder:
    """Has each lane's pytest write down its outcomes, and makes the page's part of them."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="foyer-record-")
        self.files: dict[str, Path] = {}  # by lane

    def words(self, lane: str) -> list[str]:
        """Return the words for the pytest of this lane."""
        self.files[lane] = Path(self.folder.name) / f"{len(self.files)}.xml"
        return [f"--junitxml={self.files[lane]}", "-o", "junit_duration_report=call"]

    def write(self, left_out: str) -> None:
        """Replace the part of the page, unless not one test of faults ran."""
        rows = [
            (lane, *row)
            for lane, file in self.files.items()
            if file.exists()
            for row in outcomes(file.read_text())
        ]
        if rows:
            text = f"{others()}. Left out: {left_out}. {LAST_LINE}\n\n"
            text += report.table(["lane", "test", "outcome", "s"], rows)
            title, head = "Faults: the last long run", "# Operations\n"
            report.write("faults", title, text, page_path=PAGE, head=head)
        self.folder.cleanup()


def outcomes(xml: str) -> list[tuple[str, str, str]]:
    """Return (test, outcome, seconds) of each test of faults in pytest's report."""
    rows = []
    for case in ElementTree.fromstring(xml).iter("testcase"):
        if case.get("classname", "").startswith(PACKAGE):
            module = case.get("classname", "").removeprefix(PACKAGE)
            seconds = f"{float(case.get('time', 0)):.0f}"
            rows.append((f"{module}: {case.get('name', '')}", _outcome(case), seconds))
    return sorted(rows)


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "FAILED"
    skipped = case.find("skipped")
    return "passed" if skipped is None else f"not run: {skipped.get('message', '')}"


def others() -> str:
    """Return the versions of the programs beside Python; "no nginx" for one that is not here."""
    postgresql = servers.find_postgresql()
    found = {
        "PostgreSQL": str(postgresql / "postgres") if postgresql else None,
        "Redis": servers.find_redis(),
        "nginx": shutil.which("nginx"),
    }
    return ", ".join(
        f"{name} {version_of(program)}" if program else f"no {name}"
        for name, program in found.items()
    )


def version_of(program: str) -> str:
    flag = "-v" if program.endswith("nginx") else "--version"
    done = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    number = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return number[0] if number else "of an unknown version"
