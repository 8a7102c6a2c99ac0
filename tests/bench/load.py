"""Crowd and writers in a process of their own: HTTP over loopback on kept connections, bounded.

Each line of standard input is a round as JSON (see `Crowd.begin`); each line of output its figures.
"""

import json
import random
import re
import selectors
import socket
import subprocess
import sys
import time
import uuid
from contextlib import AbstractContextManager, suppress
from typing import Any

from tests import servers

WAIT_S = 60  # for an answer
MARK = "@" * 32
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Crowd(AbstractContextManager["Crowd"]):
    """The other process, from this side."""

    def __enter__(self) -> "Crowd":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            cwd=servers.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def begin(self, **round_: Any) -> None:
        """Start a round.

        port, headers, status (the one that is right), connections; requests in all, or seconds after
        which nobody asks again; path, or paths, of which each request takes any. With `form`, each
        request posts it; in it and in headers, MARK is another word each time. cookies: one a connection, in turn.
        """
        assert self.process.stdin
        self.process.stdin.write(json.dumps(round_) + "\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Return {"requests", "rate": requests a second, "p50", "p95": milliseconds, "bytes": of the last body}."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the load ended early; its reason stands above")
        return dict(json.loads(line))

    def ask(self, **round_: Any) -> dict[str, Any]:
        self.begin(**round_)
        return self.end()


class Person:
    """One connection that asks again and again."""

    def __init__(self, number: int, round_: dict[str, Any]) -> None:
        self.round, self.chance = round_, random.Random(number)
        headers = dict(round_["headers"])
        if cookies := round_.get("cookies"):
            headers["Cookie"] = cookies[number % len(cookies)]
        self.form = round_.get("form", "").encode()
        if self.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Content-Length"] = len(self.form)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        self.head = "\r\n".join(["Host: localhost", *lines, "", ""]).encode("latin-1")
        self.paths = [path.encode() for path in round_.get("paths") or [round_["path"]]]
        self.status = b"%d" % round_["status"]
        self.socket = self._connected()
        self.waits_ms: list[float] = []
        self.body_bytes = 0

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.round["port"]), timeout=WAIT_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def send(self) -> None:
        path = self.chance.choice(self.paths)
        request = b"%s %s HTTP/1.1\r\n%s" % (b"POST" if self.form else b"GET", path, self.head)
        if self.form:
            request += self.form.replace(MARK.encode(), uuid.uuid4().hex.encode())
        self.request = request
        self.have, self.whole = bytearray(), 0
        self.begun = time.perf_counter()
        with suppress(ConnectionError):  # then nothing comes, and connect_again is asked for
            self.socket.sendall(request)

    def receive(self) -> bool | None:
        """Take what has come; return whether the answer is whole, None where the server hung up."""
        try:
            got = self.socket.recv(262_144)
        except ConnectionError:
            got = b""
        if not got:
            return None
        self.have += got
        if not self.whole:
            head, end, _body = bytes(self.have[:4096]).partition(b"\r\n\r\n")
            if not end:
                return False
            if head[9:12] != self.status:
                raise SystemExit(f"answered {head.splitlines()[0].decode()}")
            length = _LENGTH.search(head)
            if not length and self.status != b"304":
                raise SystemExit("an answer does not say its length")
            self.body_bytes = int(length[1]) if length and self.status != b"304" else 0
            self.whole = len(head) + 4 + self.body_bytes
        if len(self.have) < self.whole:
            return False
        self.waits_ms.append((time.perf_counter() - self.begun) * 1000)
        return True

    def connect_again(self) -> None:
        """Ask the same anew after the server gave the connection up before it answered, as browsers
        do; the wait goes on.
        """
        if self.have:
            raise SystemExit("the server closed a connection before its answer was whole")
        self.socket.close()
        self.socket = self._connected()
        self.socket.sendall(self.request)


def do(round_: dict[str, Any]) -> dict[str, Any]:
    """Carry out a round: each connection asks its next once it has its answer."""
    people = [Person(number, round_) for number in range(round_["connections"])]
    left = round_.get("requests", sys.maxsize) - len(people)
    begun = time.perf_counter()
    until = begun + round_.get("seconds", 3600)
    with selectors.DefaultSelector() as ready:
        for person in people:
            ready.register(person.socket, selectors.EVENT_READ, person)
            person.send()
        busy = len(people)
        while busy:
            for key, _events in ready.select(WAIT_S) or sys.exit("no answer came"):
                is_whole = key.data.receive()
                if is_whole is None:
                    ready.unregister(key.fileobj)
                    key.data.connect_again()
                    ready.register(key.data.socket, selectors.EVENT_READ, key.data)
                if not is_whole:
                    continue
                if left > 0 and time.perf_counter() < until:
                    left -= 1
                    key.data.send()
                else:
                    busy -= 1
                    ready.unregister(key.data.socket)
    took_s = time.perf_counter() - begun
    waits = sorted(wait for person in people for wait in person.waits_ms)
    for person in people:
        person.socket.close()
    return {
        "requests": len(waits),
        "rate": len(waits) / took_s,
        "p50": waits[len(waits) // 2],
        "p95": waits[len(waits) * 95 // 100],
        "bytes": people[0].body_bytes,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(do(json.loads(line))), flush=True)
