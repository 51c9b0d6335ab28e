"""Somebody without an account: pages made easier on the eyes, a search, and an address that leads nowhere."""

from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.test_moderating import choose, follow, heading, press


def test_choices_for_reading_stick_without_an_account(people: People) -> None:
    visitor = people.visitor()
    visitor.goto(f"{people.address}/treatments")
    visitor.get_by_role("contentinfo").get_by_role("link", name="Reading settings").click()
    people.look(visitor, "reading-settings")
    choose(visitor, "Largest")
    choose(visitor, "Dim")
    choose(visitor, "None")
    press(visitor, "Save")
    expect(visitor.get_by_role("status")).to_contain_text("Saved")
    for address in ("/", "/treatments/intrathecal-implants", "/help-now"):
        visitor.goto(people.address + address)
        html = visitor.locator("html")
        expect(html).to_have_attribute("data-size", "largest")
        expect(html).to_have_attribute("data-theme", "dim")
        expect(html).to_have_attribute("data-motion", "none")
    people.look(visitor, "dim-and-largest")


def test_the_box_in_the_header_finds_topics_and_treatments(people: People) -> None:
    visitor = people.visitor()
    visitor.goto(f"{people.address}/help-now")
    box = visitor.get_by_role("banner").get_by_role("searchbox")
    box.fill("windowsill")
    box.press("Enter")
    expect(heading(visitor)).to_have_text("Search")
    people.look(visitor, "found")
    follow(visitor, "What is on your windowsill?")
    expect(heading(visitor)).to_have_text("What is on your windowsill?")
    box.fill("intrathecal")
    box.press("Enter")
    follow(visitor, "Intrathecal implants")
    expect(heading(visitor)).to_have_text("Intrathecal implants")
    box.fill("nothing like this anywhere")
    box.press("Enter")
    expect(visitor.get_by_role("main")).to_contain_text("We found nothing that has all of that.")


def test_an_address_that_leads_nowhere_offers_a_search_and_help(people: People) -> None:
    visitor = people.visitor()
    visitor.goto(f"{people.address}/topics/4711/it-was-here-yesterday")
    expect(heading(visitor)).to_have_text("There is nothing here")
    people.look(visitor, "nowhere")
    people.expect_refusal(visitor, 404)
    main = visitor.get_by_role("main")
    expect(main.get_by_role("link", name="Help now")).to_be_visible()
    main.get_by_role("searchbox").fill("windowsill")
    main.get_by_role("searchbox").press("Enter")
    expect(
        visitor.get_by_role("main").get_by_role("link", name="What is on your windowsill?")
    ).to_be_visible()
