"""The floors, as WSGI applications: f2, a view with a prebuilt answer and no middleware, and f3,
Django's default middleware with session, user and one trivial query.

Chosen by FLOOR=f2 or f3; the rest of the environment is the site's own.
"""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.floor_settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
