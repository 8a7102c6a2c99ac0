"""The site's own settings, but nothing is kept: every page is made anew."""

from forum.settings import *  # noqa: F403

PAGE_MEMORY_BYTES = 0
