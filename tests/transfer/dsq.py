"""Small Disqus exports, written for these tests."""

from xml.sax.saxutils import escape, quoteattr

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="5"><forum>oldsite</forum><title>General</title><isDefault>true</isDefault></category>
"""


def dsq(*parts: str) -> str:
    return HEAD + "\n".join(parts) + "\n</disqus>\n"


def thread(number, link="", title="Nanook of the North", deleted="false", **fields) -> str:
    """One <thread>; a field given as None is left out, `number` None leaves out dsq:id."""
    link = link if link != "" else f"https://old.example/2012/01/film-{number}/"
    texts = {
        "id": "",
        "forum": "oldsite",
        "link": link,
        "title": title,
        "message": "",
        "createdAt": "2012-01-04T16:38:05Z",
        "isClosed": "false",
        "isDeleted": deleted,
    } | fields
    return f"<thread{_own(number)}>{_lines(texts)}{_author('Ruth')}</thread>"


def post(number, on, parent=None, body="<p>I saw it.</p>", name="Teresa", **fields) -> str:
    """One <post> on the thread `on`; a field given as None is left out."""
    texts = {
        "id": "",
        "message": body,
        "createdAt": "2013-03-14T18:56:08Z",
        "isDeleted": "false",
        "isSpam": "false",
        "ipAddress": "192.0.2.7",
    } | fields
    up = f'<parent dsq:id="{parent}"/>' if parent else ""
    where = f'<thread dsq:id="{on}"/>' if on is not None else ""
    return f"<post{_own(number)}>{_lines(texts)}{_author(name)}{where}{up}</post>"


def _own(number) -> str:
    return f" dsq:id={quoteattr(str(number))}" if number is not None else ""


def _lines(texts: dict) -> str:
    return "".join(
        f"<{key}>{escape(str(text))}</{key}>" for key, text in texts.items() if text is not None
    )


def _author(name) -> str:
    shown = f"<name>{escape(name)}</name>" if name is not None else ""
    return (
        f"<author><email>teresa@example.org</email>{shown}<isAnonymous>true</isAnonymous></author>"
    )
