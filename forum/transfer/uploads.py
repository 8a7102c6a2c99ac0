"""Files that staff bring: looked at, kept where no address leads, forgotten after a while."""

import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.transfer import streaming
from forum.transfer.models import ImportBatch
from forum.transfer.records import BadFile

LOOKED_AT = 64 * 1024  # bytes at its beginning
KEPT = timedelta(days=30)  # an export holds addresses of people; it is not kept for ever
_NAMES = re.compile(r"\.(?:xml|wxr|xml\.gz|wxr\.gz|gz)$", re.I)
_ROOTS = re.compile(rb"<(rss|disqus)\b")
_SYSTEMS = {b"rss": "wordpress", b"disqus": "disqus"}


def too_large(size: int) -> str:
    """Return why a file of that size is not taken; "" if it is."""
    if size <= settings.IMPORT_BYTES:
        return ""
    most = filesizeformat(settings.IMPORT_BYTES)
    return _("The file is larger than %(most)s. Bring it in by the command.") % {"most": most}


def store(name: str, chunks: Iterable[bytes]) -> tuple[str, int, str]:
    """Write an upload under a name of our own; return that, its size and which system wrote it.

    Raises ValidationError: type, too-large, what. Nothing is left of what is refused.
    """
    if not _NAMES.search(name):
        raise ValidationError(
            _("An export is an XML file, also compressed: .xml or .xml.gz."), "type"
        )
    folder = Path(settings.IMPORTS_ROOT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored, size = secrets.token_hex(16), 0
    path = folder / stored
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for chunk in chunks:
                size += len(chunk)
                if words := too_large(size):
                    raise ValidationError(words, "too-large")
                file.write(chunk)
        return stored, size, _system_of(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _system_of(path: Path) -> str:
    """Return "wordpress" or "disqus" by the file's first element. Raises ValidationError."""
    try:
        start = streaming.beginning(path, LOOKED_AT)
    except BadFile as error:
        raise ValidationError(_("The compressed file is damaged."), "what") from error
    if root := _ROOTS.search(start):
        return _SYSTEMS[root[1]]
    raise ValidationError(_("This is neither an export of WordPress nor one of Disqus."), "what")


def forget_uploads() -> str:
    """Delete the files of imports that nothing was done with for 30 days; return that in words."""
    old = ImportBatch.objects.filter(state_at__lt=timezone.now() - KEPT)
    known = set(old.values_list("stored", flat=True))
    gone = 0
    folder = Path(settings.IMPORTS_ROOT)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in known:
            path.unlink(missing_ok=True)
            gone += 1
    return ngettext("%(n)d upload forgotten", "%(n)d uploads forgotten", gone) % {"n": gone}
