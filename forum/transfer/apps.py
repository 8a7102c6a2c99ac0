from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    name = "forum.transfer"
    verbose_name = _("Transfer")
