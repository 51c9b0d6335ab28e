"""Saying what one lives with on a small phone, reading what is for those who share it, and taking it back."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import People
from tests.journeys.test_moderating import follow, heading, press
from tests.journeys.test_ways_in import expect_no_scrolling_sideways

FOG = "The fog: what do you call it at home?"
CONDITION = "Fibromyalgia"


def look_for(page: Page, people: People, words: str) -> None:
    page.goto(f"{people.address}/search")
    box = page.get_by_role("main").get_by_role("searchbox")
    box.fill(words)
    box.press("Enter")


def expect_nothing_found(page: Page) -> None:
    expect(page.get_by_role("main")).to_contain_text("We found nothing that has all of that.")


def test_what_one_shares_is_read_as_long_as_one_says_it(people: People) -> None:
    visitor, casey = people.visitor(), people.member("Casey Example")
    casey.set_viewport_size({"width": 320, "height": 640})

    look_for(casey, people, "porridge")
    people.look(casey, "found-among-those-who-share-it")
    follow(casey, FOG)
    expect(heading(casey)).to_have_text(FOG)
    expect(casey.get_by_role("main")).to_contain_text(CONDITION)
    people.look(casey, "for-those-who-share-it")
    topic = casey.url
    look_for(visitor, people, "porridge")
    expect_nothing_found(visitor)

    # By keyboard: what one says is taken back with one key and sent with another.
    casey.goto(f"{people.address}/settings/profile/about")
    said = casey.get_by_role("checkbox", name=CONDITION, exact=True)
    expect(said).to_be_checked()
    said.focus()
    casey.keyboard.press("Space")
    casey.get_by_role("button", name="Save").focus()
    casey.keyboard.press("Enter")
    expect(casey.get_by_role("status")).to_be_visible()
    people.look(casey, "said-no-more")
    look_for(casey, people, "porridge")
    expect_nothing_found(casey)
    casey.goto(topic)
    expect(heading(casey)).to_have_text("There is nothing here")
    people.expect_refusal(casey, 404)

    casey.goto(f"{people.address}/settings/profile/about")
    casey.get_by_text("Choose from the list").first.click()
    casey.get_by_role("checkbox", name=CONDITION, exact=True).check()
    casey.get_by_label("Who may see what you live with").select_option(label="Members")
    casey.get_by_role("checkbox", name="List me among the members").check()
    press(casey, "Save")
    expect(casey.get_by_role("status")).to_be_visible()
    expect_no_scrolling_sideways(casey)
    casey.goto(f"{people.address}/members")
    casey.get_by_label("Living with").select_option(label=CONDITION)
    press(casey, "Show")
    listed = casey.get_by_role("main").get_by_role("link", name="Casey")
    people.look(casey, "listed")
    listed.click()
    expect(heading(casey)).to_have_text("Casey")
    casey.goto(topic)
    expect(heading(casey)).to_have_text(FOG)
