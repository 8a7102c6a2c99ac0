"""/metrics: what was counted and how things stand, as Prometheus text (version 0.0.4).

Off without METRICS_TOKEN. Every process adds its counts to one table every ten seconds, so that one
answer speaks for all of them.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from forum.counts import Key
from forum.present import BUCKETS
from forum.worker import figures
from forum.worker.desk import Desk
from forum.worker.models import Check

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]  # an ending of the name, labels, value
# What is counted: (name in the table, name told, what it is)
COUNTERS = [
    ("requests", "foyer_requests_total", "Answers by page, method and status."),
    ("queries", "foyer_queries_total", "Statements sent to the database, by page."),
    ("slow_queries", "foyer_slow_queries_total", "Statements slower than 0.1 s, by page."),
    ("cache", "foyer_kept_total", "Looks for what is kept in memory, by kind and result."),
    ("posts", "foyer_posts_total", "Comments posted, by the state they came into."),
    ("refusals", "foyer_refusals_total", "What people sent and the site did not take, by reason."),
]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN, 401 to whoever does not send it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    sent = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(sent, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer", **_NEVER_STORED})
    return HttpResponse(text(), content_type=CONTENT_TYPE, headers=_NEVER_STORED)


_NEVER_STORED = {"Cache-Control": "no-store"}


def text() -> str:
    """Return all that is told; at most 9 queries."""
    totals = figures.totals()
    lines = [*_counters(totals), *_latencies(totals), *_queue(), *_checks()]
    return "\n".join(lines) + "\n"


def _family(name: str, kind: str, words: str, samples: Iterator[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    for ending, labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(of)}"' for label, of in labels.items())
        yield (
            f"{name}{ending}{{{inside}}} {value:.10g}" if inside else f"{name}{ending} {value:.10g}"
        )


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _counters(totals: Mapping[Key, float]) -> Iterator[str]:
    for name, told, words in COUNTERS:
        found = (
            ("", _labels(*key), value) for key, value in sorted(totals.items()) if key[0] == name
        )
        yield from _family(told, "counter", words, found)


def _labels(name: str, page: str, label: str) -> Labels:
    if name == "requests":
        method, _space, status = label.partition(" ")
        return {"page": page, "method": method, "status": status}
    if name == "cache":
        return {"kind": page, "result": label}
    if name == "posts":
        return {"state": label}
    return {"reason": label} if name == "refusals" else {"page": page}


def _latencies(totals: Mapping[Key, float]) -> Iterator[str]:
    words = "Seconds from the first line of ours to the answer's headers, by page."
    yield from _family("foyer_request_seconds", "histogram", words, _buckets(totals))


def _buckets(totals: Mapping[Key, float]) -> Iterator[Sample]:
    by_page: dict[str, dict[str, float]] = defaultdict(dict)
    for (name, page, label), value in totals.items():
        if name == "seconds_bucket":
            by_page[page][label] = value
    for page, found in sorted(by_page.items()):
        running = 0.0
        for bound in BUCKETS:
            running += found.get(bound, 0)
            yield "_bucket", {"page": page, "le": bound}, running
        yield "_sum", {"page": page}, totals.get(("seconds", page, ""), 0)
        yield "_count", {"page": page}, running


def _queue() -> Iterator[str]:
    desk = Desk.now()
    tasks = {"due": desk.due, "later": desk.later, "running": desk.running, "failed": desk.failed}
    words = "Tasks of the worker, by state."
    yield from _family("foyer_tasks", "gauge", words, _by("state", tasks))
    letters = {"waiting": desk.letters_waiting, "failed": desk.letters_failed}
    yield from _family("foyer_letters", "gauge", "Letters, by state.", _by("state", letters))
    yield from _family("foyer_workers", "gauge", "Workers alive.", _one(desk.workers))


def _checks() -> Iterator[str]:
    last = Check.objects.filter(what="trees").exclude(done_at=None).order_by("-started_at").first()
    if last is None or last.done_at is None:
        return
    told = [
        ("foyer_tree_check_timestamp_seconds", "When all trees were last checked.", last.done_at.timestamp()),
        ("foyer_tree_check_duration_seconds", "How long that took.", (last.done_at - last.started_at).total_seconds()),
        ("foyer_tree_check_comments", "How many comments were checked.", last.looked_at),
        ("foyer_tree_faults", "How many faults that found.", last.faults),
    ]  # fmt: skip
    for name, words, value in told:
        yield from _family(name, "gauge", words, _one(value))


def _one(value: float) -> Iterator[Sample]:
    yield "", {}, value


def _by(label: str, values: Mapping[str, float]) -> Iterator[Sample]:
    for name, value in values.items():
        yield "", {label: name}, value
