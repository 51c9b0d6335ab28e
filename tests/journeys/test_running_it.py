"""An administrator changes how the community runs, and what that means for everybody else, on the real processes."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import People, agree, choose_persona
from tests.journeys.test_moderating import follow, heading, open_topic, press, reply

ANNOUNCEMENT = "On Sunday from six to seven nobody can write: we move to a larger machine."
# A page of every kind that a visitor can open.
EVERYWHERE = (
    "/",
    "/categories",
    "/treatments/intrathecal-implants",
    "/help-now",
    "/about",
    "/log-in",
    "/search",
)


def settings(people: People, page: Page) -> None:
    page.goto(f"{people.address}/admin/settings")
    expect(heading(page)).to_have_text("Settings of the community")


def save(page: Page) -> None:
    press(page, "Save")
    expect(page.get_by_role("status")).to_contain_text("Saved")


def sign_up(people: People, page: Page, choice: str) -> None:
    settings(people, page)
    page.get_by_role("radio", name=choice).check()
    save(page)


def test_an_announcement_stands_on_every_page_until_it_is_taken_away(people: People) -> None:
    administrator = people.member("Adair Example", at="/admin")
    visitor = people.visitor()
    visitor.goto(people.address)
    expect(visitor.get_by_label("Announcement")).to_have_count(0)
    follow(administrator, "Change the settings")
    administrator.get_by_label("Announcement").fill(ANNOUNCEMENT)
    press(administrator, "Show first what changes")
    expect(administrator.locator("section.letter")).to_contain_text(ANNOUNCEMENT)
    people.look(administrator, "preview")
    save(administrator)
    for address in EVERYWHERE:
        visitor.goto(people.address + address)
        expect(visitor.get_by_role("complementary", name="Announcement")).to_contain_text(ANNOUNCEMENT)
    people.look(visitor, "announcement")
    settings(people, administrator)
    administrator.get_by_role("textbox", name="Announcement").fill("")
    save(administrator)
    visitor.goto(people.address)
    expect(visitor.get_by_role("complementary", name="Announcement")).to_have_count(0)


def test_a_newcomer_waits_is_let_in_and_writes(people: People) -> None:
    administrator = people.member("Adair Example", at="/admin")
    sign_up(people, administrator, "By approval")
    newcomer = people.visitor("newcomer")
    newcomer.goto(f"{people.address}/join")
    people.look(newcomer, "join-by-approval")
    press(newcomer, "Continue with Google")
    choose_persona(newcomer, "Robin Ordinary")
    agree(newcomer, "Sorrel")
    expect(newcomer.get_by_role("main")).to_contain_text("A moderator welcomes each new member")
    people.look(newcomer, "waits")
    topic = open_topic(newcomer, people, "What is on your windowsill?")
    expect(newcomer.get_by_label("Your words")).to_have_count(0)

    moderator = people.member("Morgan Example", at="/moderation")
    follow(moderator, "See who waits")
    follow(moderator, "Sorrel")
    follow(moderator, "Let them in")
    people.look(moderator, "let-in")
    moderator.get_by_label("A few words of your own").fill("Good that you are here.")
    moderator.get_by_role("main").get_by_role("button", name="Let them in").click()
    expect(heading(moderator)).to_have_text("Sorrel")

    newcomer.goto(topic)
    reply(newcomer, "A snail called Bruno.")
    newcomer.goto(f"{people.address}/notices")
    follow(newcomer, "Welcome, you can write now")
    expect(newcomer.get_by_role("main")).to_contain_text("Good that you are here.")
    sign_up(people, administrator, "Open")


def test_who_comes_while_nobody_can_join_is_told_kindly_and_can_read(people: People) -> None:
    administrator = people.member("Adair Example", at="/admin")
    sign_up(people, administrator, "Closed")
    visitor = people.visitor()
    visitor.goto(f"{people.address}/join")
    expect(visitor.get_by_role("button", name="Continue with Google")).to_have_count(0)
    people.look(visitor, "closed")
    visitor.get_by_role("main").get_by_role("link", name="Log in").click()
    press(visitor, "Continue with Google")
    choose_persona(visitor, "Sacha Samenumber")
    expect(heading(visitor)).to_have_text("Nobody new can join at the moment")
    expect(visitor.get_by_role("main")).to_contain_text("It has nothing to do with you.")
    people.expect_refusal(visitor, 403)
    people.look(visitor, "nobody-new")
    follow(visitor, "Read topics")
    expect(heading(visitor)).to_have_text("What would you like to read about?")
    # Who is a member already logs in as before.
    people.member("Morgan Example", at="/moderation")
    sign_up(people, administrator, "Open")
    visitor.goto(f"{people.address}/join")
    expect(visitor.get_by_role("button", name="Continue with Google")).to_be_visible()


def test_what_somebody_was_writing_is_kept_while_nobody_can_write(people: People) -> None:
    administrator = people.member("Adair Example", at="/admin")
    member = people.member("Sam Second", "Bracken")
    topic = open_topic(member, people, "What is on your windowsill?")
    member.get_by_label("Your words").fill("Half a letter to my sister.")

    settings(people, administrator)
    administrator.get_by_role("checkbox", name="Read-only").check()
    save(administrator)
    press(member, "Post reply")
    expect(member.get_by_label("Your words")).to_have_value("Half a letter to my sister.")
    expect(member.get_by_role("main")).to_contain_text("kept as a draft")
    people.expect_refusal(member, 403)
    people.look(member, "kept")
    member.goto(topic)
    expect(member.get_by_text("Half a letter")).to_have_count(0)
    expect(member.get_by_text("nothing that was written is lost")).to_be_visible()

    settings(people, administrator)
    administrator.get_by_role("checkbox", name="Read-only").uncheck()
    save(administrator)
    member.goto(topic)
    expect(member.get_by_label("Your words")).to_have_value("Half a letter to my sister.")
    reply(member, "Half a letter to my sister.")
