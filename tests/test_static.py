"""Style sheets, scripts and fonts: weights, addresses, licences, and the contrast of the tokens."""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

STATIC = settings.BASE_DIR / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
FIRST_FONTS = ["newsreader", "newsreader-italic", "source-sans-3"]  # what an English page needs


def compressed(paths) -> int:
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def imported(path: Path) -> set[Path]:
    """Return a module and all that it imports before it runs; import() comes later, when needed."""
    found = {path}
    for name in re.findall(r'^import .*?"(\./[^"]+)";', path.read_text(), re.MULTILINE):
        found |= imported(path.parent / name)
    return found


def scripts_of_staff() -> set[Path]:
    """Return those that only the admin's pages ask for: no reader is ever sent one."""
    base = settings.BASE_DIR
    admins = [*base.glob("templates/admin/**/*.html"), *base.glob("films/admin/*.py")]
    others = [one for one in base.glob("templates/**/*.html") if one not in admins]
    texts = [one.read_text() for one in admins]
    found = {
        path
        for path in SCRIPTS
        if any(path.name in text or f'"{path.stem}"' in text for text in texts)
    }
    readers = [one.read_text() for one in [*others, *set(SCRIPTS) - found]]
    return {path for path in found if not any(path.name in text for text in readers)}


def test_own_scripts_weigh_at_most_20_kilobytes_in_all_as_they_are_sent():
    """With Brotli, which collectstatic keeps beside each, the admin's among them; for who takes gzip
    alone those of readers weigh no more either.
    """
    assert sum(len(brotli.compress(path.read_bytes())) for path in SCRIPTS) <= 20_000
    staff = scripts_of_staff()
    assert {path.stem for path in staff} == {"queue", "film_form", "select_names"}
    assert compressed(set(SCRIPTS) - staff) <= 20_000
    assert compressed(staff) <= 5_000


def test_own_scripts_of_a_first_visit_weigh_at_most_8_kilobytes():
    first = imported(STATIC / "js/foyer.js")
    assert STATIC / "js/forms.js" in first
    assert not first & {STATIC / f"js/{name}.js" for name in ("keys", "pencil", "proof")}
    assert compressed(first) <= 8_000


def test_scripts_of_a_first_visit_with_htmx_weigh_at_most_25_kilobytes():
    htmx = Path(finders.find("django_htmx/htmx-2.min.js"))
    assert compressed([htmx, *imported(STATIC / "js/foyer.js")]) <= 25_000


def test_style_sheets_of_a_reader_weigh_at_most_10_kilobytes_as_they_are_sent():
    """With Brotli, which collectstatic keeps beside each; 12 kB for who takes gzip alone."""
    used = (settings.BASE_DIR / "templates/_styles.html").read_text()
    sheets = [path for path in SHEETS if f"css/{path.name}" in used]
    assert len(sheets) == 4
    assert sum(len(brotli.compress(path.read_bytes())) for path in sheets) <= 10_000
    assert compressed(sheets) <= 12_000


def test_fonts_of_a_first_english_page_weigh_at_most_70_kilobytes():
    assert sum((STATIC / f"fonts/{name}.woff2").stat().st_size for name in FIRST_FONTS) <= 70_000


def test_every_font_is_used_once_and_every_address_is_a_file():
    sheet = (STATIC / "css/fonts.css").read_text()
    used = re.findall(r"url\(\.\./fonts/([^)]+)\)", sheet)
    assert sorted(used) == sorted(path.name for path in (STATIC / "fonts").glob("*.woff2"))


def test_fonts_have_their_licences_beside_them():
    for name in ("newsreader", "source-sans-3"):
        assert "SIL OPEN FONT LICENSE" in (STATIC / f"fonts/OFL-{name}.txt").read_text()


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_is_asked_of_another_host(path):
    assert not re.search(r"(https?:)?//[a-z0-9]+\.", path.read_text().replace("// ", ""))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_sides_are_logical_so_that_right_to_left_works(path):
    physical = (
        r"(margin|padding|border)-(left|right)\b|[{;]\s*(left|right)\s*:|text-align:\s*(left|right)"
    )
    assert not re.search(physical, path.read_text())


def tokens(scheme: str) -> dict[str, str]:
    light, dark = (STATIC / "css/site.css").read_text().split("(prefers-color-scheme: dark)")[:2]
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", dark.split("@layer")[0]))
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        *[
            (ink, ground, 4.5)
            for ink in ("ink", "ink-2", "curtain")
            for ground in ("paper", "sheet", "blush")
        ],
        ("on-curtain", "curtain-fill", 4.5),
        *[("edge", ground, 3) for ground in ("paper", "sheet")],
        ("art-cream", "art-ink", 4.5),
        ("art-cream", "art-red", 4.5),
        ("art-ink", "art-paper", 4.5),
    ],
)
def test_tokens_keep_the_contrast_of_wcag_aa(scheme, ink, ground, least):
    found = tokens(scheme)
    assert contrast(found[ink], found[ground]) >= least


def test_marks_of_guests_stand_out_from_the_paper():
    sheet = (STATIC / "css/talk.css").read_text()
    pairs = re.findall(
        r"\[data-mark\*=\w\]::after \{ background: light-dark\((#\w+), (#\w+)\)", sheet
    )
    assert len(pairs) == 4
    for colours in pairs:
        for scheme, colour in zip(("light", "dark"), colours, strict=True):
            assert contrast(colour, tokens(scheme)["paper"]) >= 3
