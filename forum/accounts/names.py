"""What a person may be called, and when two names look the same. Pure."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NAME_CHARS = 60
_BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Characters that read as another in common faces: Cyrillic, Greek, digits, straight strokes.
_TWINS = str.maketrans(
    "аеорсухкмтнвіјѕԁһԛԝӏ" + "αβεηικμνορτυχγ" + "01|lıøđł",
    "aeopcyxkmthbijsdhqwi" + "abenikuvoptuxy" + "oiiiiodi",
)
RESERVED = ("moderator", "admin", "former member")


def check_name(name: str) -> str:
    """Return `name` trimmed, inner white space folded; raise ValidationError if it cannot be shown.

    1 to 60 characters of any script with at least one that is not space or punctuation. Control
    characters and those that turn the direction of text are refused; joiners, which Persian and
    several Indic scripts need, are not.
    """
    if any(sign in _BIDI_CONTROLS or unicodedata.category(sign) in {"Cc", "Cs"} for sign in name):
        raise ValidationError(
            _("A name cannot hold control characters or marks that turn text around."),
            code="name-control",
        )
    name = " ".join(name.split())
    if not name:
        raise ValidationError(_("Please give a name."), code="name-empty")
    if len(name) > NAME_CHARS:
        raise ValidationError(
            _("A name can have at most %(limit)d characters; this one has %(length)d."),
            code="name-long",
            params={"limit": NAME_CHARS, "length": len(name)},
        )
    if not skeleton(name):
        raise ValidationError(_("A name needs at least one letter."), code="name-empty")
    return name


def skeleton(name: str) -> str:
    """Return what is left of a name for comparing: NFKD, case folded, twins mapped, and marks,
    spaces, punctuation and invisible signs taken off. Two names that look alike have one skeleton.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = (sign for sign in folded if unicodedata.category(sign)[0] not in "MZPC")
    return "".join(kept).translate(_TWINS)


def spellings(name: str) -> list[str]:
    """Return a name as a guest may have written it: databases compare names letter by letter."""
    name = " ".join(name.split())
    ways = (name, name.lower(), name.upper(), name.title(), name.capitalize())
    return list(dict.fromkeys(ways))


def is_reserved(name: str) -> bool:
    """Return True if the name looks like a role of the site."""
    return skeleton(name) in {skeleton(word) for word in RESERVED}
