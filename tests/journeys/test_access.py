"""What a reader's own browser and hands meet: focus, largest words, stillness, where help stands, and each component.

That every page is for everyone is held in ``test_for_everyone.py``. One demo serves all of it, on SQLite: what a page
looks like does not depend on the database.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.journeys.conftest import Demo, Eyes, agree, choose_persona
from tests.journeys.shown import DESK, PHONE, THEMES, found_wrong

pytestmark = [
    pytest.mark.parametrize("demo", ["sqlite"], indirect=True, scope="module"),
    # One worker runs them all, so that the demo is started once.
    pytest.mark.xdist_group("access"),
]

# Each component in each state, which no page of the forum shows; what lies in a theme of its own keeps it.
COMPONENTS = ("/demo/components", "/demo/components?theme=dark", "/demo/components?theme=dim")
# The third topic of the sample has a quote, a content note and a peer supporter.
PLACES = (
    *(
        "/",
        "/about",
        "/join",
        "/log-in",
        "/categories",
        "/categories/mind-and-mood",
        "/posts/3",
        "/posts/3/worry",
    ),
    *("/treatments", "/treatments/intrathecal-implants", "/treatments/intrathecal-implants/questions"),
    *("/help-now", "/policies/privacy", "/settings", "/settings/reading", "/search", "/not-there"),
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
def kept(demo: Demo, browser: Browser) -> dict[str, StorageState | None]:
    """What the browsers of a visitor and a newcomer keep."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{demo.address}/log-in?next=/about")
    page.get_by_role("button", name="Continue with Google").click()
    choose_persona(page, "Robin Ordinary")
    agree(page, "Sorrel-of-the-long-way-round")
    page.wait_for_url("**/about")
    newcomer = context.storage_state()
    context.close()
    return {"visitor": None, "newcomer": newcomer}


@pytest.fixture
def who() -> str:
    """Who looks at the page, unless the test says otherwise."""
    return "visitor"


@pytest.fixture
def context(browser: Browser, kept: dict[str, StorageState | None], who: str) -> Iterator[BrowserContext]:
    """Return that person's browser, on a small phone."""
    opened = browser.new_context(viewport=PHONE, storage_state=kept[who])
    yield opened
    opened.close()


@pytest.mark.parametrize("address", COMPONENTS)
def test_each_component_is_for_everyone_in_every_theme_on_every_screen(
    demo: Demo, page: Page, eyes: Eyes, address: str
) -> None:
    page.goto(demo.address + address)
    assert list(found_wrong(page)) == []
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
    for address in PLACES:
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
