"""What the tests of markup share: every document of a settled community, and the checker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.every_page import Community
from tests.html.documents import settled


@pytest.fixture(scope="module")
def community(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """A community for a whole module; what is written in its pages' markup is no database's."""
    with settled(sqlite_template, tmp_path_factory.mktemp("html")) as community:
        yield community
