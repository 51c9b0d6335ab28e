"""The pages of joining in a real browser: on a small phone, by keyboard alone, without JavaScript, for everyone."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as RealBrowser
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import ViewportSize, expect

from tests.front_door import Forum

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SMALL_PHONE: ViewportSize = {"width": 320, "height": 568}


@pytest.fixture
def phone(browser: RealBrowser) -> Iterator[BrowserPage]:
    """Return a page on a small phone with JavaScript off."""
    context = browser.new_context(viewport=SMALL_PHONE, java_script_enabled=False)
    page = context.new_page()
    yield page
    context.close()


def go_to_consent(page: BrowserPage, forum: Forum, persona: str = "Robin Ordinary") -> None:
    """Come to the consent step by the pages."""
    page.goto(f"{forum.base_url}/join?next=/about")
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=persona).click()
    page.get_by_role("heading", name="You choose what we may keep").wait_for()


def test_joining_by_keyboard_alone_on_a_small_phone(forum: Forum, phone: BrowserPage) -> None:
    go_to_consent(phone, forum)
    phone.get_by_label("The name others will see").focus()
    keys = phone.keyboard
    keys.type("quiet-river")
    keys.press("Tab")
    keys.type("1970")
    seen = []
    # Forward by Tab alone: a box is ticked with the space bar, the button pressed with Enter.
    for _step in range(60):
        keys.press("Tab")
        here = phone.locator(":focus")
        label = here.get_attribute("id") or (here.text_content() or "").strip()
        seen.append(label)
        if label in ("agree_membership", "agree_health_data"):
            keys.press("Space")
        if label == "Agree and join":
            keys.press("Enter")
            break
    assert "No thanks, keep nothing" not in seen
    phone.wait_for_url("**/about")
    phone.goto(f"{forum.base_url}/join/welcome")
    expect(phone.get_by_role("heading", name="Welcome, quiet-river")).to_be_visible()


def test_saying_no_takes_one_press(forum: Forum, phone: BrowserPage) -> None:
    before = forum.counts()
    go_to_consent(phone, forum)
    yes = phone.get_by_role("button", name="Agree and join").bounding_box()
    no = phone.get_by_role("button", name="No thanks, keep nothing").bounding_box()
    assert yes is not None
    assert no is not None
    assert no["height"] >= 44
    assert no["height"] >= yes["height"]
    phone.get_by_role("button", name="No thanks, keep nothing").click()
    # A press returns before the answer is there; expect waits for it.
    expect(phone.get_by_role("heading", name="Nothing was kept")).to_be_visible()
    assert forum.counts() == before


@pytest.mark.parametrize("address", ["/join", "/log-in", "/join/consent", "/policies/terms", "refused"])
# What a page looks like does not depend on the database.
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_the_pages_fit_and_can_be_used_by_everyone(forum: Forum, page: BrowserPage, address: str) -> None:
    page.set_viewport_size(SMALL_PHONE)
    if address in ("/join/consent", "refused"):
        go_to_consent(page, forum)
        for details in page.locator("main details").all():
            details.locator("summary").click()
        if address == "refused":
            page.get_by_label("The name others will see").fill("robin-o")
            page.get_by_role("button", name="Agree and join").click()
            page.get_by_role("heading", name="Something needs another look").wait_for()
    else:
        page.goto(forum.base_url + address)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"], scheme
        found = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
