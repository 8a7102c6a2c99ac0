"""Title cards as a browser draws them: no text leaves its card."""

import mimetypes

import pytest
from django.conf import settings

from films.cards import card

pytestmark = pytest.mark.browser

SITE = "http://cards.test"
HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title>
<link rel="stylesheet" href="/css/site.css"><link rel="stylesheet" href="/css/fonts.css">
<link rel="stylesheet" href="/css/parts.css"><body>"""
TITLES = {
    "one letter": "M",
    "90 letters": "A Short Film about Looking at Water until It Looks Back at You, and Then for a Bit Longer",
    "one word of 60": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunte",
    "wide letters": "WWW MMM WWW MMM WWW MMM WWW",
    "accents": "Łódź, Århus, Ångström: Ẽ ế Ự ǆ Ǽ",
    "Arabic": "سفر الأمل في بلاد بعيدة جدا",
    "long Arabic": "حكاية طويلة عن الناس الذين يعملون في المدينة ويعودون إلى بيوتهم في المساء متعبين",
    "Hebrew": "האיש עם מצלמת הקולנוע",
    "Chinese": "中国普通人的生活和他们在河边唱的歌",
    "Japanese": "ドキュメンタリー映画『水を見る』と、それから。",
    "Korean": "물을 오래 바라보는 사람들",
    "Hindi": "पानी को देखते रहने की एक लंबी कहानी",
    "Thai": "เรื่องราวของผู้คนริมแม่น้ำ",
    "Russian": "Человек с киноаппаратом и широкий экран",
    "Greek": "Ο άνθρωπος με την κινηματογραφική μηχανή",
    "emoji": "👩‍👩‍👧 😀😀😀 🎬",
    "200 letters": "word and " * 22,
}
# Boxes in the card's own units; half a unit is the rounding of the attributes.
BOXES = """() => [...document.querySelectorAll('svg.art')].map(svg => {
  const view = svg.viewBox.baseVal;
  return [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBBox();
    return {words: text.textContent, left: box.x, top: box.y, right: view.width - box.x - box.width,
            bottom: view.height - box.y - box.height};
  });
})"""


@pytest.fixture
def drawn(page):
    """Return a function that draws SVGs under our style sheets and fonts and gives their texts."""

    def serve(route):
        name = route.request.url.removeprefix(SITE + "/")
        path = settings.BASE_DIR / "static" / name
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(name)[0])

    def draw(svgs: list[str], *, fonts: bool = True) -> list[list[dict]]:
        page.route(f"{SITE}/**", serve)
        page.route(f"{SITE}/", lambda route: route.fulfill(body=HEAD + "".join(svgs)))
        if not fonts:
            page.route(f"{SITE}/fonts/**", lambda route: route.abort())
        page.goto(f"{SITE}/")
        page.evaluate("document.fonts.ready")
        return page.evaluate(BOXES)

    return draw


@pytest.mark.parametrize("fonts", [True, False], ids=["our fonts", "stand-ins"])
@pytest.mark.parametrize("wide", [False, True], ids=["card", "wide"])
def test_no_text_leaves_its_card(drawn, wide, fonts):
    boxes = drawn([card(title, 1936, "Politics", wide) for title in TITLES.values()], fonts=fonts)
    assert len(boxes) == len(TITLES)
    for name, texts in zip(TITLES, boxes, strict=True):
        assert len(texts) > 1, name
        for text in texts:
            sides = [text["left"], text["top"], text["right"], text["bottom"]]
            assert min(sides) >= 0, (name, text)


def test_our_fonts_are_the_ones_measured(drawn, page):
    drawn([card(TITLES["90 letters"], 1936, "Work")])
    assert page.evaluate("document.fonts.check('48px Newsreader')")
    assert page.evaluate("[...document.fonts].some(f => f.status == 'loaded')")
