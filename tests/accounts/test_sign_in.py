"""Signing in at the front door: over HTTP, with the stand-in as Google and Facebook."""

import pytest

from tests.front_door import Browser, Forum


@pytest.mark.proves("A17")
def test_try(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    print(page.text)
    answer = browser.agree(page, "quiet-river")
    assert answer.status_code == 303, answer.text
    assert browser.name() == "quiet-river"
