"""What the tests of languages share: a forum with the pseudo-locales on, and a community in it to walk through."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from forum.app import create_app
from tests.conftest import database_of, settings_for
from tests.every_page import Community, settle


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return this test's settings, with the pseudo-locales."""
    return replace(settings, pseudo_locales=True)


@pytest.fixture(scope="module")
def community(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """A community for all tests of a module, none of which changes it; in which language pages are is no database's."""
    folder = tmp_path_factory.mktemp("languages")
    shutil.copyfile(sqlite_template, folder / "forum.sqlite3")
    settings = settings_for(f"sqlite:///{folder / 'forum.sqlite3'}", folder)
    app: Flask = create_app(replace(settings, pseudo_locales=True))
    yield settle(app)
    database_of(app).dispose()
