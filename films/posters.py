"""Posters: a picture that came in becomes a few WebP files, without what it carried along."""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

WIDTHS = (320, 640, 960)  # px
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_TIMES_AS_HIGH = 4  # as wide; and the other way round
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 80

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True)
class Stored:
    """A poster on disk: `name` of its files, size of the largest in px."""

    name: str
    width: int
    height: int


def widths_of(largest: int) -> list[int]:
    """Return the widths in which a poster is stored whose largest file is that wide."""
    return [width for width in WIDTHS if width < largest] + [largest]


def file_name(name: str, width: int) -> str:
    return f"{name}-{width}.webp"


def url(name: str, width: int) -> str:
    return f"{settings.MEDIA_URL}{file_name(name, width)}"


def srcset(name: str, largest: int) -> str:
    """Return the value of `srcset` for a poster whose largest file is that wide."""
    return ", ".join(f"{url(name, width)} {width}w" for width in widths_of(largest))


def check(upload: IO[bytes]) -> None:
    """Raise what store() says against the picture; it can be read again afterwards."""
    _decoded(upload)
    upload.seek(0)


def store(upload: IO[bytes]) -> Stored:
    """Write the picture in up to three widths under a new random name.

    Raises ValidationError (code "poster-size", "poster-kind", "poster-shape", "poster-disk").
    Nothing but the pixels is kept: no place, no camera, no comment, no further frame.
    """
    image = _decoded(upload)
    name = secrets.token_hex(16)
    largest = min(WIDTHS[-1], image.width)
    height = 0
    try:
        for width in widths_of(largest):
            height = max(1, round(image.height * width / image.width))
            default_storage.save(file_name(name, width), ContentFile(_webp(image, width, height)))
    except OSError as error:
        delete(name, largest)
        raise ValidationError(
            _("The poster could not be stored: %(why)s."),
            code="poster-disk",
            params={"why": error.strerror or str(error)},
        ) from error
    return Stored(name, largest, height)


def delete(name: str, largest: int) -> None:
    """Delete a poster's files; those that are gone already are no error."""
    for width in widths_of(largest):
        default_storage.delete(file_name(name, width))


def _decoded(upload: IO[bytes]) -> Image.Image:
    """Return the picture upright in RGB, checked before its pixels are read."""
    raw = upload.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValidationError(_("A poster has at most 8 MB."), code="poster-size")
    try:
        Image.open(BytesIO(raw), formats=FORMATS).verify()
        image: Image.Image = Image.open(BytesIO(raw), formats=FORMATS)  # verify() spoils it
        _check_shape(*image.size)
        image.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2 * MOST_TIMES_AS_HIGH))
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, "white")
            return Image.alpha_composite(ground, image).convert("RGB")
        return image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise ValidationError(
            _("This is no picture that can be read. A poster is a JPEG, PNG or WebP file."),
            code="poster-kind",
        ) from error


def _check_shape(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < WIDTHS[0] or not (
        1 / MOST_TIMES_AS_HIGH <= height / width <= MOST_TIMES_AS_HIGH
    ):
        raise ValidationError(
            _("A poster is at least 320 pixels wide and high, and no narrow strip."),
            code="poster-shape",
        )


def _too_many_pixels() -> ValidationError:
    return ValidationError(_("A poster has at most 40 million pixels."), code="poster-size")


def _webp(image: Image.Image, width: int, height: int) -> bytes:
    small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    small.info.clear()
    made = BytesIO()
    small.save(made, "WEBP", quality=_QUALITY, method=4)
    return made.getvalue()
