"""What moderation keeps beside the talk itself; what posting asks lies in discussions."""

from forum.moderation.models.alarms import Alarm
from forum.moderation.models.claims import CLAIM_LASTS, Claim
from forum.moderation.models.people import Guest, Person, Scope
from forum.moderation.models.rules import RulesVersion
from forum.moderation.models.spam import Lesson, SpamWord

__all__ = [
    "CLAIM_LASTS",
    "Alarm",
    "Claim",
    "Guest",
    "Lesson",
    "Person",
    "RulesVersion",
    "Scope",
    "SpamWord",
]
