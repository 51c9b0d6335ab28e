"""Every kind of page, in every theme, on a small phone and on a desk: for everyone, also by keyboard.

One demo serves all of it, on SQLite: what a page looks like does not depend on the database.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.journeys.conftest import Demo, Eyes, agree, choose_persona

pytestmark = [
    pytest.mark.parametrize("demo", ["sqlite"], indirect=True, scope="module"),
    # One worker runs them all, so that the demo is started once.
    pytest.mark.xdist_group("access"),
]

PHONE = ViewportSize(width=320, height=568)
DESK = ViewportSize(width=1280, height=800)
THEMES = ("light", "dark", "dim")

# Off unless asked for by name; without it nobody would notice a target that a shaking hand can't hit.
TARGET_SIZE = "target-size"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "rules": {TARGET_SIZE: {"enabled": True}},
}
# Themes differ in colours alone, so one of them gets all the rules and the others those about colours.
COLOUR_RULES = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}

# Address and who looks at it. The third topic of the sample has a quote, a content note and a peer supporter.
PAGES = [
    ("/", "visitor"),
    ("/about", "visitor"),
    ("/join", "visitor"),
    ("/log-in", "visitor"),
    ("/categories", "visitor"),
    ("/categories/mind-and-mood", "visitor"),
    ("/categories/treatments-and-procedures", "visitor"),
    ("/posts/3", "visitor"),
    ("/posts/3/worry", "visitor"),
    ("/posts/3/report", "visitor"),
    ("/treatments", "visitor"),
    ("/treatments/intrathecal-implants", "visitor"),
    ("/treatments/intrathecal-implants/questions", "visitor"),
    ("/help-now", "visitor"),
    ("/policies/privacy", "visitor"),
    ("/settings/reading", "visitor"),
    ("/not-there", "visitor"),
    ("/search", "visitor"),
    ("/search?q=sleep", "visitor"),
    # Each component in each state; what lies in a theme of its own keeps it.
    ("/demo/components", "visitor"),
    ("/demo/components?theme=dark", "visitor"),
    ("/demo/components?theme=dim", "visitor"),
    ("/", "newcomer"),
    ("/posts/3", "newcomer"),
    ("/topics/new", "newcomer"),
    ("/join/welcome", "newcomer"),
    ("/moderation/reports", "moderator"),
]

# The spacing that readers may set by themselves (WCAG 1.4.12).
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    " p { margin-bottom: 2em !important }"
)

# What has the focus, how it shows, and whether it is there to be seen.
FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  const above = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    words: (element.innerText || element.labels?.[0]?.innerText || "").trim().replace(/\\s+/g, " "),
    outline: style.outlineStyle === "solid" ? parseFloat(style.outlineWidth) : 0,
    seen: above !== null && (element === above || element.contains(above)),
    inHeader: element.closest("header.top") !== null,
  };
}"""


@pytest.fixture(scope="module")
def people(demo: Demo, browser: Browser) -> dict[str, StorageState | None]:
    """What the browsers of a visitor, a newcomer and a moderator keep."""
    kept: dict[str, StorageState | None] = {"visitor": None}
    for who, persona in (("newcomer", "Robin Ordinary"), ("moderator", "Morgan Example")):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{demo.address}/log-in?next=/about")
        page.get_by_role("button", name="Continue with Google").click()
        choose_persona(page, persona)
        if who == "newcomer":
            agree(page, "Sorrel-of-the-long-way-round")
        page.wait_for_url("**/about")
        kept[who] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def who() -> str:
    """Who looks at the page, unless the test says otherwise."""
    return "visitor"


@pytest.fixture
def context(browser: Browser, people: dict[str, StorageState | None], who: str) -> Iterator[BrowserContext]:
    """Return that person's browser, on a small phone."""
    opened = browser.new_context(viewport=PHONE, storage_state=people[who])
    yield opened
    opened.close()


def violations(page: Page, theme: str) -> list[str]:
    """Return what axe objects to in a theme, and make sure that it looked at what the themes are about."""
    put_on(page, theme)
    is_first = theme == THEMES[0]
    if is_first:
        page.evaluate(Axe().axe_script)
    found = page.evaluate("rules => axe.run(rules)", RULES if is_first else COLOUR_RULES)
    looked_at = {rule["id"] for kind in ("passes", "violations", "incomplete") for rule in found[kind]}
    assert {"color-contrast", *([TARGET_SIZE] if is_first else [])} <= looked_at
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def put_on(page: Page, theme: str) -> None:
    """Show the page in a theme, as the server does for whoever chose it."""
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)


@pytest.mark.parametrize(("address", "who"), PAGES)
def test_a_page_is_for_everyone_in_every_theme_on_every_screen(
    demo: Demo, page: Page, eyes: Eyes, address: str, who: str
) -> None:
    answer = page.goto(demo.address + address)
    assert answer is not None
    assert answer.status == (404 if address == "/not-there" else 200)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for theme in THEMES:
            assert violations(page, theme) == [], (size, theme)
    page.set_viewport_size(PHONE)
    # Where styles come from is the site's to say; the browser's own may be anything.
    page.evaluate(
        "css => { const own = new CSSStyleSheet(); own.replaceSync(css); document.adoptedStyleSheets = [own]; }",
        SPACING,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if answer.ok:
        assert eyes.complaints == []


@pytest.mark.parametrize("who", ["visitor", "newcomer"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_is_seen_all_the_way_through_the_header(
    demo: Demo, page: Page, who: str, size: ViewportSize, theme: str
) -> None:
    page.context.add_cookies([{"name": "reading-theme", "value": theme, "url": demo.address}])
    page.set_viewport_size(size)
    page.goto(demo.address)
    assert page.locator("html").get_attribute("data-theme") == theme
    passed: list[str] = []
    for _step in range(14):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if passed and not focus["inHeader"]:
            break
        assert focus["seen"], focus
        assert focus["outline"] >= 3, focus
        passed.append(focus["words"])
    own = {"visitor": ["Log in", "Join"], "newcomer": ["Sorrel-of-the-long-way-round"]}[who]
    # On a phone the button alone leads to the search.
    search = ["Search"] if size == PHONE else ["Search topics and treatments", "Search"]
    assert passed == [
        *("Skip to the text", "Alongside Chronic Pain"),
        *search,
        *("Help now", "Topics", "Treatments"),
        *own,
    ]


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("/", "visitor"),
        ("/posts/3", "visitor"),
        ("/treatments", "visitor"),
        ("/help-now", "visitor"),
        ("/settings/reading", "visitor"),
        ("/topics/new", "newcomer"),
    ],
)
def test_the_largest_words_fit_a_small_phone(demo: Demo, page: Page, address: str, who: str) -> None:
    page.context.add_cookies([{"name": "reading-size", "value": "largest", "url": demo.address}])
    page.goto(demo.address + address)
    assert page.locator("html").get_attribute("data-size") == "largest"
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")
    assert size >= 20
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_nothing_moves_for_whoever_chose_so(demo: Demo, page: Page) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter(one => {
      const style = getComputedStyle(one);
      return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
    }).length"""
    page.goto(demo.address)
    assert page.evaluate(moving) > 0
    page.context.add_cookies([{"name": "reading-motion", "value": "none", "url": demo.address}])
    page.goto(demo.address)
    assert page.evaluate(moving) == 0
    page.context.clear_cookies(name="reading-motion")
    page.emulate_media(reduced_motion="reduce")
    page.goto(demo.address)
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_help_stands_in_the_same_place_of_every_page(demo: Demo, page: Page, size: ViewportSize) -> None:
    """WCAG 3.2.6: whoever needs it at night should not have to look for it."""
    places = set()
    page.set_viewport_size(size)
    for address, who in PAGES:
        if who == "visitor":
            page.goto(demo.address + address)
            box = page.get_by_role("banner").get_by_role("link", name="Help now").bounding_box()
            assert box is not None
            assert box["height"] >= 44
            # A link to one post opens the page further down.
            places.add((round(box["x"]), round(box["y"] + page.evaluate("scrollY"))))
    assert len(places) == 1


def test_on_a_phone_urgent_help_is_one_press_from_the_top_of_a_treatment(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.address}/treatments/intrathecal-implants")
    link = page.get_by_role("main").get_by_role("link", name="Get help now").first
    box = link.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"]
    link.click()
    heading = page.get_by_role("heading", name="Get help now").bounding_box()
    assert heading is not None
    assert 0 <= heading["y"] < 200
