"""What the read bench makes of its figures: the bars, and whether a reply is seen at once."""

import http.client
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from tests.bench import report
from tests.bench.load import Crowd
from tests.bench.processes import GRANIAN, GUNICORN, STOP_S, Server

CONNECTIONS = 16
COLD = ", cold"
PACKED = {"Accept-Encoding": "gzip, br"}
PAGE = "200 comments"
FLOORS = ("f1, a file by nginx", "f2, a prebuilt answer", "f3, default middleware and one query")
TALKS = (  # every page with comments, warm and cold
    PAGE,
    "16 comments",
    "1,000 comments, first page",
    "1,000 comments, all on one page",
    "10,000 comments, first page",
    "10,000 comments, third page",
    "10,000 comments, most discussed first",
    "10,000 comments, further in the longest thread",
    "a chain 100 deep",
    "a chain 10,000 deep, first page",
    "a chain 10,000 deep, further down",
    "one thread of 10,000, first page",
    "one thread of 10,000, further on",
)
REPLIES = 1_000
SLICE_S = 5  # of load, while replies are posted
THREAD = 20  # replies to one comment, before another is posted
OTHERS_QUERIES, OTHERS_CPU = 8, 8  # at most, times f3
WITHOUT_BAR = ("my comments", "the Lobby", "a comment's page")


def tables(
    title: str,
    targets: dict[str, Any],
    facts: dict[str, Any],
    lives: dict[str, dict[str, Any]],
    seen: int,
    used_mb: float,
) -> str:
    """Return the tables of one database, the bars first."""
    ours = [name for name in targets if GRANIAN not in name]
    floors = [name for name in ours if name.startswith(FLOORS)]
    talks = [name for name in ours if name.removesuffix(COLD) in TALKS or PAGE in name]
    others = [name for name in ours if name not in {*talks, *floors}]
    of_bars = report.table(
        ["what is asked", "at most", "aim", "measured", "held"], bars(targets, facts, seen)
    )
    return "\n\n".join(
        [
            f"### {title}",
            of_bars,
            figures(targets, facts, [*floors, *talks]),
            figures(targets, facts, others, OTHERS_CPU),
            server_table(targets, lives),
            f"After all of it the site's two processes held {used_mb:.0f} MB (PSS), most of it pages kept.",
        ]
    )


def bars(targets: dict[str, Any], facts: dict[str, Any], seen: int) -> list[list[object]]:
    """Return a row for each bar: what, the bar, the aim, what was measured, whether it holds."""
    f3, f2 = targets[FLOORS[2]].median("cpu"), targets[FLOORS[1]].median("rate")

    def cpu(name: str) -> float:
        return float(targets[name].median("cpu"))

    def worst(suffix: str, mark: str) -> float:
        names = [name for name in TALKS if name.startswith(mark)]
        return max(cpu(name + suffix) for name in names) / cpu(PAGE + suffix)

    def a_comment_more(suffix: str) -> float:
        ends = cpu("1,000 comments, all on one page" + suffix) - cpu("16 comments" + suffix)
        return ends / (1_000 - 16)

    cold, warm = facts["queries"][PAGE]
    member_cold, member_warm = facts["queries"][f"{PAGE}, a member"]
    rate = targets[PAGE].median("rate") / f2
    packed = targets[PAGE].median("bytes")
    rows: list[list[object]] = [
        most("CPU to f3: warm, anonymous", cpu(PAGE) / f3, 3, 1.3, "x"),
        least("requests a second at 16 connections, to f2", 100 * rate, 15, 45, " %"),
        most("CPU to f3: cold", cpu(PAGE + COLD) / f3, 12, 7, "x"),
        most("CPU to f3: a member, with marks", cpu(f"{PAGE}, a member") / f3, 6, 3, "x"),
        most("CPU ms of a comment more, warm", a_comment_more(""), 0.005, 0.001, "", 4),
        most("CPU ms of a comment more, cold", a_comment_more(COLD), 0.05, 0.02, "", 4),
        most("10,000 comments, costliest page to 200 comments, warm", worst("", "10,000"), 1.2, 1, "x"),
        most("10,000 comments, the same, cold", worst(COLD, "10,000"), 3, 1.5, "x"),
        most("a chain 100 or 10,000 deep to 200 comments, warm", worst("", "a chain"), 1.2, 1, "x"),
        most("a chain 100 or 10,000 deep to 200 comments, cold", worst(COLD, "a chain"), 1.2, 1, "x"),
        ["one thread of 10,000 to 200 comments, cold", "", "", f"{worst(COLD, 'one thread'):.1f}x", ""],
        most("bytes, compressed", packed, 35_000, 28_000, "", 0),
        most("queries, warm", warm, 1, 1, "", 0),
        most("queries, cold", cold, 8, 6, "", 0),
        most("queries of a member, warm", member_warm, 6, 4, "", 0),
        most("queries of a member, cold", member_cold, 13, 10, "", 0),
        least(f"replies seen by the next request, of {REPLIES:,}", seen, REPLIES, REPLIES, "", 0),
    ]  # fmt: skip
    return rows


def most(what: str, got: float, bar: float, aim: float, unit: str, places: int = 2) -> list[object]:
    word = "yes" if got <= bar else "NO"
    return [what, f"{bar:,}{unit}", f"{aim:,}{unit}", f"{got:,.{places}f}{unit}", word]


def least(
    what: str, got: float, bar: float, aim: float, unit: str, places: int = 1
) -> list[object]:
    word = "yes" if got >= bar else "NO"
    return [
        f"{what} (at least)",
        f"{bar:,}{unit}",
        f"{aim:,}{unit}",
        f"{got:,.{places}f}{unit}",
        word,
    ]


def figures(
    targets: dict[str, Any], facts: dict[str, Any], names: list[str], cpu_bar: float | None = None
) -> str:
    """Return the table of these pages; with `cpu_bar`, whether each holds it and eight queries."""
    f3, f2 = targets[FLOORS[2]].median("cpu"), targets[FLOORS[1]].median("rate")
    head = ["page", "CPU ms", "to f3", "p50 ms", "p95 ms", "requests/s at 16", "to f2", "bytes"]
    head += ["queries, cold and warm"] if cpu_bar else ["queries"]
    head += [f"at most {cpu_bar:g}x f3 and {OTHERS_QUERIES} queries"] if cpu_bar else []
    rows = []
    for name in names:
        one = targets[name]
        counts = facts["queries"].get(name.removesuffix(COLD), [])
        asked: Any = ""
        if counts:
            asked = counts[0] if name.endswith(COLD) else counts[1]
            asked = " and ".join(map(str, counts)) if cpu_bar else asked
        ratio = one.median("cpu") / f3
        row: list[object] = [
            name,
            f"{one.median('cpu'):.2f}",
            f"{ratio:.2f}x",
            f"{one.median('p50'):.2f}",
            f"{one.median('p95'):.2f}",
            f"{one.median('rate'):,.0f}",
            f"{100 * one.median('rate') / f2:.0f} %",
            f"{one.median('bytes'):,.0f}",
            asked,
        ]
        if cpu_bar:
            has_bar = not name.endswith(COLD) and not name.startswith(WITHOUT_BAR)
            holds = ratio <= cpu_bar and max(counts) <= OTHERS_QUERIES
            row.append(("yes" if holds else "NO") if has_bar else "")
        rows.append(row)
    return report.table(head, rows)


def server_table(targets: dict[str, Any], lives: dict[str, dict[str, Any]]) -> str:
    """Return gunicorn and granian side by side."""
    rows = []
    for by in (GUNICORN, GRANIAN):
        end = "" if by == GUNICORN else f", {GRANIAN}"
        row: list[object] = [by]
        for name in (FLOORS[1], PAGE, f"{PAGE}, a member"):
            one = targets[f"{name}{end}"]
            row.append(f"{one.median('cpu'):.2f} ms, {one.median('rate'):,.0f}/s")
        life = lives[by]
        stopped = life["stop_s"]
        row += [f"{life['start_s']:.2f}", f"{life['memory_mb']:.0f}"]
        row.append(f"not within {STOP_S}" if stopped is None else f"{stopped:.1f}")
        rows.append(row)
    head = ["server, two processes", "f2: CPU, at 16 connections", PAGE, f"{PAGE}, a member"]
    head += ["seconds from start to first page", "MB after the load (PSS)"]
    head += ["seconds to end, told so 0.5 s after its start"]
    return report.table(head, rows)


def seen_at_once(site: Server, facts: dict[str, Any], crowd: Crowd) -> int:
    """Post replies while others read the talk; return how many the very next request of another
    reader showed. Each reader comes on a connection of its own, so that either process answers.
    """
    page = facts["paths"]["16 comments"] + "?sort=newest"
    film = _get(site, page).decode()
    form = film.split("data-form-link>")[0].rpartition('href="')[2].split('"')[0]
    seen, posted, root = 0, 0, ""
    while posted < REPLIES:
        crowd.begin(
            port=site.port, path=page, headers=PACKED, status=200,
            connections=CONNECTIONS // 2, seconds=SLICE_S,
        )  # fmt: skip
        until = time.monotonic() + SLICE_S * 0.9
        while posted < REPLIES and time.monotonic() < until:
            if posted % THREAD == 0:
                root = ""
            word = uuid.uuid4().hex
            at = _post(site, root or form, word, facts["sessions"]["member"])
            seen += word.encode() in _get(site, page)
            posted += 1
            root = root or f"/comments/{at}/reply/"
        crowd.end()
    return seen


def _get(site: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def _post(site: Server, path: str, word: str, session: str) -> str:
    """Post a comment of one word; return its number."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    token = "a" * 32  # what the cookie says, the form must repeat
    form = {"csrfmiddlewaretoken": token, "body": word, "submission": str(uuid.uuid4())}
    headers = {
        "Cookie": f"session={session}; csrf={token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    if answer.status != 302:
        raise SystemExit(f"a reply was answered {answer.status}")
    connection.close()
    return answer.headers["Location"].rpartition("#c")[2]
