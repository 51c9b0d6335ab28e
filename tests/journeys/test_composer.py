"""Writing with the composer on a small phone: its buttons, quoting what one selected, naming somebody; and all of it
without scripts.
"""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import People
from tests.journeys.test_moderating import heading, open_topic
from tests.journeys.test_ways_in import expect_no_scrolling_sideways, press

WINDOWSILL = "What is on your windowsill?"
CATHETER = "First week with a trial catheter: what helped you sleep?"
SELECTED = "The tall one is called Optimism."


def words(page: Page) -> Locator:
    return page.get_by_label("Your words")


def select_in_words(page: Page, start: int, end: int) -> None:
    words(page).evaluate("(text, [start, end]) => text.setSelectionRange(start, end)", [start, end])


def select_in_post(page: Page, some: str) -> None:
    """Select words of a post as a finger does."""
    post = page.get_by_role("article").filter(has_text=some)
    post.locator(".prose p").first.evaluate(
        """(paragraph, some) => {
            const node = paragraph.firstChild;
            const start = node.data.indexOf(some);
            getSelection().setBaseAndExtent(node, start, node, start + some.length);
        }""",
        some,
    )


def test_buttons_quotes_and_names_on_a_small_phone(people: People) -> None:
    page = people.member("Robin Ordinary", "Sorrel")
    page.set_viewport_size({"width": 320, "height": 640})
    open_topic(page, people, WINDOWSILL)
    tools = page.get_by_role("toolbar", name="Formatting")
    expect(tools.get_by_role("button")).to_have_text(["Bold", "Italic", "Quote", "List", "Link"])

    # By mouse: the selected words get the marks, and a second press takes them away.
    words(page).fill("It is so good")
    select_in_words(page, 6, 8)
    tools.get_by_role("button", name="Bold").click()
    expect(words(page)).to_have_value("It is **so** good")
    tools.get_by_role("button", name="Bold").click()
    expect(words(page)).to_have_value("It is so good")
    # What a button did is undone as typing is.
    page.keyboard.press("Control+z")
    expect(words(page)).to_have_value("It is **so** good")

    # By keyboard: one stop before the text, and arrows from button to button.
    page.keyboard.press("Shift+Tab")
    expect(tools.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tools.get_by_role("button", name="Link")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    expect(words(page)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(tools.get_by_role("button", name="List")).to_be_focused()
    page.keyboard.press("Enter")
    expect(words(page)).to_have_value("- It is **so** good")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type("see ")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("https://example.org")
    expect(words(page)).to_have_value("see [words](https://example.org)")
    people.look(page, "toolbar")

    # Three clicks take the paragraph, and the mouse leads to the link.
    words(page).fill("")
    post = page.get_by_role("article").filter(has_text=SELECTED)
    post.locator(".prose p").first.click(click_count=3)
    quote = post.get_by_role("link", name="Quote these words")
    quote.click()
    expect(words(page)).to_have_value(re.compile(r"> Three tomato seedlings .* Optimism\.\n\n$"))

    # What is selected in a post goes into the reply, where the cursor is.
    words(page).fill("Hello.")
    select_in_post(page, SELECTED)
    people.look(page, "selected")
    quote.focus()
    page.keyboard.press("Enter")
    expect(words(page)).to_have_value(
        re.compile(r"^Hello\.\n\n> \[#2\]\(/posts/\d+\)\n> " + re.escape(SELECTED) + r"\n\n$")
    )
    expect(words(page)).to_be_focused()
    expect(post.get_by_role("link", name="Quote these words")).to_have_count(0)

    # A name after an @ can be chosen; Enter stays a new line, and Escape closes the list.
    names = page.get_by_role("listbox", name="People in this topic")
    page.keyboard.type("@os")
    expect(names.get_by_role("option")).to_have_text(["Ostler"])
    expect_no_scrolling_sideways(page)
    # They lie over nothing: the button that sends stands below them.
    assert page.evaluate(
        """() => {
            const [names, send] = ["[role=listbox]", "form:has([role=listbox]) .button.primary"].map((one) =>
                document.querySelector(one).getBoundingClientRect());
            return names.height > 40 && names.bottom <= send.top;
        }"""
    )
    # What scripts put there is for everyone, too.
    page.evaluate(Axe().axe_script)
    assert page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)") == []
    people.look(page, "names")
    page.keyboard.press("Escape")
    expect(names).to_be_hidden()
    page.keyboard.press("Enter")
    expect(words(page)).to_have_value(re.compile("@os\n$"))
    page.keyboard.type("@ost")
    expect(names).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(names.get_by_role("option", selected=True)).to_have_text("Ostler")
    page.keyboard.press("Enter")
    expect(words(page)).to_have_value(re.compile("@os\n@Ostler $"))
    page.keyboard.type("what a name.\n@wr")
    names.get_by_role("option", name="Wren-by-the-sea").click()
    expect(words(page)).to_have_value(re.compile("what a name.\n@Wren-by-the-sea $"))
    expect(names).to_be_hidden()

    press(page, "Post reply")
    own = page.locator("article:target")
    expect(own.get_by_role("blockquote")).to_contain_text(f"Ostler wrote:{SELECTED}")
    expect(own).to_contain_text("@Ostler what a name.")
    expect_no_scrolling_sideways(page)
    people.look(page, "posted")


def test_a_quote_and_a_name_without_scripts(people: People) -> None:
    visitor = people.visitor()
    open_topic(visitor, people, CATHETER, "/categories/treatments-and-procedures")
    expect(visitor.get_by_role("article").nth(1).get_by_role("blockquote")).to_contain_text("Juniper wrote:")
    expect(visitor.get_by_role("article").nth(3)).to_contain_text("@Marlow, the towels worked.")
    expect(visitor.get_by_role("article").first).to_contain_text("With you")

    page = people.member("Sam Second", "Bracken", by_hand=True)
    open_topic(page, people, WINDOWSILL)
    expect(page.get_by_role("toolbar")).to_have_count(0)
    post = page.get_by_role("article").filter(has_text="Three tomato seedlings")
    post.get_by_role("link", name="Quote").focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Your reply")
    expect_no_scrolling_sideways(page)
    expect(words(page)).to_have_value(re.compile(r"^> \[#2\]\(/posts/\d+\)\n> Three tomato seedlings"))
    words(page).press("Control+End")
    page.keyboard.type("Hello to the tall one, @Ostler, and to [[quote 7]].")
    press(page, "Preview")
    expect(page.get_by_role("main").get_by_role("blockquote")).to_contain_text("Three tomato seedlings")
    expect_no_scrolling_sideways(page)
    press(page, "Post reply")
    own = page.locator("article:target")
    expect(own.get_by_role("blockquote")).to_contain_text("Three tomato seedlings")
    expect(own).to_contain_text("@Ostler, and to [[quote 7]].")
