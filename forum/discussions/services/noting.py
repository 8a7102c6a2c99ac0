"""Notes: what an author adds to a comment that can be edited no more. A note is the end of its text."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions.models import BODY_CHARS, Comment, CommentText, HeldEdit
from forum.discussions.services.editing import edit_comment, refuse_other_text
from forum.discussions.services.posting import check_body

_FENCE = re.compile(r"`{3,}|~{3,}")
# By the code of Comment.bar_to_note.
_WORDS = {
    "not-yours": gettext_lazy("Only its author can add a note to a comment."),
    "gone-meanwhile": gettext_lazy("Readers do not see this comment, so it takes no note."),
    "topic-locked": gettext_lazy("This talk is locked: what stands in it stays as it is."),
    "comment-locked": gettext_lazy(
        "A moderator has locked this part: what is here stays as it is."
    ),
    "not-editable": gettext_lazy("A moderator has changed this comment, so it takes no note."),
    "still-editable": gettext_lazy("You can still edit this comment, so it needs no note."),
}


def add_note(*, comment_id: int, by: Reader, note: str, base: str, network_key: str = "") -> bool:
    """Add a note to a comment's text, as its author. Return True if it stands there, False if it waits
    for staff.

    It is an edit in all but its rule: `edit_comment` says what is raised. Besides: not-yours,
    topic-locked, comment-locked, still-editable, edit-waits, note-changes.
    """
    note = check_body(note)
    comment = Comment.objects.with_text().get(pk=comment_id)
    refuse_note(comment, by)
    refuse_other_text(comment, base)  # so that the text is the one that the lock finds
    body = with_note(comment.text.body, note)
    return edit_comment(
        comment_id=comment_id,
        by=by,
        body=body,
        base=base,
        network_key=network_key,
        refuse=refuse_note,
    )


def refuse_note(comment: Comment, by: Reader) -> None:
    """Raise ValidationError unless `by` may add a note now: a code of `Comment.bar_to_note`, or
    edit-waits, as a second edit would take the place of the one that waits. One query or two.
    """
    bar = comment.bar_to_note(by)
    if bar:
        raise ValidationError(str(_WORDS[bar]), bar)
    if HeldEdit.objects.filter(comment_id=comment.pk).exists():
        words = _("Your last change of this comment waits for a moderator. A note can follow it.")
        raise ValidationError(words, "edit-waits")


def with_note(body: str, note: str) -> str:
    """Return a text in our markup with the note as its end.

    What stands before is shown as it was; code that nothing ended ends there. Raises ValidationError:
    body-long, note-changes (marks in both that would make a pair, or too many addresses in all).
    """
    note = under_its_day(note)
    for end in ("", *_ends_of_code(body)):
        whole = check_body(f"{body}{end}\n\n{note}")
        html = _render(whole)
        if html.startswith(_render(body)) and html.endswith(_render(note)):
            return whole
    words = _(
        "Together with this note your words would look different: does a >! lack its !<, or are there"
        " very many addresses? Please write the note otherwise."
    )
    raise ValidationError(words, "note-changes")


def _render(body: str) -> str:
    """Return the HTML of a text, in which code ends as if it had been ended."""
    html = markup.render(body, CommentText.Format.MARKDOWN)
    return re.sub(r"\s+</code>", "</code>", html)


def _ends_of_code(body: str) -> list[str]:
    """Return the lines that would end whatever block of code may be open at the end of a text."""
    marks = sorted(_FENCE.findall(body), key=len)
    return [f"\n{mark}" for mark in {one[0]: one for one in marks}.values()]


def under_its_day(note: str) -> str:
    """Return a note under the line that it begins with: its day, in the language and the zone of the site."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    with override(settings.LANGUAGE_CODE):
        line = _("Note of %(day)s:") % {"day": date_format(today, "j F Y")}
    return f"**{line}**\n{note}"


def room_for_note(comment: Comment) -> int:
    """Return how many characters a note to a comment can have."""
    return max(0, BODY_CHARS - len(f"{comment.text.body}\n\n{under_its_day('')}"))
