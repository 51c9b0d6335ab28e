"""Moderators at work, and the people their decisions concern, against the demo's real processes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import People

GOOD_THINGS = "/categories/off-topic-and-good-things"
WINDOWSILL = "What is on your windowsill?"
CLAIM = "Burnt feathers on the windowsill take the pain away for good."


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    page.get_by_role("main").get_by_role("link", name=link).first.click()


def choose(page: Page, choice: str) -> None:
    page.get_by_role("radio", name=re.compile(f"^{re.escape(choice)}")).check()


def open_topic(page: Page, people: People, title: str, category: str = GOOD_THINGS) -> str:
    """Go to a topic from its category, and return its address."""
    page.goto(people.address + category)
    page.get_by_role("link", name=title, exact=True).click()
    expect(heading(page)).to_have_text(title)
    return page.url.split("#")[0]


def reply(page: Page, words: str) -> str:
    """Write in the topic that is open, and return the address of the post itself."""
    page.get_by_label("Your words").fill(words)
    press(page, "Post reply")
    post = page.locator("article:target")
    expect(post).to_contain_text(words)
    return str(post.get_by_role("link", name="link to this post").get_attribute("href"))


def start(page: Page, people: People, title: str, words: str) -> str:
    """Start a topic that everybody can read, and return its address."""
    page.goto(f"{people.address}/topics/new")
    page.get_by_role("radio", name="Experiences").check()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Your words").fill(words)
    page.get_by_label("Where does it belong?").select_option(label="Sleep and fatigue")
    page.get_by_role("radio", name="Everyone, search engines too").check()
    press(page, "Post topic")
    expect(heading(page)).to_have_text(title)
    return page.url.split("#")[0]


def notices(page: Page, people: People) -> None:
    page.goto(f"{people.address}/notices")
    expect(heading(page)).to_have_text("Notices")


def with_preview(page: Page, words: str, button: str) -> None:
    """Add a few words, see them as their reader will, and then do it."""
    page.get_by_label("A few words of your own").fill(words)
    page.get_by_role("button", name=re.compile("^Show (me )?what they will read")).click()
    expect(page.get_by_role("main").locator("section.letter")).to_contain_text(words)
    press(page, button)


def test_a_moderators_evening(people: People) -> None:
    author = people.member("Robin Ordinary", "Sorrel")
    topic = open_topic(author, people, WINDOWSILL)
    reply(author, CLAIM)
    visitor = people.visitor()
    reader = people.member("Sam Second", "Bracken", at="/categories")
    reader.goto(topic)
    claim = reader.get_by_role("article").filter(has_text=CLAIM)
    claim.locator("summary").filter(has_text="More").click()
    claim.get_by_role("link", name="Report").click()
    choose(reader, "A false claim")
    press(reader, "Send the report")
    expect(reader.get_by_role("main")).to_contain_text("Thank you")

    # Somebody's safety comes first.
    moderator = people.member("Morgan Example", at="/moderation")
    people.look(moderator, "desk")
    follow(moderator, "Look at the worries")
    people.look(moderator, "reports")
    follow(moderator, "Worried about someone")
    press(moderator, "I take this")
    people.look(moderator, "worry")
    follow(moderator, "See it among the other posts")
    expect(heading(moderator)).to_have_text(WINDOWSILL)
    people.look(moderator, "topic-at-work")
    moderator.go_back()
    choose(moderator, "We looked after it Somebody")
    press(moderator, "Close it")
    expect(heading(moderator)).to_have_text("Reports to moderators")

    follow(moderator, "A false claim")
    press(moderator, "I take this")
    follow(moderator, "Hide the post")
    choose(moderator, "A false claim")
    people.look(moderator, "hide")
    with_preview(moderator, "Hopes like this one are expensive for some.", "Hide the post")
    # The decision leads back to what it was made for.
    expect(heading(moderator)).to_have_text("A false claim")
    expect(moderator.get_by_role("main")).to_contain_text("It is hidden.")
    choose(moderator, "We changed something")
    with_preview(moderator, "You were right to say so.", "Close it")
    expect(heading(moderator)).to_have_text("Reports to moderators")

    notices(reader, people)
    follow(reader, "Thank you for telling us")
    expect(reader.get_by_role("main")).to_contain_text("You were right to say so.")
    people.look(reader, "answer")
    press(reader, "I have read this")
    notices(author, people)
    follow(author, "Your post is out of sight for now")
    expect(author.get_by_role("main")).to_contain_text("Hopes like this one are expensive for some.")
    expect(author.get_by_role("main")).to_contain_text(CLAIM)
    people.look(author, "notice")
    for page in (author, visitor):
        page.goto(topic)
        expect(heading(page)).to_have_text(WINDOWSILL)
        expect(page.get_by_text("This post is not shown.").last).to_be_visible()
        expect(page.get_by_text(CLAIM)).to_have_count(0)

    moderator.goto(topic)
    follow(moderator, "Moderate this topic")
    moderator.get_by_role("link", name="Bring the post back").last.click()
    choose(moderator, "We looked again")
    with_preview(moderator, "It reads as a joke after all.", "Bring the post back")
    for page in (author, visitor):
        page.goto(topic)
        expect(page.get_by_text(CLAIM)).to_be_visible()
    moderator.goto(f"{people.address}/moderation/log")
    for deed in ("brought a post back", "hid a post", "We looked again", "A false claim"):
        expect(moderator.locator("ol.log").get_by_text(deed).first).to_be_visible()
    people.look(moderator, "log")


def test_every_address_leads_right_after_joining_and_splitting(people: People) -> None:
    author = people.member("Toni Third", "Yarrow")
    kept = start(author, people, "Waking at four", "Every night, and then I count the cracks.")
    other = start(author, people, "Four in the morning again", "Is anyone else awake?")
    post = reply(author, "I make toast then.")

    moderator = people.member("Morgan Example", at="/moderation")
    moderator.goto(other)
    follow(moderator, "Moderate this topic")
    follow(moderator, "Join with another topic")
    moderator.get_by_label("Address or number of the other topic").fill(kept)
    choose(moderator, "The same subject")
    people.look(moderator, "join")
    with_preview(moderator, "So that the answers stand together.", "Join with another topic")
    expect(heading(moderator)).to_have_text("Waking at four")

    visitor = people.visitor()
    visitor.goto(other)
    expect(heading(visitor)).to_have_text("Waking at four")
    expect(visitor.locator("article:target")).to_contain_text("Is anyone else awake?")
    visitor.goto(people.address + post)
    expect(visitor.locator("article:target")).to_contain_text("I make toast then.")
    expect(heading(visitor)).to_have_text("Waking at four")

    moderator.goto(kept)
    follow(moderator, "Moderate this topic")
    follow(moderator, "Split posts off")
    moderator.get_by_role("checkbox", name=re.compile("I make toast then")).check()
    moderator.get_by_label("Title of the new topic").fill("Toast at night")
    moderator.get_by_role("radio").first.check()
    people.look(moderator, "split")
    with_preview(moderator, "It deserves a place of its own.", "Split posts off")
    expect(heading(moderator)).to_have_text("Toast at night")
    visitor.goto(people.address + post)
    expect(heading(visitor)).to_have_text("Toast at night")
    expect(visitor.locator("article:target")).to_contain_text("I make toast then.")
    visitor.goto(kept)
    expect(visitor.get_by_text("This post was moved to another topic:")).to_be_visible()
    people.look(visitor, "line-that-stays")
    follow(visitor, "Toast at night")
    expect(heading(visitor)).to_have_text("Toast at night")

    author.goto(kept)
    expect(author.get_by_role("button", name="Post reply")).to_be_visible()
    moderator.goto(kept)
    follow(moderator, "Moderate this topic")
    follow(moderator, "Close to replies")
    choose(moderator, "It is answered")
    with_preview(moderator, "Thank you all.", "Close to replies")
    author.reload()
    expect(author.get_by_role("heading", name="Waking at four")).to_be_visible()
    expect(author.get_by_role("button", name="Post reply")).to_have_count(0)
    expect(author.get_by_role("main")).to_contain_text("Closed to replies")
    people.look(author, "closed-to-replies")


def test_who_is_suspended_reads_and_takes_back_and_writes_again_after_it(people: People) -> None:
    member = people.member("Emery Samemail", "Teasel")
    topic = open_topic(member, people, WINDOWSILL)
    reply(member, "A jar of buttons, sorted by mood.")
    moderator = people.member("Morgan Example", at="/moderation/members")
    moderator.get_by_label("Name of the member, in full").fill("Teasel")
    press(moderator, "Show")
    expect(heading(moderator)).to_have_text("Teasel")
    follow(moderator, "Suspend them")
    moderator.get_by_role("radio", name=re.compile("7 days|A week", re.IGNORECASE)).check()
    choose(moderator, "Advertising or selling")
    people.look(moderator, "suspend")
    with_preview(moderator, "Please sell elsewhere.", "Suspend them")
    expect(heading(moderator)).to_have_text("Teasel")
    people.look(moderator, "member")

    # In the same browser, without logging in again.
    member.goto(topic)
    expect(member.get_by_text("A jar of buttons")).to_be_visible()
    expect(member.get_by_label("Your words")).to_have_count(0)
    expect(member.get_by_role("main")).to_contain_text("you can read but not write until")
    people.look(member, "suspended")
    follow(member, "Read your notices")
    follow(member, "Your account is suspended")
    expect(member.get_by_role("main")).to_contain_text("Please sell elsewhere.")
    member.goto(topic)
    mine = member.get_by_role("article").filter(has_text="A jar of buttons")
    mine.get_by_role("link", name="Take back").click()
    member.get_by_role("main").get_by_role("button", name="Take").first.click()
    expect(member.get_by_text("A jar of buttons")).to_have_count(0)

    follow(moderator, "Lift the suspension")
    choose(moderator, "We looked again")
    with_preview(moderator, "Welcome back.", "Lift the suspension")
    expect(heading(moderator)).to_have_text("Teasel")
    member.goto(topic)
    reply(member, "And now a plant.")


@pytest.mark.proves("P1")
def test_by_keyboard_alone_on_a_small_phone_without_scripts(people: People) -> None:
    moderator = people.member("Morgan Example", at="/moderation", by_hand=True)
    moderator.goto(f"{people.address}{GOOD_THINGS}")

    def go_to(link: str, *, last: bool = False) -> None:
        found = moderator.get_by_role("main").get_by_role("link", name=link)
        (found.last if last else found.first).focus()
        moderator.keyboard.press("Enter")

    def decide(action: str, reason: str, words: str) -> None:
        expect(heading(moderator)).to_have_text(action)
        moderator.get_by_role("radio", name=reason, exact=True).focus()
        moderator.keyboard.press("Space")
        moderator.get_by_label("A few words of your own").focus()
        moderator.keyboard.type(words)
        moderator.get_by_role("button", name="Show what they will read").focus()
        moderator.keyboard.press("Enter")
        expect(moderator.locator("section.letter")).to_contain_text(words)
        expect(moderator.get_by_role("radio", name=reason, exact=True)).to_be_checked()
        moderator.get_by_role("button", name=action, exact=True).focus()
        moderator.keyboard.press("Enter")
        expect(heading(moderator)).to_have_text("Show us something that was nice to look at")

    go_to("Show us something that was nice to look at")
    go_to("Moderate this topic")
    go_to("Hide the post", last=True)
    decide("Hide the post", "Something else", "One moment, please.")
    expect(moderator.get_by_role("main").get_by_text("hid a post").first).to_be_visible()
    people.look(moderator, "small-phone")
    go_to("Bring the post back", last=True)
    decide("Bring the post back", "We looked again", "It may stay, of course.")
    expect(moderator.get_by_role("link", name="Bring the post back")).to_have_count(0)
    width = moderator.locator("html").bounding_box()
    assert width is not None
    assert width["width"] <= 320
