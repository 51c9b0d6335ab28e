"""A newcomer's first evening, in Chromium, against the demo's real processes, on both databases."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Demo, Eyes, agree, choose_persona

WORDS = "I had my trial in spring, and the towels helped me too."


@pytest.mark.parametrize(
    ("provider", "persona", "name"),
    [("Google", "Robin Ordinary", "Sorrel"), ("Facebook", "Noa Nomail", "Teasel")],
    ids=["google", "facebook"],
)
@pytest.mark.proves("P1")
def test_from_the_home_page_to_a_reply_that_everyone_can_read(
    demo: Demo, page: Page, eyes: Eyes, browser: Browser, provider: str, persona: str, name: str
) -> None:
    page.goto(demo.address)
    eyes.look("home")
    page.get_by_role("link", name="Join with Google or Facebook").click()
    eyes.look("join")
    page.get_by_role("button", name=f"Continue with {provider}").click()
    choose_persona(page, persona)
    eyes.look("consent")
    agree(page, name)
    eyes.look("welcome")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Treatments").click()
    page.get_by_role("link", name="Intrathecal implants", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Intrathecal implants")
    eyes.look("treatment")
    page.get_by_role("link", name="Read the whole discussion").click()
    eyes.look("discussion")
    page.get_by_label("Your words").fill(WORDS)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("article:target")).to_contain_text(WORDS)
    discussion = page.url.split("#")[0]
    eyes.look("replied")
    page.get_by_text(name).first.click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
    eyes.look("logged-out")

    stranger = browser.new_page()
    stranger.goto(discussion)
    expect(stranger.get_by_role("article").filter(has_text=WORDS).filter(has_text=name)).to_be_visible()
    stranger.close()
    assert eyes.complaints == []
    # The forum and the stand-in provider, which is another site.
    assert {host.split(":")[0] for host in eyes.hosts} == {"localhost", "127.0.0.1"}


def test_who_joins_to_reply_lands_where_they_wanted_to_write(demo: Demo, page: Page, eyes: Eyes) -> None:
    page.goto(demo.address)
    page.get_by_role("link", name="Flare number nine").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Flare number nine")
    topic = page.url
    page.get_by_role("link", name="Join to reply").click()
    page.get_by_role("button", name="Continue with Google").click()
    choose_persona(page, "Sam Second")
    agree(page, "Bracken", email=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your reply")
    page.get_by_label("Your words").fill("Heard.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("article:target")).to_contain_text("Heard.")
    assert page.url.startswith(topic)
    assert eyes.complaints == []


def test_everything_works_without_scripts_and_by_keyboard_alone(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{demo.address}/log-in?next=/topics/new")
    _press(page, "Continue with Facebook")
    choose_persona(page, "Toni Third")
    _type(page, "The name others will see", "Yarrow")
    _type(page, "The year you were born", "1975")
    for box in ("I accept the terms", "I agree that this community keeps"):
        page.get_by_role("checkbox", name=box).focus()
        page.keyboard.press("Space")
    _press(page, "Agree and join")
    page.get_by_role("radio", name="Just listen").focus()
    page.keyboard.press("Space")
    _type(page, "Title", "Writing by keyboard")
    _type(page, "Your words", "One key after the other.")
    page.get_by_label("Where does it belong?").focus()
    page.keyboard.type("Sleep")
    page.get_by_role("radio", name="Everyone, search engines too").focus()
    page.keyboard.press("Space")
    _press(page, "Post topic")
    expect(page.get_by_role("heading", level=1)).to_have_text("Writing by keyboard")
    expect(page.get_by_role("article")).to_contain_text("One key after the other.")
    context.close()


def _press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")


def _type(page: Page, label: str, words: str) -> None:
    page.get_by_label(label).focus()
    page.keyboard.type(words)


@pytest.mark.proves("C1", "A13")
def test_saying_no_at_the_provider_or_at_the_consent_step_leaves_one_a_visitor(
    demo: Demo, page: Page, eyes: Eyes
) -> None:
    page.goto(f"{demo.address}/join")
    page.get_by_role("button", name="Continue with Google").click()
    choose_persona(page, "Nico Nothanks")
    eyes.look("said-no-at-provider")
    expect(page.get_by_role("main")).to_contain_text("nothing was stored")
    page.goto(f"{demo.address}/join")
    page.get_by_role("button", name="Continue with Google").click()
    choose_persona(page, "Emery Samemail")
    page.get_by_role("button", name="No thanks, keep nothing").click()
    eyes.look("said-no-at-consent")
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
    page.goto(f"{demo.address}/join/consent")
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_a_report_reaches_the_moderators_list(demo: Demo, page: Page, eyes: Eyes, browser: Browser) -> None:
    page.goto(demo.address)
    page.get_by_role("link", name="Flare number nine").click()
    page.get_by_role("link", name="I'm worried about this person").first.click()
    eyes.look("worried")
    page.get_by_role("main").get_by_role("button").first.click()
    eyes.look("worry-thanks")
    moderator = browser.new_page()
    moderator.goto(f"{demo.address}/log-in?next=/moderation/reports")
    moderator.get_by_role("button", name="Continue with Google").click()
    choose_persona(moderator, "Morgan Example")
    expect(moderator.get_by_role("heading", level=1)).to_contain_text("Reports")
    expect(moderator.get_by_role("main")).to_contain_text("Flare number nine")
    moderator.close()
    assert eyes.complaints == []


def test_the_log_names_nobody(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.address}/join")
    page.get_by_role("button", name="Continue with Google").click()
    choose_persona(page, "Sacha Samenumber")
    agree(page, "Meadowsweet", email=True)
    page.goto(f"{demo.address}/treatments/intrathecal-implants")
    said = Path(demo.log).read_text()
    assert '"route": "/treatments/<slug>"' in said
    for secret in (
        "Sacha",
        "sacha",
        "424242",
        "Meadowsweet",
        "stand-in.invalid",
        "intrathecal",
        "127.0.0.1:",
        "localhost:",
        "state=",
    ):
        assert secret not in said.split("Stop it with Ctrl-C.")[-1], secret
