"""People who write without JavaScript, and the account of what became of every press of the button."""

import html
import http.client
import re
import socket
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.faults.site import Site

PATIENCE_S = 60  # what a browser would wait, and more
NEW = "/topics/1/comments/new/"


@dataclass
class Answer:
    """What came back; status 0: the connection broke."""

    status: int
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0

    @property
    def is_done(self) -> bool:
        return self.status in (200, 302, 303)


@dataclass
class Press:
    """One press of the button: by whom, where, what, and the answer to it."""

    guest: "Guest"
    path: str
    fields: dict[str, str]
    answer: Answer
    at: float  # time.monotonic() when it was answered

    @property
    def body(self) -> str:
        return self.fields["body"]


class Guest:
    """A browser: it keeps cookies, opens forms and sends them back with all their fields."""

    def __init__(self, port: int, name: str = "Nils", email: str = "", reads_s: float = 0) -> None:
        self.port, self.name, self.email = port, name, email
        self.reads_s = (
            reads_s  # before it writes; where limits are on, no person is quicker than 2 s
        )
        self.cookies: dict[str, str] = {}

    def ask(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        also: Sequence[tuple[str, object]] = (),
    ) -> Answer:
        """GET, or POST `fields` and `also`. A broken connection is an answer too (status 0)."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            data = None if fields is None else urlencode([*fields.items(), *also])
            connection.request("GET" if data is None else "POST", path, data, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return Answer(0, seconds=time.monotonic() - started)
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(line).items()}
        return Answer(response.status, text, dict(response.headers), time.monotonic() - started)

    def form(self, path: str = NEW) -> dict[str, str]:
        """Open the form at `path` and return its fields as they stand there."""
        answer = self.ask(path)
        assert answer.status == 200, (answer.status, answer.text)
        return fields_of(answer.text) | {"name": self.name, "email": self.email}

    def press(self, fields: dict[str, str], path: str = NEW) -> Press:
        """Send a form; check what must hold for every answer to a POST, whatever happens."""
        press = Press(self, path, fields, self.ask(path, fields), time.monotonic())
        check_answer(press)
        return press

    def send_and_go(self, fields: dict[str, str], path: str = NEW, *, after_s: float) -> None:
        """Send a form and close the connection without waiting for the answer."""
        data = urlencode(fields).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(head.encode() + data)
            time.sleep(after_s)

    def say(self, body: str, path: str = NEW) -> Press:
        fields = self.form(path)
        time.sleep(self.reads_s)
        return self.press(fields | {"body": body}, path)


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields and texts of the first form that is posted, without its buttons."""
    form = re.search(r'<form[^>]*method="post".*?</form>', page, re.S)
    assert form, page
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        words = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if words.get("name"):
            found[words["name"]] = html.unescape(words.get("value", ""))
    for words, text in re.findall(r"<textarea([^>]*)>\n?(.*?)</textarea>", form[0], re.S):
        if name := re.search(r'name="([^"]*)"', words):
            found[name[1]] = html.unescape(text)
    return found


def check_answer(press: Press) -> None:
    """Done, refused or not done: the last two with the text; never blank, never a traceback."""
    answer = press.answer
    if answer.status in (0, 302, 303):
        return
    assert "Traceback" not in answer.text
    assert "</html>" in answer.text, f"{answer.status}: a blank or cut page: {answer.text!r}"
    assert html.escape(press.body) in answer.text, f"{answer.status} without the text"
    assert answer.status == 503 or 400 <= answer.status < 500, answer.status
    if answer.status == 503:
        assert "Not saved; your text is below" in answer.text


class Writers:
    """Guests who each open all their forms, then press one after the other, at once with the rest."""

    def __init__(
        self, site: Site, people: int, each: int, pause_s: float = 0, path: str = NEW
    ) -> None:
        self.site, self.each, self.pause_s, self.path = site, each, pause_s, path
        self.guests = [
            Guest(site.port, f"Guest {number}", f"guest{number}@example.org")
            for number in range(people)
        ]
        self.presses: list[Press] = []
        self.errors: list[BaseException] = []
        self._may_begin = threading.Barrier(people + 1)
        self._threads = [
            threading.Thread(target=self._write, args=[guest]) for guest in self.guests
        ]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        self._may_begin.wait(120)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.wait()

    def wait(self) -> None:
        """Wait until all have pressed every button once."""
        for thread in self._threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def are_writing(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _write(self, guest: Guest) -> None:
        try:
            forms = [
                guest.form(self.path) | {"body": f"{guest.name} says number {number} & more"}
                for number in range(self.each)
            ]
            self._may_begin.wait(120)
            for form in forms:
                self.presses.append(guest.press(form, self.path))
                time.sleep(self.pause_s)
        except BaseException as error:
            self.errors.append(error)
            self._may_begin.abort()

    def count(self, *statuses: int) -> int:
        return sum(press.answer.status in statuses for press in self.presses)


def settle(site: Site, presses: list[Press]) -> None:
    """Hold the account against the database, press again what was not done, and hold it again.

    Done is there once; refused is not there; not done, or broken, is there once after one more press.
    """
    bodies = site.bodies()
    for press in presses:
        found, status = bodies.count(press.body), press.answer.status
        assert found <= 1, f"{press.body} is there {found} times"
        if press.answer.is_done:
            assert found == 1, f"{press.body} was said to be done"
        elif 400 <= status < 500:
            assert found == 0, f"{press.body} was refused with {status}"
    for press in presses:
        fields = press.fields
        if press.answer.status == 503:
            fields = fields_of(press.answer.text)  # the page is the form again, whole
            assert told(fields) == told(press.fields)
        if press.answer.status in (0, 503):
            answer = press.guest.press(fields, press.path).answer
            assert answer.status == 302, (answer.status, answer.text)
    bodies = site.bodies()
    expected = [press.body for press in presses if not 400 <= press.answer.status < 500]
    assert sorted(bodies) == sorted(expected)


def told(fields: dict[str, str]) -> dict[str, str]:
    """Return what a form says, without what guards it and what is empty."""
    return {n: words for n, words in fields.items() if words and n != "csrfmiddlewaretoken"}


def check_sound(site: Site) -> None:
    """No half row, and every stored count is that of the rows."""
    assert "no fault" in site.manage("check_trees")
    without_text = (
        "SELECT count(*) FROM discussions_comment c WHERE NOT EXISTS"
        " (SELECT 1 FROM discussions_commenttext t WHERE t.comment_id = c.id)"
    )
    without_event = (
        "SELECT count(*) FROM discussions_comment c WHERE NOT EXISTS"
        " (SELECT 1 FROM discussions_event e WHERE e.comment_id = c.id AND e.verb = 'post')"
    )
    assert site.rows(without_text) == site.rows(without_event) == [(0,)]
    public = site.rows("SELECT count(*) FROM discussions_comment WHERE state = 'public'")
    assert public == site.rows("SELECT sum(comment_count) FROM discussions_topic")


def write_until(guest: Guest, presses: list[Press], status: int, *, body: str) -> Press:
    """Write until an answer has `status`; add every press to `presses` and return the last."""
    form = guest.form()
    for number in range(500):
        # A form that was opened before: opening one writes nothing, but the disk is as it is.
        fields = form | {"body": f"Number {number}. {body}", "submission": str(uuid.uuid4())}
        presses.append(guest.press(fields))
        if presses[-1].answer.status == status:
            return presses[-1]
        assert presses[-1].answer.status == 302, presses[-1].answer
    raise AssertionError(f"{status} never came")
