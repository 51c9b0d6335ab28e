"""What the walkers share: the application without a database, and the files that belong to the project."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from forum.app import create_app
from tests.conftest import database_of, settings_for


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The forum, wired but never asked: no database is opened."""
    folder = tmp_path_factory.mktemp("architecture")
    application = create_app(settings_for(f"sqlite:///{folder / 'never-made.sqlite3'}", folder))
    yield application
    database_of(application).dispose()
    assert not (folder / "never-made.sqlite3").exists(), "Wiring the application must not need its database."


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's top folder."""
    return Path(__file__).resolve().parents[2]
