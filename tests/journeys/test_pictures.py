"""A picture in a reply: chosen and described on a small phone without scripts, and seen and heard by a reader."""

from playwright.sync_api import Page, expect

from tests.images import made
from tests.journeys.conftest import People
from tests.journeys.test_moderating import heading, open_topic
from tests.journeys.test_ways_in import expect_no_scrolling_sideways, press

WINDOWSILL = "What is on your windowsill?"
ALT = "Tomato seedlings in a yoghurt pot"


def add_picture(page: Page, content: bytes, alt: str = ALT) -> None:
    """Choose a file, say what is on it, and send both."""
    page.get_by_label("The picture").set_input_files(
        {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    page.get_by_label("What can be seen on it?").fill(alt)
    press(page, "Add this picture")


def test_a_picture_is_chosen_described_sent_and_seen(people: People) -> None:
    page = people.member("Robin Ordinary", "Sorrel", by_hand=True)
    open_topic(page, people, WINDOWSILL)
    page.get_by_label("Your words").fill("These are mine.")
    press(page, "Add pictures")
    expect(heading(page)).to_have_text("Pictures for what you are writing")
    expect_no_scrolling_sideways(page)
    add_picture(page, b"<html>no picture</html>")
    expect(page.get_by_role("main")).to_contain_text("We can't read this as a picture.")
    expect(page.get_by_label("What can be seen on it?")).to_have_value(ALT)
    expect_no_scrolling_sideways(page)
    people.expect_refusal(page, 422)
    add_picture(page, made.saved(made.pixels(size=(1600, 1200)), "JPEG", exif=made.exif(6)))
    expect(page.get_by_role("figure", name=ALT)).to_be_visible()
    expect_no_scrolling_sideways(page)
    people.look(page, "added")
    press(page, "Go on writing")
    expect(page.get_by_label("Your words")).to_have_value("These are mine.")
    expect(page.get_by_role("figure", name=ALT)).to_be_visible()
    press(page, "Post reply")

    # A reader who is no member sees it upright, and hears what it is.
    reader = people.visitor()
    reader.set_viewport_size({"width": 320, "height": 640})
    open_topic(reader, people, WINDOWSILL)
    post = reader.get_by_role("article").filter(has_text="These are mine.")
    picture = post.get_by_role("img", name=ALT)
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    expect(picture).to_have_js_property("naturalWidth", value=1200)
    expect(picture).to_have_js_property("naturalHeight", value=1600)
    expect_no_scrolling_sideways(reader)
    people.look(reader, "seen")
    answer = reader.request.get(people.address + str(picture.get_attribute("src")))
    assert answer.headers["content-type"] == "image/webp"
    assert not any(marker in answer.body() for marker in made.MARKERS)
