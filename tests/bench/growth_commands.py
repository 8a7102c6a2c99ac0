"""The commands that go through a site, and those that bring something in, at every size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import report

TALK = "talked-film"  # of growth_site.py

IMPORTED = GENERATED = 1_000  # comments
NOTES = f"""\
Commands, in microseconds a comment of the site where they go through all of it (linear: the same at
every size, once starting them does not count any more), and in milliseconds where what they do is the
same: {IMPORTED:,} comments from an export, {GENERATED:,} generated, one branch purged. Before
`repair_trees` the numbers of one thread in a hundred were broken; before `rerender` one text in a
hundred was made by older rules."""
BREAK = """
UPDATE discussions_comment SET lft = lft + 1, rght = rght + 1 WHERE level > 0 AND tree_id % 100 = 7"""
AGE = "UPDATE discussions_commenttext SET html_version = 0 WHERE comment_id % 100 = 7"


class Command(NamedTuple):
    """words: of the command line. before: SQL that makes it something to do. goes_through: all rows."""

    words: str
    before: str = ""
    goes_through: bool = True


COMMANDS = [
    Command("check_trees"),
    Command("repair_trees", BREAK),
    Command("rerender", AGE),
    Command("rerender_films"),
    Command("rebuild_search"),
    Command("tick"),
    Command(f"generate_talk --film {TALK} --comments {GENERATED} --seed 5", goes_through=False),
    Command("import_comments --format disqus FILE --films create", goes_through=False),
    Command("purge_comment ROOT --now --yes", goes_through=False),
    Command("check_trees"),  # after all of it: it fails if anything is broken
]


def table(sites: Sequence[Any], file: Path) -> str:
    """Run the commands at every size and return what they took."""
    rows = [["filling the site", *_each(sites, [site.filled_s for site in sites], True)]]
    for command in COMMANDS:
        taken = [_seconds(site, command, file) for site in sites]
        name = command.words.replace(" FILE", " …").replace(" ROOT", " …")
        rows.append([f"`{name}`", *_each(sites, taken, command.goes_through)])
        print(f"  {name}: {', '.join(f'{one:.2f} s' for one in taken)}", flush=True)
    head = ["", "of", *(f"{site.comments:,}" for site in sites), "last to the one before"]
    return report.table(head, rows)


def _seconds(site: Any, command: Command, file: Path) -> float:
    if command.before:
        site.ask("sql", command.before)
    root = site.ask("root") if "ROOT" in command.words else 0
    words = command.words.replace("FILE", str(file)).replace("ROOT", str(root))
    return float(site.ask("command", words))


def _each(sites: Sequence[Any], seconds: Sequence[float], goes_through: bool) -> list[str]:
    if goes_through:
        found = [one * 1e6 / site.comments for one, site in zip(seconds, sites, strict=True)]
        shown = [f"{one:,.1f}" for one in found]
    else:
        found = [one * 1_000 for one in seconds]
        shown = [f"{one:,.0f}" for one in found]
    return ["µs a comment" if goes_through else "ms", *shown, f"{found[-1] / found[-2]:.2f}x"]
