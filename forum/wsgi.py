"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
application = get_wsgi_application()

from forum.worker.figures import start_writing  # noqa: E402  (a model: after the apps are ready)

get_resolver().url_patterns  # noqa: B018  (imports every view now, not while the first reader waits)
start_writing()
# What is imported stays for good. Going through it again and again for garbage was a tenth of what a
# cold page cost.
gc.collect()
gc.freeze()
# A page makes thousands of small objects and lets all of them go: looking among them for circles every
# 700 found nothing and took a twentieth of a cold page.
gc.set_threshold(10_000, 20, 20)
