"""What a bare address of this site says in a comment: the title of the film or topic it leads to."""

import re
from urllib.parse import quote, unquote

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from forum.accounts.readers import ANYBODY
from forum.discussions import tree, walk
from forum.discussions.models import Comment, Topic

MOST_ADDRESSES = 20  # of a text; more are not made into links either
_COMMENT = re.compile(r"/comments/(\d{1,18})/?")
_LOBBY = re.compile(r"/lobby/(\d{1,18})/?")


def titles_in(body: str) -> dict[str, str]:
    """Return {address: words} for the addresses of this site in a text that lead to a film, a topic
    or a comment which anybody may see. Addresses come without "?" and "#".

    No query for a text without one; else one, and two for comments.
    """
    site = settings.SITE_URL
    if site not in body:
        return {}
    ends = re.compile(re.escape(site) + r"(/[^\s<>\"'|?#()\[\]]*)")
    typed = [one.rstrip(".,;:!") for one in ends.findall(body)][:MOST_ADDRESSES]
    # As the parser writes it in the link: a letter beyond ASCII is quoted.
    paths = {quote(unquote(path), safe="/%:@!$&*+,;=~-._") for path in typed}
    known = _topics(paths) | _comments(paths)
    return {f"{site}{path}": known[path] for path in paths if path in known}


def _numbers(paths: set[str], pattern: re.Pattern[str]) -> dict[int, list[str]]:
    """Return {number: paths that name it}."""
    found: dict[int, list[str]] = {}
    for path in paths:
        if match := pattern.fullmatch(path):
            found.setdefault(int(match[1]), []).append(path)
    return found


def _topics(paths: set[str]) -> dict[str, str]:
    lobby = _numbers(paths, _LOBBY)
    whole = {path if path.endswith("/") else f"{path}/" for path in paths}
    rows = Topic.objects.visible_to(ANYBODY).filter(
        Q(path__in=whole) | Q(path="", pk__in=list(lobby))
    )
    found: dict[str, str] = {}
    for pk, path, title in rows.values_list("pk", "path", "title"):
        names = [path, path.rstrip("/")] if path else lobby[pk]
        found |= dict.fromkeys(names, title)
    return found


def _comments(paths: set[str]) -> dict[str, str]:
    numbers = _numbers(paths, _COMMENT)
    if not numbers:
        return {}
    rows = Comment.objects.public().filter(pk__in=list(numbers))
    on = dict(rows.values_list("pk", "thread__topic__title"))
    found: dict[str, str] = {}
    with override(settings.LANGUAGE_CODE):  # it stays as it is written now, whoever reads it
        for pk, ordinals in tree.ordinals_down_to(list(on)).items():
            number = walk.number(ordinals, ())
            words = _("comment %(number)s on %(title)s") % {"number": number, "title": on[pk]}
            found |= dict.fromkeys(numbers[pk], words)
    return found
