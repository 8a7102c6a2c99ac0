"""Changing the rules: a whole new version, with its event and what the trial said of it."""

from collections.abc import Mapping
from typing import NoReturn

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Event
from forum.moderation.models import RulesVersion
from forum.moderation.rules import Ruleset, in_force


def change_rules(
    *, ruleset: Ruleset, by: Reader, seen: int, tried: Mapping[str, int]
) -> RulesVersion:
    """Put these rules in force, in every process from its next post on.

    `seen`: the number of the version that whoever changes them saw, 0 for none; `tried`: the figures
    of their trial. Raises ValidationError: changed-meanwhile, nothing-new, out-of-scope.
    """
    services.refuse_scoped(by)
    version, now = in_force()
    if (version.pk if version else 0) != seen:
        refuse()
    if ruleset == now:
        raise ValidationError(_("Nothing is other than now."), "nothing-new")
    try:
        with transaction.atomic():
            # Its number is the next one: of two that are made at once the database takes one.
            made = RulesVersion.objects.create(
                pk=seen + 1, values=ruleset.values, tried=dict(tried), by=by.user
            )
            Event.objects.create(
                actor_id=by.user.pk if by.user else None,
                verb="rules",
                before=str(seen or ""),
                after=str(made.pk),
            )
    except IntegrityError:
        refuse()
    return made


def refuse() -> NoReturn:
    words = _("Somebody changed the rules meanwhile. Yours are below; try them again.")
    raise ValidationError(words, "changed-meanwhile")
