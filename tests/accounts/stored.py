"""What the database holds, all of it, as text to look for words in."""

import json

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import serializers


def everything() -> str:
    """Return all rows of all tables, sessions decoded."""
    rows = [row for model in apps.get_models() for row in model._default_manager.all()]
    sessions = json.dumps([one.get_decoded() for one in Session.objects.all()])
    return serializers.serialize("json", rows, ensure_ascii=False) + sessions
