"""Where measurements are written: docs/benchmarks.md, each command its own part; other pages too."""

import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
HEAD = """# Measured

Each part is written by its command (`./run bench NAME`) and never by hand. Machines differ and are
shared: read the ratios, which come from one run, side by side, as medians.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def surroundings() -> str:
    """Return one line: when, on what, with what."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{datetime.now(UTC):%d %B %Y}, {platform.system()} {platform.machine()}, {cores} cores,"
        f" load {os.getloadavg()[0]:.1f} at the end; Python {platform.python_version()},"
        f" Django {version('django')}, django-mptt {version('django-mptt')},"
        f" gunicorn {version('gunicorn')}, SQLite {sqlite3.sqlite_version}"
    )


def write(name: str, title: str, text: str, *, page_path: Path = PAGE, head: str = HEAD) -> None:
    """Put the part `name` into a page, in place of what it said before; `head` begins a new page."""
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    part = f"{begin}\n## {title}\n\n{surroundings()}.\n\n{text}\n{end}"
    page = page_path.read_text() if page_path.exists() else head
    found = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    page = found.sub(lambda _old: part, page) if found.search(page) else f"{page}\n{part}\n"
    page_path.parent.mkdir(exist_ok=True)
    page_path.write_text(page)
    print(f"\n{part}\n\nwritten to docs/{page_path.name}")
