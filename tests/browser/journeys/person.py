"""Somebody at a keyboard before a small screen: what they do, they do by keys."""

import json

from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 360, "height": 740}
MOST_STEPS = 150  # of the Tab key, before somebody would give up
LIES_BEFORE = "one => document.activeElement.compareDocumentPosition(one) & 2"
HAS_FOCUS = "one => one === document.activeElement"


class Person:
    """One person and their page; `scripts`: whether their browser runs JavaScript."""

    def __init__(self, page: Page, scripts: bool) -> None:
        self.page, self.scripts = page, scripts

    def comes_to(self, address: str) -> None:
        """Type an address, as who comes here or has a letter does."""
        self.page.goto(address)
        self.looks()

    def comes_again(self) -> None:
        self.page.reload()
        self.looks()

    def looks(self) -> None:
        """Hold the page that is open against the width of the screen."""
        assert self.page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]

    def reaches(self, target: Locator) -> None:
        """Go to it by the Tab key, forward or back; fail where no key leads there."""
        element = target.element_handle()
        if element.evaluate(HAS_FOCUS):
            return
        tab = "Shift+Tab" if element.evaluate(LIES_BEFORE) else "Tab"
        for _step in range(MOST_STEPS):
            self.page.keyboard.press(tab)
            if element.evaluate(HAS_FOCUS):
                break
        else:
            raise AssertionError(f"no key leads to {target}")
        expect(target).to_be_in_viewport()

    def presses(self, target: Locator, key: str = "Enter") -> None:
        """Go to it and press; the page stays."""
        self.reaches(target)
        self.page.keyboard.press(key)

    def follows(self, target: Locator) -> None:
        """Go to it, press, and arrive at what it leads to."""
        self.reaches(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.looks()

    def link(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("link", name=name, exact=True)

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def types(self, label: str, words: str) -> None:
        """Write into a field, in place of what stands there."""
        self.reaches(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)

    def chooses(self, label: str) -> None:
        """Choose one of several: by Tab to the group, and by an arrow within it."""
        radio = self.page.get_by_label(label)
        group = self.page.locator(f"input[name='{radio.get_attribute('name')}']")
        chosen = group.and_(self.page.locator(":checked"))
        self.reaches(chosen if chosen.count() else group.first)
        if not chosen.count():
            self.page.keyboard.press("Space")
        for _step in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        assert radio.is_checked(), label

    def goes_to_the_film(self) -> None:
        """From wherever one is, by the head of the page and the list of films."""
        self.follows(self.link("Films"))
        self.follows(self.page.locator(".card").get_by_role("link").first)

    # --------------------------------------------------------------------------------- in a talk

    def comment(self, words: str) -> Locator:
        """Return the comment that says this, as the page shows it."""
        body = f":scope > details > .comment-body:has-text({json.dumps(words)})"
        return self.page.locator(f"article.comment:has({body})").first  # before who quotes it

    def way(self, words: str, name: str) -> Locator:
        """Return a link under the comment that says these words."""
        pk = self.comment(words).get_attribute("id")[1:]
        return self.page.locator(f"#a{pk}").get_by_role("link", name=name, exact=True)

    @property
    def form(self) -> Locator:
        """The form for a comment that is open."""
        return self.page.locator("form[data-form=comment]")

    def acts(self, target: Locator) -> None:
        """Press what scripts do in place and others by another page."""
        (self.presses if self.scripts else self.follows)(target)

    def numbered(self, words: str) -> Locator:
        """Return the number of the comment that says these words: the link to its own page."""
        return self.comment(words).locator("> a.n")

    def opens(self, link: Locator) -> None:
        """Open a form: in place, or on a page of its own."""
        self.acts(link)
        self.is_ready()

    def is_ready(self) -> None:
        """Wait until the form and all that helps to write is there."""
        expect(self.form.locator("textarea")).to_be_attached()
        if self.scripts:
            expect(self.form.locator(".tools")).to_be_visible()
            self.page.wait_for_timeout(100)  # drafts are asked for after the tools

    def goes_on(self, words: str) -> None:
        """Write on behind what stands in the form already."""
        self.reaches(self.form.locator("textarea"))
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(words)

    def sends(self, name: str) -> None:
        """Press a button of that form."""
        self.acts(self.button(name, self.form))

    def says(self, words: str, name: str = "", email: str = "") -> Locator:
        """Write a comment at the end of the talk, and return it as the page shows it."""
        self.opens(self.link("Say something about the film"))
        self.types("Your comment", words)
        return self.posts("Post", words, name, email)

    def answers(self, said: str, words: str, name: str = "") -> Locator:
        """Write under the comment that says `said`, and return the answer as the page shows it."""
        self.opens(self.way(said, "reply"))
        self.types("Your reply", words)
        return self.posts("Post reply", words, name)

    def posts(self, button: str, words: str, name: str = "", email: str = "") -> Locator:
        if name:
            self.types("Name", name)
        if email:
            self.page.keyboard.press("Tab")
            self.page.keyboard.type(email)
        self.sends(button)
        mine = self.page.locator("article.mine", has_text=words).last
        expect(mine).to_be_visible()
        self.looks()
        return mine
