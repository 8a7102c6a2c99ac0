"""Posters: what comes in, what is stored, how it is served."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from PIL import Image

from films import posters, services
from films.media import Unsatisfiable, asked_range


def picture(width=1200, height=1600, kind="JPEG", mode="RGB", **options):
    made = BytesIO()
    Image.new(mode, (width, height), "maroon").save(made, kind, **options)
    made.seek(0)
    return made


def exif():
    told = Image.Exif()
    told[0x010F] = "A camera"  # Make
    told[0x8825] = {1: "N", 2: (52.0, 22.0, 12.0)}  # place
    return told


def files(settings):
    return sorted(path.name for path in settings.MEDIA_ROOT.glob("*"))


def test_a_poster_becomes_three_webp_widths_under_a_new_name(settings):
    stored = posters.store(picture())
    assert files(settings) == sorted(f"{stored.name}-{width}.webp" for width in (320, 640, 960))
    assert (stored.width, stored.height) == (960, 1280)
    for width in (320, 640, 960):
        with Image.open(settings.MEDIA_ROOT / f"{stored.name}-{width}.webp") as image:
            assert (image.format, image.size) == ("WEBP", (width, round(width * 4 / 3)))
    assert posters.store(picture()).name != stored.name


def test_a_small_poster_is_not_blown_up(settings):
    stored = posters.store(picture(500, 500, "PNG"))
    assert files(settings) == [f"{stored.name}-320.webp", f"{stored.name}-500.webp"]
    assert posters.srcset("n", 500) == "/media/n-320.webp 320w, /media/n-500.webp 500w"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_pixels_is_kept(settings, kind):
    stored = posters.store(picture(kind=kind, exif=exif(), icc_profile=b"\0" * 200))
    for name in files(settings):
        with Image.open(settings.MEDIA_ROOT / name) as image:
            image.load()
            assert not image.getexif()
            assert not {"exif", "icc_profile", "xmp"} & image.info.keys()
        assert b"camera" not in (settings.MEDIA_ROOT / name).read_bytes()
    assert stored.width == 960


def test_a_poster_that_lies_on_its_side_is_put_upright():
    told = Image.Exif()
    told[0x0112] = 6  # turn by 90 degrees
    stored = posters.store(picture(1600, 1200, exif=told))
    assert (stored.width, stored.height) == (960, 1280)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "CMYK")]
)
def test_every_mode_of_colour_is_taken(kind, mode):
    made = BytesIO()
    Image.new(mode, (400, 400)).save(made, kind)
    made.seek(0)
    assert posters.store(made).width == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 100,
        b"\xff\xd8\xff\xe0" + b"\0" * 1000,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        picture().getvalue()[:3000],
        picture(kind="GIF").getvalue(),
        picture(kind="TIFF").getvalue(),
    ],
)
def test_what_is_no_jpeg_png_or_webp_is_refused(settings, raw):
    with pytest.raises(ValidationError) as error:
        posters.store(BytesIO(raw))
    assert error.value.code == "poster-kind"
    assert files(settings) == []


def test_a_file_of_more_than_8_mb_is_refused_before_it_is_read_as_a_picture():
    with pytest.raises(ValidationError) as error:
        posters.store(BytesIO(picture().getvalue() + b"\0" * posters.MOST_BYTES))
    assert error.value.code == "poster-size"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(6400, 6400), (10_000, 10_000)])
def test_more_than_40_million_pixels_are_refused_before_they_are_decoded(size, monkeypatch):
    raw = picture(*size, kind="PNG", mode="1")
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(ValidationError) as error:
        posters.store(raw)
    assert error.value.code == "poster-size"


@pytest.mark.parametrize("size", [(319, 500), (500, 319), (400, 1601), (1601, 400)])
def test_a_stamp_or_a_strip_is_refused(size):
    with pytest.raises(ValidationError) as error:
        posters.store(picture(*size))
    assert error.value.code == "poster-shape"


def test_a_full_disk_is_said_and_leaves_nothing(settings, monkeypatch):
    save, calls = FileSystemStorage.save, []

    def full(storage, name, content):
        calls.append(name)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "save", full)
    with pytest.raises(ValidationError) as error:
        posters.store(picture())
    assert error.value.code == "poster-disk"
    assert "No space left" in error.value.messages[0]
    assert files(settings) == []


@pytest.mark.django_db(transaction=True)
def test_a_new_poster_raises_the_film_and_takes_the_old_files_away(settings):
    film = services.create_film(title="Night Mail", state="published")
    first = services.set_poster(film=film, upload=picture())
    second = services.set_poster(film=film, upload=picture(700, 700))
    assert second.updated_at > first.updated_at > film.updated_at
    assert files(settings) == sorted(
        posters.file_name(second.poster, width) for width in (320, 640, 700)
    )
    assert second.poster_url == f"/media/{second.poster}-700.webp"
    bare = services.set_poster(film=film, upload=None)
    assert (bare.poster, bare.poster_url, files(settings)) == ("", "", [])


@pytest.mark.django_db(transaction=True)
def test_a_poster_whose_film_is_gone_leaves_no_file(settings):
    film = services.create_film(title="Night Mail")
    film.pk = 0
    with pytest.raises(type(film).DoesNotExist):
        services.set_poster(film=film, upload=picture())
    assert files(settings) == []


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-", (90, 99)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        (" bytes=5-6 ", (5, 6)),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_ranges_are_read_as_the_standard_says(header, part):
    assert asked_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_without_a_byte_is_unsatisfiable(header):
    with pytest.raises(Unsatisfiable):
        asked_range(header, 100)
