"""What staff decides about comments, one by one, and the words for what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Event

# verb: what a button says, what is said when it is done
VERBS = {
    "approve": (gettext_lazy("Approve"), gettext_lazy("approved")),
    "hold": (gettext_lazy("Hold"), gettext_lazy("held")),
    "spam": (gettext_lazy("Spam"), gettext_lazy("marked as spam")),
    "remove": (gettext_lazy("Remove"), gettext_lazy("removed")),
    "restore": (gettext_lazy("Restore"), gettext_lazy("restored")),
    "accept": (gettext_lazy("Accept the edit"), gettext_lazy("the edit is accepted")),
    "drop": (gettext_lazy("Drop the edit"), gettext_lazy("the edit is dropped")),
}
KINDS = {
    "member": gettext_lazy("member"),
    "guest": gettext_lazy("guest"),
    "imported": gettext_lazy("imported"),
}
EDIT_VERBS = ("accept", "drop")
SAID_SINGLY = 10  # more results than this are said by kind
IDS_SAID = 20


@dataclass(frozen=True)
class Result:
    """What came of one decision: `words` with or without the comment's number before them."""

    comment_id: int
    is_done: bool
    words: str

    def __str__(self) -> str:
        return _("#%(id)d: %(words)s.") % {"id": self.comment_id, "words": self.words}


def verbs_for(comment: Comment) -> list[str]:
    """Return what can be decided about a comment as it is."""
    verbs = [
        verb for verb, (_to, sources) in services.MODERATION.items() if comment.state in sources
    ]
    return verbs + list(EDIT_VERBS if hasattr(comment, "held_edit") else ())


def decide(*, comment_id: int, verb: str, by: Reader, reason: str = "") -> Result:
    """Do it, and return what came of it: done, or why not. The service writes the Event.

    Raises ValidationError "reason-missing" where removing has no reason, and KeyError for a verb
    that is none of VERBS.
    """
    done = str(VERBS[verb][1])
    try:
        if verb in EDIT_VERBS:
            services.decide_edit(comment_id=comment_id, by=by, accept=verb == "accept")
        else:
            reason = reason if verb == "remove" else ""
            services.moderate(comment_id=comment_id, verb=verb, by=by, reason=reason)
    except Comment.DoesNotExist:
        return Result(comment_id, False, _("there is no such comment"))
    except ValidationError as refusal:
        if refusal.code == "reason-missing":
            raise
        return Result(comment_id, False, _why_not(comment_id, refusal))
    return Result(comment_id, True, done)


def _why_not(comment_id: int, refusal: ValidationError) -> str:
    """Return the refusal in words, with the name of whoever was faster."""
    words = " ".join(refusal.messages).rstrip(".")
    if refusal.code != "wrong-state":
        return words[:1].lower() + words[1:]
    words = _("it was %(state)s already") % (refusal.params or {})
    last = Event.objects.filter(comment_id=comment_id).order_by("-pk").first()
    who = User.objects.filter(pk=last.actor_id).first() if last and last.actor_id else None
    return _("%(words)s, by %(name)s") % {"words": words, "name": who} if who else words


def tell(results: Iterable[Result]) -> list[tuple[bool, str]]:
    """Return lines to show, (is_done, text): each result, or each kind of them where they are many."""
    results = list(results)
    if len(results) <= SAID_SINGLY:
        return [(one.is_done, str(one)) for one in results]
    kinds: dict[tuple[bool, str], list[int]] = {}
    for one in results:
        kinds.setdefault((one.is_done, one.words), []).append(one.comment_id)
    return [(is_done, _line(words, ids)) for (is_done, words), ids in kinds.items()]


def _line(words: str, ids: list[int]) -> str:
    numbers = ", ".join(f"#{one}" for one in ids[:IDS_SAID])
    if len(ids) > IDS_SAID:
        more = len(ids) - IDS_SAID
        numbers += ngettext(" and %(n)d more", " and %(n)d more", more) % {"n": more}
    count = ngettext("%(n)d comment", "%(n)d comments", len(ids)) % {"n": len(ids)}
    return _("%(count)s: %(words)s (%(numbers)s).") % {
        "count": count,
        "words": words,
        "numbers": numbers,
    }
