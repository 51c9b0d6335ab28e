"""One filled forum for each database and worker: every request finds it as it was at first."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from forum.app import create_app
from forum.privacy.export_files import FOLDER
from forum.privacy.models import DataExport
from forum.web.soft_writes import SoftWrites
from tests.authorization.community import Community
from tests.authorization.people import Person, headers_of
from tests.authorization.stage import Stage, stage_for
from tests.conftest import database_of, settings_for
from tests.databases import DIALECTS, PostgresClones

Fields = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Forum:
    """The filled forum."""

    app: Flask
    community: Community
    stage: Stage
    is_second: bool

    def ask(
        self, person: Person, method: str, address: str, form: Fields | None = None, *, token: bool = True
    ) -> TestResponse:
        """Send a request as this person's browser would, with the token of its page or without."""
        data: dict[str, str | list[str]] = {} if method == "GET" else {**(form or {})}
        if token and method != "GET":
            data["csrf_token"] = person.token
        client = self.app.test_client(use_cookies=False)
        # A file is read to its end, and closed.
        return client.open(
            address, method=method, data=data or None, headers=headers_of(person), buffered=True
        )

    def put_back(self) -> None:
        """Make everything what it was before the last request."""
        if self.stage.touched():
            self.stage.put_back()

    def changed(self) -> list[str]:
        """Return the tables that the last request changed, and put them back."""
        changed = self.stage.changed() if self.stage.touched() else []
        if changed:
            self.stage.put_back()
        return changed


@pytest.fixture(scope="session", params=DIALECTS)
def forum(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forum]:
    """Return the forum on one of the databases."""
    folder = tmp_path_factory.mktemp("authorization")
    with ExitStack() as until_the_end:
        if request.param == "sqlite":
            file = folder / "forum.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
            url = f"sqlite:///{file}"
        else:
            clones: PostgresClones = request.getfixturevalue("postgres_clones")
            url = until_the_end.enter_context(clones.clone("template"))
        app = create_app(settings_for(url, Path(folder)))
        until_the_end.callback(database_of(app).dispose)
        # What pages leave to be written down soon would come in between. The tests of reading look at that.
        app.extensions["soft_writes"] = SoftWrites(database_of(app), room=0)
        community = Community(app)
        _write_copies(community, folder)
        yield Forum(app, community, until_the_end.enter_context(stage_for(url)), request.param != DIALECTS[0])


def _write_copies(community: Community, data_folder: Path) -> None:
    """Put a file where each copy of somebody's data should have one."""
    (data_folder / FOLDER).mkdir()
    with community.database.reading() as session:
        for name in session.scalars(select(DataExport.file_name)):
            (data_folder / FOLDER / f"{name}.zip").write_bytes(b"A copy.")
