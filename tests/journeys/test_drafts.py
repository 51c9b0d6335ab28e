"""Somebody writes and something goes wrong: the tab, the server, the session, the token, the topic. No word is lost.

A real server in a process of its own, and real browsers; who writes is put there by the commands.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Locator, Page, expect
from sqlalchemy import delete, update

from config import Settings
from forum.accounts.models import SignInSession
from forum.accounts.proofs import Proven
from forum.accounts.sign_in_sessions import sign_in
from forum.app import create_app
from forum.clock import now
from forum.community.commands.categories import publish_category
from forum.community.models.threads import Topic
from forum.community.what_is_sent import CategoryDraft
from forum.permissions.actor import OPERATOR, Proof
from tests import cast
from tests.accounts.stand_in import free_port
from tests.community.conftest import start, topic_draft
from tests.conftest import database_of, settings_for
from tests.servers.forum import serving

ROOM = "flares-today"


@dataclass(slots=True)
class Desk:
    """A forum in a process that can be killed, a member, and what they have open."""

    app: Flask
    settings: Settings
    browser: Browser
    member: cast.Someone
    topic_id: int
    _server: ExitStack = field(default_factory=ExitStack)
    _open: list[Page] = field(default_factory=list)

    def begin(self) -> None:
        """Start the server."""
        self._server.enter_context(serving(self.settings, "--no-worker"))

    def kill(self) -> None:
        """End it as a loss of power would."""
        process = self._server.pop_all()
        with pytest.raises(KilledError), process:
            raise KilledError

    def log_in(self, page: Page | None = None) -> Page:
        """Sign the member in with a new browser, or anew in the one where a page is."""
        with database_of(self.app).transaction() as session:
            token = sign_in(session, self.member.member_id, proven=Proven(Proof.PASSKEY, now()))
        cookie = cast.signed_in(self.app, token).get_cookie("session", domain="127.0.0.1")
        assert cookie is not None
        page = page or self.browser.new_context().new_page()
        page.set_default_timeout(10_000)
        page.context.add_cookies([{"name": "session", "value": cookie.value, "url": self.settings.base_url}])
        return page

    def compose(self, page: Page) -> Locator:
        """Open the composer of a reply, and return its field."""
        page.goto(f"{self.settings.base_url}/topics/{self.topic_id}/reply")
        return words(page)


class KilledError(Exception):
    """Stands for the moment at which a server dies."""


@pytest.fixture
def desk(database_url: str, tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    """A forum with a topic, served."""
    base_url = f"http://127.0.0.1:{(port := free_port())}"
    settings = replace(settings_for(database_url, tmp_path, base_url), port=port)
    app = create_app(settings)
    database = database_of(app)
    member = cast.member(app, "Juniper")
    with database.transaction() as session:
        publish_category(session, OPERATOR, CategoryDraft(ROOM, "Flares", "When it is bad", "", False, 1))
    made = Desk(app, settings, browser, member, start(database, member.actor, topic_draft(ROOM)))
    made.begin()
    yield made
    made.kill()
    database.dispose()


def words(page: Page) -> Locator:
    return page.get_by_label("Your words", exact=True)


def saved(page: Page) -> None:
    expect(page.locator("[data-draft]")).to_have_text("Saved")


def crash(page: Page) -> None:
    """Kill the process that shows a page: nothing of the page's own runs any more."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")


def press(page: Page, button: str) -> None:
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def test_a_killed_tab_and_a_killed_server_take_no_words_along(desk: Desk) -> None:
    page = desk.log_in()
    desk.compose(page).press_sequentially("It began on the stairs")
    saved(page)
    crash(page)

    # Another browser has them, below the topic, too; then the server dies while somebody types.
    page = desk.log_in()
    page.goto(f"{desk.settings.base_url}/topics/{desk.topic_id}")
    expect(words(page)).to_have_value("It began on the stairs")
    desk.kill()
    words(page).press("ControlOrMeta+End")
    words(page).press_sequentially(", in the dark")
    expect(page.locator("[data-draft]")).to_have_text("Not saved yet. We keep trying.")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    desk.begin()
    saved(page)
    page.context.close()

    # What was typed in the last moment is sent as the page is left: its clock stands still.
    page = desk.log_in()
    page.clock.install()
    expect(desk.compose(page)).to_have_value("It began on the stairs, in the dark")
    page.clock.pause_at(now() + timedelta(hours=1))
    words(page).fill("It began on the stairs, and ended well")
    with page.expect_request("**/drafts/save"):
        page.goto(f"{desk.settings.base_url}/about")
    page, other = desk.log_in(), desk.log_in()
    for one in (page, other):
        expect(desk.compose(one)).to_have_value("It began on the stairs, and ended well")

    # The first one's page is old by now: nothing is written over, and both texts are shown.
    words(other).fill("It began on the stairs, and ended very well")
    saved(other)
    words(page).fill("Something else")
    expect(page.locator("[data-draft]")).to_contain_text("on another device")
    press(page, "Save as draft")
    expect(words(page)).to_have_value("Something else")
    expect(page.get_by_label("The draft as it stands now")).to_have_value(
        "It began on the stairs, and ended very well"
    )
    press(other, "Post reply")
    expect(other.locator("article:target")).to_contain_text("and ended very well")
    other.goto(f"{desk.settings.base_url}/drafts")
    expect(other.get_by_role("main")).to_contain_text("Nothing waits here.")


def test_a_page_that_is_left_while_one_types_takes_its_words_along(desk: Desk) -> None:
    page = desk.log_in()
    page.goto(f"{desk.settings.base_url}/topics/{desk.topic_id}")
    # With nothing selected the link quotes the whole post, below what was typed already, and leads nowhere.
    words(page).press_sequentially("Before I forget:")
    page.get_by_role("article").get_by_role("link", name="Quote").click()
    quoted = r"Before I forget:\n\n> \[#1\]\(/posts/\d+\)\n> It is bad today\.\n\n"
    expect(words(page)).to_have_value(re.compile(f"^{quoted}$"))
    expect(words(page)).to_be_focused()
    page.keyboard.type("breathe")
    # A link and a button that lead away wait: the next page opens with these words, and goes on from them.
    page.get_by_role("navigation", name="You are in").get_by_role("link", name="Flares").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Flares")
    desk.compose(page)
    expect(words(page)).to_have_value(re.compile(f"^{quoted}breathe$"))
    page.goto(f"{desk.settings.base_url}/topics/{desk.topic_id}")
    words(page).press("ControlOrMeta+End")
    page.keyboard.type(" in")
    page.get_by_role("button", name="Followed").click()
    expect(page.get_by_role("button", name="Followed", pressed=True)).to_be_visible()
    expect(words(page)).to_have_value(re.compile(f"^{quoted}breathe in$"))
    words(page).press("ControlOrMeta+End")
    page.keyboard.type(", and out")
    saved(page)
    # Whoever stops a sending (as with Esc) and types on is writing still.
    words(page).evaluate("text => text.form.dispatchEvent(new SubmitEvent('submit', {bubbles: true}))")
    with page.expect_response("**/drafts/save"):
        page.keyboard.type(" again")
    desk.compose(page)
    expect(words(page)).to_have_value(re.compile(f"^{quoted}breathe in, and out again$"))
    page.goto(f"{desk.settings.base_url}/topics/{desk.topic_id}/reply?quote=1")
    page.keyboard.type("So much for that.")
    expect(words(page)).to_have_value(re.compile(r"It is bad today\.\n\nSo much for that\.$"))
    saved(page)

    # What trying again doesn't mend is tried once, until somebody types on.
    tried: list[str] = []
    page.on("request", lambda request: tried.append(request.url) if "/drafts/save" in request.url else None)
    page.clock.install()
    desk.compose(page).fill("x" * 100_001)
    page.clock.run_for(3_000)
    expect(page.locator("[data-draft]")).to_contain_text("This can't be saved at present.")
    page.clock.run_for(120_000)
    words(page).fill("Short again")
    page.clock.run_for(3_000)
    saved(page)
    assert len(tried) == 2


def test_a_session_a_token_and_a_topic_that_are_no_more_take_no_words_along(desk: Desk) -> None:
    page, database = desk.log_in(), database_of(desk.app)
    desk.compose(page).fill("Half a sentence")
    saved(page)
    with database.transaction() as session:
        session.execute(delete(SignInSession))
    words(page).fill("Half a sentence and more")
    expect(page.locator("[data-draft]")).to_contain_text("You were logged out")
    press(page, "Post reply")
    expect(page.get_by_role("main")).to_contain_text("You are not logged in any more.")
    expect(words(page)).to_have_value("Half a sentence and more")

    # Logged in again in another tab, the token of this one is no good any more: once more, and it is sent.
    desk.log_in(page)
    press(page, "Post reply")
    expect(page.get_by_role("main")).to_contain_text("its form expired")
    expect(words(page)).to_have_value("Half a sentence and more")
    # And a script that goes on by itself finds a fresh one.
    desk.log_in(page)
    words(page).fill("Half a sentence and yet more")
    saved(page)

    # Refused for what it says, and then because the topic was closed.
    words(page).fill("x" * 20_001)
    press(page, "Post reply")
    expect(words(page)).to_have_value("x" * 20_001)
    words(page).fill("A whole sentence.")
    with database.transaction() as session:
        session.execute(update(Topic).values(locked=True))
    press(page, "Post reply")
    expect(page.get_by_role("main")).to_contain_text("This topic is closed to replies")
    expect(words(page)).to_have_value("A whole sentence.")
    with database.transaction() as session:
        session.execute(update(Topic).values(locked=False))

    # After a log-out, and in another browser.
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
    expect(desk.compose(desk.log_in())).to_have_value("A whole sentence.")
    expect(desk.compose(desk.log_in(page))).to_have_value("A whole sentence.")
    press(page, "Post reply")
    expect(page.locator("article:target")).to_contain_text("A whole sentence.")
