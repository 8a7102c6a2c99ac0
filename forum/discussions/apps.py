from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, register
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    name = "forum.discussions"
    verbose_name = _("Discussions")

    def ready(self) -> None:
        register(comment_checks_exist)


def comment_checks_exist(**kwargs: Any) -> list[Error]:
    """Name each path in COMMENT_CHECKS that leads nowhere, before a post finds out."""
    errors = []
    for path in settings.COMMENT_CHECKS:
        try:
            import_string(path)
        except ImportError as error:
            errors.append(Error(f"COMMENT_CHECKS: {path} leads nowhere ({error})", id="foyer.E001"))
    return errors
