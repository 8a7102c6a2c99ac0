"""What holds of every page of staff: axe has nothing to say in either scheme, and it fits."""

from axe_playwright_python.sync_playwright import Axe

WITHOUT_THE_FRAME = {"include": [["#content"]], "exclude": []}  # the frame is Django's
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def look_at(page, width):
    """Hold a page that is open against axe's rules, light and dark, and against its width."""
    page.evaluate(Axe().axe_script)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            "([where, rules]) => axe.run(where, rules)", [WITHOUT_THE_FRAME, RULES]
        )
        faults = [(scheme, one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
        assert not faults, faults
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
