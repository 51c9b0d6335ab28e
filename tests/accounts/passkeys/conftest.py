"""A forum with passkeys, and two devices: a new one, and one with which quiet-river logs in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts.authenticator import Authenticator
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, served

ANDROID = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/130.0 Mobile"}


@pytest.fixture
def forum(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[Forum]:
    """Return a forum with passkeys."""
    with served(settings_for(database_url, tmp_path), stand_in, host="localhost") as running:
        yield running


@pytest.fixture
def authenticator(forum: Forum) -> Authenticator:
    """Return a device that nobody has used yet."""
    return Authenticator(forum.base_url)


@pytest.fixture
def robin(forum: Forum) -> Browser:
    """Return the browser of quiet-river, who joined just now, on their phone."""
    browser = Browser(forum, ANDROID)
    browser.join("quiet-river")
    return browser
