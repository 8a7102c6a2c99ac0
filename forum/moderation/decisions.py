"""What staff decides about comments, one by one, and the words for what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services
from forum.discussions.models import Comment, Reason
from forum.moderation.models import Claim
from forum.moderation.words import meanwhile, since

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
STALE = ("wrong-state", "changed-meanwhile", "gone-meanwhile", "no-edit")
# Words to the author, to begin with: a moderator may say it otherwise.
CANNED = {
    Reason.UNKIND: gettext_lazy(
        "This is about a person, not about the film. Disagree with what was said, and say why."
    ),
    Reason.HATE: gettext_lazy(
        "This speaks against people for what they are. It has no place here."
    ),
    Reason.ILLEGAL: gettext_lazy(
        "This may be against the law, so we do not show it. Write to us if you think we are wrong."
    ),
    Reason.PRIVATE: gettext_lazy(
        "This tells something private. Please post it again without that."
    ),
    Reason.ADVERT: gettext_lazy("This advertises something. The talk is for what was seen."),
    Reason.OFF_TOPIC: gettext_lazy(
        "This is not about the film. The Lobby is open for other things."
    ),
    Reason.TWICE: gettext_lazy("You said this before; once is enough, and that one stays."),
    Reason.COPIED: gettext_lazy(
        "This is a text of somebody else. Quote a little of it and say what you think."
    ),
    Reason.OTHER: gettext_lazy("This breaks the house rules. They are linked below every page."),
}
SAID_SINGLY = 10  # more results than this are said by kind
IDS_SAID = 20


def reasons() -> list[tuple[str, str, str]]:
    """Return (code, words, what its author is told to begin with) of each reason to remove."""
    return [(code, str(words), str(CANNED[Reason(code)])) for code, words in Reason.choices]


@dataclass(frozen=True)
class Result:
    """What came of one decision: `words` with or without the comment's number before them."""

    comment_id: int
    is_done: bool
    words: str
    is_stale: bool = False  # somebody was faster
    is_refused: bool = False  # it is not theirs to decide

    def __str__(self) -> str:
        return _("#%(id)d: %(words)s.") % {"id": self.comment_id, "words": self.words}


def verbs_for(comment: Comment, reader: Reader = ANYBODY) -> list[str]:
    """Return what this reader can decide about a comment as it is: nothing about their own."""
    if services.is_own(comment, reader):
        return []
    verbs = [
        verb for verb, (_to, sources) in services.MODERATION.items() if comment.state in sources
    ]
    has_edit = hasattr(comment, "held_edit")
    if comment.is_public and comment.is_to_be_looked_at and not has_edit:
        verbs.insert(
            0, "approve"
        )  # it was reported, or somebody new wrote it: nothing is wrong with it
    return verbs + list(EDIT_VERBS if has_edit else ())


def decide(
    *, comment_id: int, verb: str, by: Reader, reason: str = "", words: str = "", seen: str = ""
) -> Result:
    """Do it, and return what came of it: done, or why not. The service writes the Event.

    `words` are told to the author of what is removed; `seen` names the comment as it was shown.
    Raises ValidationError "reason-missing" where removing has no reason, and KeyError for a verb
    that is none of VERBS.
    """
    done = str(VERBS[verb][1])
    try:
        if verb in EDIT_VERBS:
            services.decide_edit(comment_id=comment_id, by=by, accept=verb == "accept", seen=seen)
        else:
            reason = reason if verb == "remove" else ""
            services.moderate(
                comment_id=comment_id, verb=verb, by=by, reason=reason, words=words, seen=seen
            )
    except Comment.DoesNotExist:
        return Result(comment_id, False, _("there is no such comment"))
    except ValidationError as refusal:
        if refusal.code == "reason-missing":
            raise
        is_stale = refusal.code in STALE
        words = why_not(comment_id, refusal)
        return Result(comment_id, False, words, is_stale, refusal.code in services.REFUSED)
    return Result(comment_id, True, done)


def taken(claim: Claim) -> Result:
    """Return what comes of deciding about what somebody else has taken up, before one was told so."""
    words = _("%(name)s took it up %(ago)s ago; decide again if you want to all the same")
    told = {"name": claim.member, "ago": since(claim.since)}
    return Result(claim.comment_id, False, words % told, is_stale=True)


def why_not(comment_id: int, refusal: ValidationError) -> str:
    """Return the refusal in words, with the name of whoever was faster."""
    if refusal.code in STALE and refusal.code != "no-edit" and (told := meanwhile(comment_id)):
        return told
    if refusal.code == "wrong-state":
        return _("it was %(state)s already") % (refusal.params or {"state": ""})
    words = " ".join(refusal.messages).rstrip(".")
    return words[:1].lower() + words[1:]


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
