"""The picture that is shown with a shared link: a film's title card, with its poster if it has one.

The worker makes it after a film came or changed (Film.share_at says when it last looked), and gives it
a name made of all that it shows; the one before goes when the new one stands.
"""

import hashlib
import json
import logging
from datetime import timedelta
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils import timezone
from PIL import Image, ImageOps

from films import posters
from films.cards import SHARE, share_card
from films.models import Film, FilmQuerySet
from films.painting import SCALE, can_say, paint

log = logging.getLogger(__name__)
DRAWN = 1  # raise it when pictures are drawn otherwise, with a migration that sets share_at to NULL
AT_ONCE = 5  # films in a turn of the worker, which then rests
AGAIN = timedelta(days=1)  # until a picture that could not be made is tried again
MOST_AGAIN = 1_000
WIDTH, HEIGHT = (side * SCALE for side in SHARE)
_LYING = 1.3  # as wide as high: a poster from here on is the whole picture
_NARROWEST = 170  # px of the card that a poster takes
_COLOURS = 64


def make_some() -> int:
    """Make the pictures of some films whose turn it is, the newest first. For settings.ERRANDS.

    Returns 0, whatever was made: the worker rests between turns, so that a whole catalogue which has
    none yet never takes all of a core.
    """
    due = Film.objects.filter(share_at=None).order_by("-pk")
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            make(pk)
        except (DatabaseError, OSError):
            raise  # the database is away, or the disk is full: the turn stays
        except Exception:
            log.exception("the picture of film %d for shared links could not be made", pk)
            Film.objects.filter(pk=pk).update(share_at=timezone.now())
    return 0


def make_missing() -> str:
    """Give films a turn whose picture could not be made a day ago; return what was done, in words."""
    missing = Film.objects.published().filter(share=None, share_at__lt=timezone.now() - AGAIN)
    ids = list(missing.order_by("-pk").values_list("pk", flat=True)[:MOST_AGAIN])
    Film.objects.filter(pk__in=ids).update(share_at=None)
    return f"films without a picture for shared links: {len(ids):,} tried again"


def make(film_id: int) -> None:
    """Make a film's picture if it shows something else than the one there is; hidden films have none."""
    film = Film.objects.for_lists().filter(pk=film_id).first()
    if film is None:
        return
    name = name_of(film) if film.is_published else None
    raw = picture(film) if name and name != film.share else b""
    with transaction.atomic():
        # Whoever changes the film meanwhile gives it another turn.
        stored = _locked(film_id).filter(updated_at=film.updated_at).first()
        if stored is None:
            return
        if name and raw:
            default_storage.delete(name)  # a half of it, of one who was killed while writing
            default_storage.save(name, ContentFile(raw))
        Film.objects.filter(pk=film_id).update(share=name, share_at=timezone.now())
    if stored.share and stored.share != name:
        _forget(film_id, stored.share)


def _forget(film_id: int, name: str) -> None:
    """Delete a picture, unless the film has become meanwhile what it was."""
    with transaction.atomic():
        if _locked(film_id).exclude(share=name).first() is not None:
            default_storage.delete(name)


def _locked(film_id: int) -> FilmQuerySet:
    return Film.objects.select_for_update(no_key=True).filter(pk=film_id)


def name_of(film: Film) -> str:
    """Return the name of the file: another one as soon as anything is that it shows."""
    shown = [DRAWN, film.pk, film.title, film.year, str(film.category or ""), film.poster]
    digest = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]
    return f"{digest}.{'jpg' if film.poster else 'png'}"


def picture(film: Film) -> bytes:
    """Return the picture: WIDTH by HEIGHT px, a JPEG where the film has a poster, else a PNG."""
    poster = _poster(film)
    made = BytesIO()
    if poster and poster.width >= _LYING * poster.height:
        image = ImageOps.fit(poster, (WIDTH, HEIGHT))
    else:
        image = _with_words(film, poster)
    if film.poster:
        image.save(made, "JPEG", quality=86, progressive=True, optimize=True)
    else:
        image.quantize(_COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


def _with_words(film: Film, poster: Image.Image | None) -> Image.Image:
    room = max(SHARE[1] * poster.width / poster.height, _NARROWEST) if poster else 0
    category = str(film.category or "")
    image = paint(share_card(film.title, film.year, category, can_say=can_say, beside=room))
    if poster:
        wide = round(room * SCALE)
        image.paste(ImageOps.fit(poster, (wide, HEIGHT)), (WIDTH - wide, 0))
    return image


def _poster(film: Film) -> Image.Image | None:
    """Return the film's poster; None without one, or where its file is gone."""
    if not film.poster:
        return None
    try:
        with default_storage.open(posters.file_name(film.poster, film.poster_width)) as file:
            return Image.open(file, formats=["WEBP"]).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None
