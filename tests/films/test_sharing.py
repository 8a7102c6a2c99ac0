"""The picture for shared links: made by the worker, true to what it shows, never a broken address."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.conf import settings as site
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from PIL import Image

from films import cards, painting, services, sharing
from films.models import Film
from films.motifs import MOTIFS
from films.sharing import HEIGHT, WIDTH
from tests.films.test_posters import files, picture

GROUNDS = {"art-ink": painting.INK, "art-paper": painting.PAPER, "art-red": painting.RED}


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


def painted(title, year=1936, category="Work", beside=0):
    svg = cards.share_card(title, year, category, can_say=painting.can_say, beside=beside)
    return svg, painting.paint(svg)


def make_all():
    for _turn in range(100):
        if not Film.objects.filter(share_at=None).exists():
            return
        sharing.make_some()
    raise AssertionError("the worker never comes to an end")


def told(client, film):
    """Return what the film's page says to who shows its link: {name: content}."""
    html = client.get(film.get_absolute_url()).content.decode()
    pairs = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html)
    return {name: unescape(content) for name, content in pairs}


# The picture


@pytest.mark.parametrize("category", [*MOTIFS, "", "Other"])
def test_every_motif_is_painted_with_the_ground_and_the_accent_of_its_card(category):
    svg, image = painted("Night Mail", category=category)
    assert image.size == (WIDTH, HEIGHT) == (1200, 630)
    kind = re.search(r'class="art (art-\w+)"', svg)[1]
    ground, letters, accent, dim = (rgb(colour) for colour in painting.GROUNDS[kind])
    counts = {colour: count for count, colour in image.getcolors(1 << 24)}
    assert image.getpixel((3, 3)) == image.getpixel((WIDTH - 3, HEIGHT - 3)) == ground
    for colour in (letters, accent, dim):
        assert counts[colour] > 200


def test_the_colours_are_those_of_the_site_by_day():
    css = (site.BASE_DIR / "static/css/site.css").read_text()
    for name in ("ink", "paper", "red", "cream", "dim", "pale", "rose"):
        first = re.search(rf"--art-{name}: (#[0-9a-f]{{6}})", css)[1]
        assert getattr(painting, name.upper()) == first


def test_a_half_disc_and_a_low_sun_stand_above_their_line():
    shapes = [
        '<path class="d" d="M100 200A100 100 0 0 1 300 200Z"/>',
        '<path class="a" d="M420 200A100 100 0 1 1 580 200Z"/>',
    ]
    image = painting.paint(
        '<svg class="art art-ink" viewBox="0 0 600 315"><rect class="g" width="600" height="315"/>'
        + "".join(shapes)
        + "</svg>"
    )
    dim, accent, ground = rgb(painting.DIM), rgb(painting.RED), rgb(painting.INK)
    assert image.getpixel((400, 220)) == dim  # 90 of 100 up
    assert image.getpixel((400, 410)) == ground  # below the line
    assert image.getpixel((1000, 100)) == accent  # 150 of 160 up
    assert image.getpixel((1000, 60)) == ground
    assert image.getpixel((806, 280)) == accent  # wider than its foot


@pytest.mark.parametrize(
    "title",
    ["Night Mail", "Łódź, ağ, Đường về nhà", "Человек с киноаппаратом", "Η φωτιά", "Їжак 1936"],
)
def test_a_title_that_our_fonts_have_is_written(title):
    assert painting.can_say(title)
    with_words, without = painted(title)[1], painted("中" + title)[1]
    left = (0, HEIGHT // 2, WIDTH // 4, HEIGHT)
    assert len(with_words.crop(left).getcolors(1 << 20)) > 10
    assert len(without.crop(left).getcolors(1 << 20)) == 1


@pytest.mark.parametrize(
    "title",
    ["中国普通人的生活", "سفر الأمل", "हम लोग", "Smile 😀", "\ue000", "\U000e0001\U0010ffff"],
)
def test_a_title_of_another_script_gives_its_motif_and_no_boxes(title):
    svg, _image = painted(title)
    assert "f t" not in svg
    assert ">1936, Work<" in svg
    assert "Work" not in painted(title, category="日本")[0]
    assert ">1936<" in painted(title, category="日本")[0]


@pytest.mark.parametrize(
    "title",
    [
        "</text></svg><script>alert(1)</script>",
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
        "%s {title} \\N & ]]>",
        "\u202e\u200b\u2066",
        "a\u0301" * 100,
        "W" * 200,
        "…",
    ],
)
def test_a_hostile_title_is_letters(title):
    _svg, image = painted(title)
    assert image.size == (WIDTH, HEIGHT)
    assert image.getpixel((WIDTH - 20, HEIGHT // 2)) == image.getpixel((3, 3))  # nothing leaves it
    assert image.getpixel((WIDTH // 2, HEIGHT - 10)) == image.getpixel((3, 3))


def test_words_keep_away_from_a_poster():
    svg, image = painted("The Emperor's Naked Army Marches On", beside=240)
    assert "f t" in svg
    right = image.crop((WIDTH - 480 - 40, 0, WIDTH, HEIGHT))
    assert right.getcolors() == [(520 * HEIGHT, image.getpixel((3, 3)))]


# What the worker does


@pytest.mark.django_db(transaction=True)
def test_the_worker_makes_it_and_the_page_names_it(client, make, settings):
    film = make("Night <i> & Mail", year=1936, category=services.create_category(name="Work"))
    assert "og:image" not in told(client, film)
    assert files(settings) == []
    make_all()
    film.refresh_from_db()
    page = told(client, film)
    assert page["og:image"] == f"{settings.SITE_URL}/media/{film.share}"
    assert page["og:image:alt"] == "Title card of Night <i> & Mail (1936)"
    assert page["twitter:card"] == "summary_large_image"
    answer = client.get(page["og:image"].removeprefix(settings.SITE_URL))
    assert answer["Content-Type"] == "image/png"
    with Image.open(BytesIO(b"".join(answer))) as image:
        assert (image.format, image.size) == ("PNG", (1200, 630))
        size = (page["og:image:width"], page["og:image:height"])
        assert size == tuple(map(str, image.size))
    assert (settings.MEDIA_ROOT / film.share).stat().st_size < 60_000
    html = client.get(film.get_absolute_url()).content.decode()
    assert f'"image": "{page["og:image"]}"' in html
    embed = client.get("/oembed", {"url": settings.SITE_URL + film.get_absolute_url()}).json()
    assert (embed["thumbnail_url"], embed["thumbnail_width"]) == (page["og:image"], 1200)


@pytest.mark.django_db(transaction=True)
def test_it_is_never_made_in_a_request(client, make, monkeypatch):
    monkeypatch.setattr(painting, "paint", lambda _svg: pytest.fail("was painted"))
    monkeypatch.setattr(sharing, "picture", lambda _film: pytest.fail("was made"))
    film = make()
    services.change_film(film=film, title="Other")
    client.get(film.get_absolute_url())
    assert Film.objects.get().share_at is None


@pytest.mark.django_db(transaction=True)
def test_it_is_made_anew_for_what_it_shows_and_the_old_file_goes(client, make, settings):
    film = make("Night Mail", year=1936, category=services.create_category(name="Work"))
    seen = set()
    for change in (
        lambda: None,
        lambda: services.change_film(film=film, title="Coal Face"),
        lambda: services.change_film(film=film, year=1935),
        lambda: services.rename_category(category=film.category, name="City"),
        lambda: services.change_film(film=film, category=None),
        lambda: services.set_poster(film=film, upload=picture()),
        lambda: services.set_poster(film=film, upload=picture(900, 500)),
        lambda: services.set_poster(film=film, upload=None),
    ):
        change()
        make_all()
        share = Film.objects.get().share
        seen.add(share)
        assert told(client, film)["og:image"].endswith(share)
        assert [name for name in files(settings) if not name.endswith("webp")] == [share]
    assert len(seen) == 7  # without its poster it is what it was before


@pytest.mark.django_db(transaction=True)
def test_a_change_of_what_it_does_not_show_makes_none(make, monkeypatch):
    film = make()
    make_all()
    share = Film.objects.get().share
    monkeypatch.setattr(sharing, "picture", lambda _film: pytest.fail("was made"))
    services.change_film(film=film, description="A train.")
    make_all()
    assert Film.objects.get().share == share


@pytest.mark.django_db(transaction=True)
def test_two_films_that_look_alike_have_a_file_each(make, settings):
    first, second = make(year=1936), make(year=1936)
    make_all()
    services.change_film(film=first, title="Other")
    make_all()
    second.refresh_from_db()
    assert len(files(settings)) == 2
    assert (settings.MEDIA_ROOT / second.share).exists()


@pytest.mark.django_db(transaction=True)
def test_a_hidden_or_merged_film_has_none(client, make, staff_client, settings):
    draft = make("Draft", state="draft")
    film, other, whole = make("Night Mail"), make("Night Mail 2"), make("Whole")
    make_all()
    draft.refresh_from_db()
    assert draft.share is None
    assert len(files(settings)) == 3
    services.set_film_state(film=film, state="withdrawn")
    services.merge_films(film=other, into=whole, shown=services.seen(other, whole), by=None)
    make_all()
    whole.refresh_from_db()
    assert files(settings) == [whole.share]
    assert "og:image" not in told(staff_client, film)
    services.set_film_state(film=film, state="published")
    make_all()
    assert len(files(settings)) == 2
    assert "og:image" in told(client, film)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("size", "words"), [((700, 1000), True), ((1000, 600), False)])
def test_a_poster_is_in_it(client, make, settings, size, words):
    film = services.set_poster(film=make(year=1936), upload=picture(*size))
    make_all()
    film.refresh_from_db()
    with Image.open(settings.MEDIA_ROOT / film.share) as image:
        assert (image.format, image.size) == ("JPEG", (1200, 630))
        assert not image.getexif()
        red, green, _blue = image.getpixel((1150, 300))
        assert red > 100 > green  # maroon, as the poster
        ground = image.getpixel((10, 10))  # of the card, beside a poster that stands
        assert (ground[1] > 100 or ground[0] < 60) == words
    assert told(client, film)["og:image:alt"] == "Poster of Night Mail"


@pytest.mark.django_db(transaction=True)
def test_a_poster_whose_file_is_gone_leaves_the_title(make, settings):
    film = services.set_poster(film=make(), upload=picture())
    for path in settings.MEDIA_ROOT.glob("*.webp"):
        path.unlink()
    make_all()
    film.refresh_from_db()
    assert (settings.MEDIA_ROOT / film.share).exists()


@pytest.mark.django_db(transaction=True)
def test_a_film_that_changes_while_it_is_painted_gets_another_turn(make, settings, monkeypatch):
    film, paint = make("First"), sharing.picture

    def slow(stored):
        monkeypatch.setattr(sharing, "picture", paint)
        services.change_film(film=film, title="Second")
        return paint(stored)

    monkeypatch.setattr(sharing, "picture", slow)
    sharing.make_some()
    assert (Film.objects.get().share, files(settings)) == (None, [])
    make_all()
    stored = Film.objects.get()
    assert stored.share == sharing.name_of(stored) == files(settings)[0]


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_keeps_no_other_and_is_tried_again_the_next_day(
    make, monkeypatch, caplog, settings
):
    bad, good, whole = make("Bad"), make("Good"), sharing.picture

    def fails(film):
        if film.pk == bad.pk:
            raise RuntimeError("planted")
        return whole(film)

    monkeypatch.setattr(sharing, "picture", fails)
    make_all()
    assert "could not be made" in caplog.text
    assert [film.share is not None for film in Film.objects.order_by("pk")] == [False, True]
    monkeypatch.setattr(sharing, "picture", whole)
    assert "0 tried again" in sharing.make_missing()
    Film.objects.update(share_at=timezone.now() - timedelta(days=2))
    assert "1 tried again" in sharing.make_missing()
    make_all()
    assert len(files(settings)) == 2
    assert good.pk
    assert "films.sharing.make_missing" in settings.TICKS
    assert "films.sharing.make_some" in settings.ERRANDS


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_the_turn(make, monkeypatch):
    def full(_storage, _name, _content):
        raise OSError(28, "No space left on device")

    make()
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", full)
        with pytest.raises(OSError, match="No space"):
            sharing.make_some()
    assert Film.objects.get().share_at is None
    make_all()
    assert Film.objects.get().share


@pytest.mark.django_db(transaction=True)
def test_a_turn_looks_at_a_few_and_at_the_newest_first(make, monkeypatch):
    made = []
    monkeypatch.setattr(sharing, "make", made.append)
    ids = [make(f"Film {number}").pk for number in range(sharing.AT_ONCE + 2)]
    assert sharing.make_some() == 0  # so that the worker rests
    assert made == ids[::-1][: sharing.AT_ONCE]


@pytest.mark.django_db
def test_a_warm_page_with_a_picture_still_asks_one_query(client, make, django_assert_num_queries):
    film = make()
    make_all()
    assert "og:image" in told(client, film)
    with django_assert_num_queries(1):
        client.get(film.get_absolute_url())
