"""Passkeys in Chromium: what the page's script does, and what a page without it shows."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.accounts.passkeys.looking import age_the_proof
from tests.accounts.virtual_device import VirtualDevice, plug_in
from tests.front_door import Browser, Forum

CANCELLED = "Nothing was sent, and nothing has changed."


@pytest.fixture
def robin_here(forum: Forum, robin: Browser, page: Page) -> Page:
    """Return the page of a Chromium in which quiet-river is signed in."""
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": forum.base_url}
            for cookie in robin.http.cookies
        ]
    )
    return page


@pytest.fixture
def virtual_device(page: Page) -> VirtualDevice:
    """Return the device of the page."""
    return plug_in(page)


def add_one(forum: Forum, page: Page) -> None:
    """Add a passkey on the page of the ways in."""
    page.goto(f"{forum.base_url}/settings/sign-in")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("link", name="Rename")).to_have_count(1)


def test_adding_one_and_logging_in_with_it(
    forum: Forum, robin_here: Page, virtual_device: VirtualDevice
) -> None:
    page = robin_here
    add_one(forum, page)
    assert virtual_device.passkeys() == 1
    page.context.clear_cookies()
    page.goto(f"{forum.base_url}/log-in?next=/about")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/about")
    expect(page.get_by_text("quiet-river").first).to_be_visible()


@pytest.mark.proves("W12")
def test_what_waits_goes_on_by_itself(forum: Forum, robin_here: Page, virtual_device: VirtualDevice) -> None:
    page = robin_here
    add_one(forum, page)
    age_the_proof(forum)
    # Looking at a page needs no proof.
    page.get_by_role("link", name="Remove").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove the passkey “Computer”?")
    # A form waits, and is sent without another press.
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Show that it is you")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/settings/sign-in")
    expect(page.get_by_role("link", name="Rename")).to_have_count(0)
    assert forum.counts()["passkey"] == 0


def test_who_has_to_prove_first_adds_it_then_and_no_device_makes_two(
    forum: Forum, robin_here: Page, virtual_device: VirtualDevice
) -> None:
    page = robin_here
    add_one(forum, page)
    age_the_proof(forum)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Show that it is you")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_have_text("This device has a passkey for your account already.")
    assert forum.counts()["passkey"] == virtual_device.passkeys() == 1


def test_cancelling_says_so_and_the_button_works_again(
    forum: Forum, robin_here: Page, virtual_device: VirtualDevice
) -> None:
    page = robin_here
    page.goto(f"{forum.base_url}/settings/sign-in")
    button = page.get_by_role("button", name="Add a passkey")
    virtual_device.knows_its_person(yes=False)
    button.click()
    expect(page.get_by_role("status").filter(has_text=CANCELLED)).to_be_visible()
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    virtual_device.knows_its_person(yes=True)
    button.click()
    expect(page.get_by_role("link", name="Rename")).to_have_count(1)


def test_a_passkey_that_was_removed_here_gets_a_page_with_the_other_ways(
    forum: Forum, robin_here: Page, virtual_device: VirtualDevice
) -> None:
    page = robin_here
    add_one(forum, page)
    page.get_by_role("link", name="Remove").last.click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/settings/sign-in")
    page.context.clear_cookies()
    page.goto(f"{forum.base_url}/log-in?next=/about")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That passkey didn't work")
    expect(page.get_by_role("button", name="Continue with Google")).to_be_visible()


def test_without_a_script_no_passkey_is_offered(forum: Forum, robin: Browser, browser: Chromium) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{forum.base_url}/log-in")
    expect(page.get_by_role("button", name="Continue with Google")).to_be_visible()
    expect(page.get_by_text("Use a passkey")).to_be_hidden()
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": forum.base_url}
            for cookie in robin.http.cookies
        ]
    )
    page.goto(f"{forum.base_url}/settings/sign-in")
    expect(page.get_by_text("This browser can't make a passkey here.")).to_be_visible()
    expect(page.get_by_text("Add a passkey", exact=True)).to_be_hidden()
    context.close()


def test_the_page_asks_nobody_else(forum: Forum, robin_here: Page, virtual_device: VirtualDevice) -> None:
    hosts = set()
    robin_here.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    complaints: list[str] = []
    robin_here.on("console", lambda message: complaints.append(message.text))
    add_one(forum, robin_here)
    assert hosts == {urlsplit(forum.base_url).netloc}
    assert complaints == []
