"""Telling by mail: people what staff decided about them and their comments, staff what a check found."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from forum import markup
from forum.accounts.addresses import address_of, language_of, staff_addresses, stop_link
from forum.accounts.limits import hit
from forum.accounts.preferences import zone_of
from forum.accounts.readers import Reader
from forum.discussions.models import Breach, Comment, Notice, Reason
from forum.discussions.status_links import link_of
from forum.worker.letters import letter
from forum.worker.models import Check

# What authors are told of. Of spam nobody is: a spammer would learn which texts are taken for it.
TOLD = frozenset(
    {"approve", "remove", "restore", "edit-accept", "edit-drop", "appeal-kept", "appeal-won"}
)
AGAINST = frozenset({"remove", "edit-drop", "appeal-kept"})  # then the letter leads to why
EXCERPT_CHARS = 160


def tell_author(
    comment: Comment, verb: str, *, by: Reader | None, reason: str = "", message: str = ""
) -> bool:
    """Queue a letter about this decision in the present transaction; return whether there is one.

    `reason` is a Reason, `message` a word of the moderator's own. It holds the author's own words
    alone, as a short excerpt, and none at all where the talk is hidden.
    """
    if not settings.MAILS or verb not in TOLD:
        return False
    comment = Comment.objects.with_text().get(pk=comment.pk)
    is_own = bool(by and comment.is_by(by))
    address = address_of(member=comment.member, pen=comment.pen)
    if is_own or not address or comment.thread.topic.hidden_at:
        return False
    if hit("decision:address", address.lower()):
        return False
    who = comment.member or comment.pen
    assert who is not None
    with language_of(comment.member):
        context = {
            "verb": verb,
            "name": comment.name,
            "topic": comment.thread.topic,
            "excerpt": markup.excerpt(comment.text.body_html, EXCERPT_CHARS),
            "reason": str(dict(Reason.choices).get(reason, "")),
            "message": message.strip(),
            "comment_url": settings.SITE_URL
            + (link_of(comment) if verb in AGAINST else comment.get_absolute_url()),
            "stop_url": stop_link(who),
        }
        letter("decision", address, context).send()
    return True


def tell_person(
    person: Reader,
    kind: str,
    *,
    page: str,
    reason: str = "",
    message: str = "",
    until: datetime | None = None,
    count: int = 0,
) -> bool:
    """Queue a letter about what staff decided about a person as a whole, in the present transaction;
    return whether there is one.

    `kind`: of the notice in the inbox; `page`: where it is read; `reason`: a Breach or a Reason. It
    holds no word of any comment.
    """
    address = address_of(member=person.user, pen=person.pen, even_closed=True)
    who = person.user or person.pen
    if not (settings.MAILS and address and who):
        return False
    with language_of(person.user), zone_of(person.user):
        is_closed = kind == Notice.Kind.CLOSED
        choices = Reason.choices if kind == Notice.Kind.REMOVED else Breach.choices
        context = {
            "kind": kind,
            "until": until,
            "count": count,
            "reason": str(dict(choices).get(reason, "")),
            "message": message.strip(),
            "page_url": settings.SITE_URL + (reverse("contact") if is_closed else page),
            "stop_url": stop_link(who),
        }
        letter("person", address, context).send()
    return True


def tell_staff_of_faults(check: Check) -> int:
    """Queue a letter about a check that found faults to all who may see how the site is doing.

    Return how many. It names rows by number, and nobody.
    """
    if not settings.MAILS:
        return 0
    told = staff_addresses("worker.view_letter")
    for member, address in told:
        with language_of(member):
            context = {
                "check": check,
                "page_url": settings.SITE_URL + reverse("admin:worker_tally_changelist"),
            }
            letter("faults", address, context).send()
    return len(told)
