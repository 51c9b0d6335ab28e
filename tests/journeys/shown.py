"""Documents of the forum shown in Chromium: each as it was answered, under its own address and with its own headers."""

from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize

from tests.every_page import Community
from tests.html.documents import Document
from tests.journeys.conftest import PICTURES
from tests.soaking import SOAK

PHONE = ViewportSize(width=320, height=568)
DESK = ViewportSize(width=1280, height=800)
THEMES = ("light", "dark", "dim")

# Off unless asked for by name; without it nobody would notice a target that a shaking hand can't hit.
TARGET_SIZE = "target-size"
RULES: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "rules": {TARGET_SIZE: {"enabled": True}},
    # What isn't wrong needn't be described.
    "resultTypes": ["violations"],
}
# Themes differ in colours alone, so one of them gets all the rules and the others those about colours.
COLOUR_RULES: dict[str, object] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}

# Gives each element of a page a number that says what its colours come from: how it and all around it are called, what
# is said about them, and how they look in the theme that is on.
LOOKS = """() => {
  const numbers = new Map();
  return [...document.querySelectorAll("*")].map(one => {
    const style = getComputedStyle(one);
    const own = [
      one.tagName, one.className, one.type, one.disabled, one.checked, ...one.getAttributeNames(),
      style.color, style.backgroundColor, style.backgroundImage, style.borderColor, style.opacity, style.visibility,
      style.fontSize, style.fontWeight, style.textDecorationLine,
    ].join(" ");
    let number = numbers.get(one.parentElement) ?? 0;
    for (let at = 0; at < own.length; at++) number = (number * 33 + own.charCodeAt(at)) % 272_000_000_000_000;
    numbers.set(one, number);
    return number;
  });
}"""
MARKED = '{ include: [["[data-new]"]] }'
MARK = """indices => {
  const all = [...document.querySelectorAll("*")];
  indices.forEach(index => all[index].setAttribute("data-new", ""));
}"""

# The spacing that readers may set by themselves (WCAG 1.4.12).
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    " p { margin-bottom: 2em !important }"
)


class Showing:
    """Lays answers before a browser: a document where one is opened, and the forum's files where the page asks."""

    ORIGIN = "http://localhost"

    def __init__(self, community: Community, context: BrowserContext) -> None:
        self._community = community
        self._client = community.client("visitor")
        self._files: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self._shown: Document | None = None
        # Half a megabyte, that is handed to the browser once and not with each page.
        context.add_init_script(Axe().axe_script)
        context.route("**/*", self._answer)

    def open(self, page: Page, document: Document) -> None:
        """Show a document."""
        self._shown = document
        answer = page.goto(self.ORIGIN + document.address)
        assert answer is not None
        assert answer.status == document.status

    def _answer(self, route: Route) -> None:
        assert self._shown is not None
        if route.request.is_navigation_request():
            found = self._shown
            route.fulfill(status=found.status, headers=found.headers, body=found.html)
            return
        address = route.request.url.removeprefix(self.ORIGIN)
        if address.startswith("/images/"):
            # Who may see a picture is asked each time: it is whoever opened the page.
            with self._community.client(self._shown.who).get(address) as answer:
                route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.data)
            return
        if address not in self._files:
            with self._client.get(address) as answer:
                self._files[address] = (answer.status_code, dict(answer.headers), answer.data)
        status, headers, body = self._files[address]
        route.fulfill(status=status, headers=headers, body=body)


def found_wrong(page: Page, picture: str = "", known: set[int] | None = None) -> Iterator[str]:
    """Give what is wrong with the page that is open, in each theme on each screen, and save pictures where wanted.

    ``known`` are the looks of what was looked at in every theme before, and get those of this page: what looks the same
    in one theme, in the same places, does so in the others. Before a release everything is looked at.
    """
    # What can be opened is looked at as well.
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    new = None if known is None or SOAK or PICTURES else _mark_new(page, known)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        if width_of(page) > size["width"]:
            yield f"{width_of(page)} wide on {size['width']}"
        # What axe looks at is hardly changed by a screen's width: on the wide one it looks before a release alone.
        for theme in THEMES if SOAK or PICTURES or size is PHONE else ():
            # As the server does for whoever chose it.
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            if theme == THEMES[0]:
                wrong = _violations(page, RULES)
            else:
                wrong = (
                    [] if new == 0 else _violations(page, COLOUR_RULES, "document" if new is None else MARKED)
                )
            yield from (f"{theme} on {size['width']}: {words}" for words in wrong)
            if PICTURES and picture:
                file = f"{picture}-{size['width']}-{theme}.png"
                page.screenshot(path=Path(PICTURES) / "pages" / file, full_page=True)
    page.set_viewport_size(PHONE)
    # Where styles come from is the site's to say; the browser's own may be anything.
    page.evaluate(
        "css => { const own = new CSSStyleSheet(); own.replaceSync(css); document.adoptedStyleSheets = [own]; }",
        SPACING,
    )
    if width_of(page) > PHONE["width"]:
        yield f"{width_of(page)} wide with a reader's own spacing"


def width_of(page: Page) -> int:
    """Return how wide the page wants to be."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def _mark_new(page: Page, known: set[int]) -> int:
    """Mark what looks like nothing that is known, with all inside it, and return how much that is."""
    looks: list[int] = page.evaluate(LOOKS)
    new = [index for index, look in enumerate(looks) if look not in known]
    known.update(looks)
    page.evaluate(MARK, new)
    return len(new)


def _violations(page: Page, rules: dict[str, object], where: str = "document") -> list[str]:
    """Return what axe objects to, and make sure that it looked at what the themes are about."""
    found = page.evaluate(f"rules => axe.run({where}, rules)", rules)
    looked_at = {rule["id"] for kind in ("passes", "violations", "incomplete") for rule in found[kind]}
    # Where only what is new is looked at, there may be no words in it.
    if where == "document":
        assert {"color-contrast", *([TARGET_SIZE] if rules is RULES else [])} <= looked_at
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
