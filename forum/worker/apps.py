from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    name = "forum.worker"
    verbose_name = _("Worker")
