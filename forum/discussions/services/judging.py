"""What the checks say to a text before it is written, and what they say of the place before that."""

import uuid
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.discussions import checks
from forum.discussions.models import Comment, Topic
from forum.discussions.records import record_of, written_by
from forum.discussions.services.acts import Author

_OF_THE_PLACE = ("rules",)  # the facts that checks of a place need


def judge(
    author: Author,
    body: str,
    html: str,
    topic: Topic,
    network_key: str = "",
    *,
    parent_id: int | None = None,
    thread_id: int = 0,
    submission: uuid.UUID | None = None,
    sent: checks.Sent | None = None,
    is_edit: bool = False,
) -> checks.Judgement:
    """Return what the checks say, with each one's result.

    One statement for what the author wrote before, and those of COMMENT_FACTS. Raises
    ValidationError with the code and params of a check that refuses.
    """
    draft = replace(
        _draft(author, topic, parent_id, thread_id, submission),
        body=body,
        html=html,
        network_key=network_key,
        is_edit=is_edit,
        sent=sent,
    )
    judgement = checks.run(checks.gather(draft))
    refuse_if(judgement)
    return judgement


def foretold(author: Author, topic: Topic, parent: Comment | None) -> checks.Judgement:
    """Return what the checks of the place say to whoever is about to write there."""
    draft = _draft(author, topic, parent.pk if parent else None, parent.thread_id if parent else 0)
    return checks.run(checks.gather(draft, _OF_THE_PLACE), checks.PLACE)


def check_sent(author: Author, sent: checks.Sent) -> None:
    """Raise ValidationError if a form came in a way that is refused: asked before anything is read."""
    refuse_if(checks.run(replace(_bare(author), sent=sent), checks.SENDING))


def refuse_if(judgement: checks.Judgement) -> None:
    if judgement.outcome == checks.REFUSE:
        words = judgement.words or _("This text was not accepted.")
        raise ValidationError(words, judgement.code, dict(judgement.params))


def _bare(author: Author) -> checks.Draft:
    return checks.Draft(
        body="",
        html="",
        name=author.shown,
        is_member=bool(author.member),
        is_staff=bool(author.member and author.member.is_staff),
        is_reply=False,
        is_edit=False,
        topic_id=0,
        network_key="",
    )


def _draft(
    author: Author,
    topic: Topic,
    parent_id: int | None,
    thread_id: int,
    submission: uuid.UUID | None = None,
) -> checks.Draft:
    """Return what is known before there is a text; one statement."""
    now, who = timezone.now(), author.member or author.pen
    recent = written_by(
        member_id=author.member.pk if author.member else None,
        pen_id=author.pen.pk if author.pen else None,
        but=submission.hex if submission else "",
        now=now,
    )
    return replace(
        _bare(author),
        is_reply=parent_id is not None,
        topic_id=topic.pk,
        parent_id=parent_id,
        thread_id=thread_id,
        at=now,
        topic_since=topic.created_at,
        is_locked=bool(topic.locked_at),
        is_author_held=bool(who and who.held_at),
        is_held_here=topic.holds(is_member=bool(author.member)),
        record=record_of(recent),
        recent=recent,
    )
