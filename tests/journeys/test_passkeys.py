"""Somebody gets a passkey for themselves and logs in with it, against the demo's real processes."""

from playwright.sync_api import expect

from tests.accounts.virtual_device import plug_in
from tests.journeys.conftest import People

WAYS_IN = "/settings/sign-in"


def test_who_has_a_passkey_needs_nobody_else_to_log_in(people: People) -> None:
    page = people.member("Sam Second", "Heron", at="/settings")
    device = plug_in(page)
    page.get_by_role("link", name="How you log in").first.click()
    page.get_by_role("button", name="Add a passkey").click()
    passkey = page.get_by_role("region", name="Passkeys").get_by_role("heading", level=3)
    expect(passkey).to_have_text("Computer")
    assert device.passkeys() == 1
    people.look(page, "passkey-added")

    page.get_by_role("link", name="Rename").click()
    page.get_by_label("What you call it").fill("The one by the window")
    people.look(page, "passkey-renamed")
    page.get_by_role("button", name="Save").click()
    expect(passkey).to_have_text("The one by the window")

    page.get_by_text("Heron").first.click()
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{people.address}/log-in?next={WAYS_IN}")
    people.look(page, "passkey-log-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"**{WAYS_IN}")
    expect(page.get_by_text("Heron").first).to_be_visible()

    # They have just used it, so that nobody asks them again.
    page.get_by_role("region", name="Passkeys").get_by_role("link", name="Remove").click()
    people.look(page, "passkey-removed")
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url(f"**{WAYS_IN}")
    expect(passkey).to_have_count(0)
    people.look(page, "passkey-gone")
