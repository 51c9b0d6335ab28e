"""What the tests of the database share: an empty database without the application around it."""

from collections.abc import Iterator

import pytest

from forum.database.session import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database in which nothing follows from any event, with room for sixteen at once."""
    made = Database(database_url, size=16)
    yield made
    made.dispose()
