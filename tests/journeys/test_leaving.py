"""A member leaves with the keyboard alone, on a small phone that runs no script, and comes back the same evening."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import People, choose_persona
from tests.journeys.test_moderating import heading, start
from tests.journeys.test_ways_in import expect_no_scrolling_sideways, press

WORDS = "The towels are still warm."


@pytest.mark.proves("D9")
def test_leaving_and_coming_back_by_keyboard_on_a_small_phone_without_scripts(people: People) -> None:
    page = people.member("Robin Ordinary", "Sorrel", by_hand=True)
    topic = start(page, people, "Warm towels", WORDS)
    reader = people.visitor("reader")
    reader.goto(topic)
    expect(reader.get_by_role("main")).to_contain_text(WORDS)

    page.goto(f"{people.address}/settings/leave")
    expect(heading(page)).to_have_text("Leave this community")
    expect(page.get_by_role("main")).to_contain_text("Your posts, unless you keep some")
    expect_no_scrolling_sideways(page)
    people.look(page, "before")

    press(page, "Mark posts to keep")
    expect(heading(page)).to_have_text("Mark posts to keep")
    expect_no_scrolling_sideways(page)
    page.get_by_role("checkbox", name=re.compile("^Keep this post.*Warm towels$")).focus()
    page.keyboard.press("Space")
    people.look(page, "marking")
    press(page, "Save, and back to leaving")
    expect(page.get_by_role("main")).to_contain_text("Marked so far: 1.")

    # From the first radio button down to the third: they are one group for the keyboard.
    page.get_by_role("radio", name="Delete them all").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Keep those that I mark")).to_be_checked()
    press(page, "Leave and have my account deleted")
    expect(heading(page)).to_have_text("You have left")
    expect_no_scrolling_sideways(page)
    people.look(page, "left")
    expect(page.get_by_role("banner")).not_to_contain_text("Sorrel")
    reader.goto(f"{people.address}/search?q=towels")
    expect(reader.get_by_role("main")).not_to_contain_text("Warm towels")

    press(page, "Log in and keep my account")
    page.get_by_role("button", name="Continue with Google").focus()
    page.keyboard.press("Enter")
    choose_persona(page, "Robin Ordinary")
    expect(page.get_by_role("banner")).to_contain_text("Sorrel")
    reader.goto(topic)
    expect(reader.get_by_role("main")).to_contain_text(WORDS)
