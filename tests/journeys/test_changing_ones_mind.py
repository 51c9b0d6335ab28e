"""Taking back what one agreed to, and agreeing again, by keyboard alone on a small phone without scripts."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import People

HEALTH = "What you write about your health"
WORDS = "The warm bath helped me through the night."


def _press(control: Locator) -> None:
    """Press a button, or follow a link, by keyboard alone."""
    control.focus()
    control.press("Enter")


def _section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_health_data_is_taken_back_and_given_again(people: People) -> None:
    page = people.member("Robin Ordinary", joins_as="Meadow-Rue", at="/categories", by_hand=True)
    page.goto(f"{people.address}/")
    _press(page.get_by_role("link", name="Flare number nine"))
    topic = page.url
    page.get_by_label("Your words").focus()
    page.keyboard.type(WORDS)
    _press(page.get_by_role("button", name="Post reply"))
    stranger = people.visitor()
    stranger.goto(topic)
    expect(stranger.get_by_text(WORDS)).to_be_visible()

    page.goto(f"{people.address}/settings")
    _press(page.get_by_role("main").get_by_role("link", name="Privacy", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Privacy")
    people.look(page, "privacy")
    expect(_section(page, HEALTH)).to_contain_text("Yes")
    _press(_section(page, HEALTH).get_by_role("button", name="Take this back"))
    expect(page.get_by_role("main")).to_contain_text("You took this back, and it holds from now on.")
    expect(_section(page, HEALTH)).to_contain_text("No")
    people.look(page, "taken-back")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    stranger.reload()
    expect(stranger.get_by_text(WORDS)).to_have_count(0)
    page.goto(topic)
    expect(page.get_by_role("button", name="Post reply")).to_have_count(0)
    _press(page.get_by_role("link", name="Your privacy settings"))

    _press(_section(page, HEALTH).get_by_role("button", name="Agree to this"))
    expect(page.get_by_role("main")).to_contain_text("What you wrote is shown as before, and you can write.")
    expect(page).to_have_url(re.compile("/settings/privacy"))
    stranger.reload()
    expect(stranger.get_by_text(WORDS)).to_be_visible()
    page.goto(topic)
    expect(page.get_by_role("button", name="Post reply")).to_be_visible()
