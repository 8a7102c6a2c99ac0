"""Sites of several sizes measured in turns, a process each: what else the machine does weighs on all."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tests.bench.databases import ROOT

_READY, _DONE = "ready", "done"


def measured(
    module: str, sizes: Sequence[int], environments: Sequence[dict[str, str]]
) -> list[tuple[int, Any]]:
    """Return [(size, what `measure` of the module gave in its environment)]; their rounds alternate."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.inside", module, "measure", str(size)],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for environment, size in zip(environments, sizes, strict=True)
    ]  # fmt: skip
    waiting = list(workers)
    for one in waiting:
        _answer(one)
    while waiting:
        for one in list(waiting):
            assert one.stdin
            print("go", file=one.stdin, flush=True)
            if _answer(one) == _DONE:
                waiting.remove(one)
    return [(size, _rest(one)) for size, one in zip(sizes, workers, strict=True)]


def _rest(worker: subprocess.Popen[str]) -> Any:
    """Return the JSON that a process ends with."""
    assert worker.stdin
    assert worker.stdout
    worker.stdin.close()
    answer = json.loads(worker.stdout.read())
    worker.wait()
    return answer


def _answer(worker: subprocess.Popen[str]) -> str:
    """Return what the process says next; exit where it ended instead."""
    assert worker.stdout
    word = worker.stdout.readline().strip()
    if word not in (_READY, _DONE):
        sys.exit(f"measuring ended early: {word or worker.wait()}")
    return word


# Inside the site


def rounds(count: int) -> Iterator[int]:
    """Yield the number of each round once it is this process's turn."""
    for number in range(count):
        print(_READY, flush=True)
        sys.stdin.readline()
        yield number
    print(_DONE, flush=True)
