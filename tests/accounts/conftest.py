"""What the tests of accounts share as fixtures."""

import pytest

from forum.accounts.providers import ProviderCalls
from tests.front_door import Browser, Forum


@pytest.fixture
def calls() -> ProviderCalls:
    """Return room for a few conversations, each with as long as it has in production."""
    return ProviderCalls(4)


@pytest.fixture
def browser_here(forum: Forum) -> Browser:
    """Return a visitor's browser."""
    return Browser(forum)
