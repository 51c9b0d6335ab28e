"""A member adds a second way in, sees it, shows once more that it is they, and takes it away, on the real processes."""

import re

import requests
from playwright.sync_api import Page, expect

from tests.journeys.conftest import People, choose_persona
from tests.journeys.test_moderating import heading

WAYS_IN = "/settings/sign-in"
ANNOUNCEMENT = "On Monday we move the furniture."


def press(page: Page, name: str) -> None:
    """Press a button, or follow a link that looks like one, by keyboard alone."""
    main = page.get_by_role("main")
    found = main.get_by_role("button", name=name, exact=True).or_(
        main.get_by_role("link", name=name, exact=True)
    )
    expect(found).to_have_count(1)
    found.focus()
    page.keyboard.press("Enter")


def expect_no_scrolling_sideways(page: Page) -> None:
    """Nothing of a page stands beside a screen of 320 px."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{page.url}: {wide}"


def test_a_second_way_in_by_keyboard_on_a_small_phone_without_scripts(people: People) -> None:
    page = people.member("Robin Ordinary", "Sorrel", at=WAYS_IN, by_hand=True)
    expect(heading(page)).to_have_text("How you log in")
    expect_no_scrolling_sideways(page)
    people.look(page, "one-way-in")
    press(page, "Add Facebook")
    choose_persona(page, "Robin Ordinary")
    expect(heading(page)).to_have_text("How you log in")
    ways = page.get_by_role("region", name="Accounts that you log in with")
    expect(ways.get_by_role("heading", level=3)).to_have_text(["Google", "Facebook"])
    expect(page.get_by_role("region", name="What changed lately")).to_contain_text("Facebook")
    expect_no_scrolling_sideways(page)
    people.look(page, "two-ways-in")

    page.goto(f"{people.address}/notices")
    expect(page.get_by_role("region", name="Your account")).to_contain_text("Facebook")
    expect_no_scrolling_sideways(page)
    press(page, "I have read this")
    expect(page.get_by_role("region", name="Your account")).to_have_count(0)

    page.goto(f"{people.address}{WAYS_IN}")
    press(page, "Remove Facebook")
    expect(heading(page)).to_have_text("Stop logging in with Facebook?")
    expect_no_scrolling_sideways(page)
    people.look(page, "removing")
    press(page, "Stop logging in with Facebook")
    expect(ways.get_by_role("heading", level=3)).to_have_text(["Google"])
    expect(ways).to_contain_text("It is the only one that works now, so it stays")

    press(page, "Make recovery codes")
    expect(heading(page)).to_have_text("Your recovery codes")
    expect(page.get_by_role("main").get_by_role("listitem").locator("code")).to_have_count(10)
    code = page.locator("code").first.inner_text()
    expect_no_scrolling_sideways(page)
    people.look(page, "codes")
    press(page, "I have kept them")
    expect(page.get_by_role("region", name="Recovery codes")).to_contain_text("You have this many left: 10")

    other = people.visitor("other-phone")
    other.goto(f"{people.address}/log-in/code?next=/about")
    other.get_by_label("A recovery code").focus()
    other.keyboard.type(code.lower().replace("-", " "))
    other.keyboard.press("Enter")
    expect(other.get_by_role("main")).to_contain_text("you have this many left: 9")
    press(other, "Back to where you were going")
    other.wait_for_url("**/about")


def test_what_was_sent_waits_until_they_showed_that_it_is_they(people: People) -> None:
    page = people.visitor("adair")
    page.goto(f"{people.address}/log-in?next=/admin/settings")
    page.get_by_role("button", name="Continue with Google").click()
    expect(page).not_to_have_url(re.compile(re.escape(people.address)))
    provider = page.url.split("/google/")[0]
    # They have been logged in at Google for an hour.
    requests.post(
        f"{provider}/faults", json={"authenticated_seconds_ago": 3600}, timeout=10
    ).raise_for_status()
    try:
        choose_persona(page, "Adair Example")
        page.get_by_label("Announcement").fill(ANNOUNCEMENT)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(heading(page)).to_have_text("Show that it is you")
        people.expect_refusal(page, 403)
        people.look(page, "asked")
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Continue with Google").click()
        choose_persona(opened.value, "Adair Example")
        expect(heading(opened.value)).to_have_text("We know it is you")
        opened.value.close()
        page.get_by_role("button", name="Send it now").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.get_by_role("complementary", name="Announcement")).to_contain_text(ANNOUNCEMENT)
    finally:
        requests.delete(f"{provider}/faults", json={}, timeout=10).raise_for_status()
