"""The versions of the rules: each change is a whole new one, so that each can be read and brought back."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import User


class RulesVersion(models.Model):
    """What posting's checks go by, as forum/moderation/rules.py reads it. The newest is in force."""

    values = models.JSONField(_("rules"), default=dict)
    tried = models.JSONField(_("what it would have done"), default=dict)  # {"held": 41, …}
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("rules of posting")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a version of the rules is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("a version of the rules is never deleted")
