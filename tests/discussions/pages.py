"""Pages of a talk as tests read them."""

import re
from html.parser import HTMLParser

from forum.discussions import page
from forum.discussions.models import Comment, Topic
from forum.discussions.options import Options


class Articles(HTMLParser):
    """The comments of a page: [(id, attributes, ids of the articles round it)], and its links."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open, self.links, self.elements = [], [], [], []
        self.feed(html)
        assert self.elements == [], f"not closed: {self.elements}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append(tag)
        if tag == "article":
            number = int(attributes["id"][1:])
            self.found.append((number, attributes, list(self.open)))
            self.open.append(number)
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        assert self.elements.pop() == tag, f"</{tag}> closes something else"
        if tag == "article":
            self.open.pop()

    @property
    def ids(self):
        return [number for number, _attributes, _round in self.found]


def fresh(topic):
    return Topic.objects.get(pk=topic.pk)


def talk(topic, **options):
    """Return the talk of the topic as it is now, as HTML."""
    return page.talk(fresh(topic), Options(**options)).html.decode()


def shown(topic, **options):
    return Articles(talk(topic, **options)).ids


def branch(pk, **options):
    comment = Comment.objects.with_text().get(pk=pk)
    return page.branch(comment, comment.thread.topic, Options(**options)).html.decode()


def next_token(html):
    found = re.search(r'<a rel="next" href="[^"]*[?;]page=([\d.]+)', html)
    return found[1] if found else ""


def pages(topic, **options):
    """Return the ids of the comments on every page, following the pager."""
    found, token = [], ""
    while True:
        html = talk(topic, token=token, **options)
        found.append(Articles(html).ids)
        token = next_token(html)
        if not token:
            return found
        assert len(found) < 50
