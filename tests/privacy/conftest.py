"""What the tests of members' rights share with those of moderation: a room, an author, and a post."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Settings
from forum.database.session import Database
from tests.moderation.conftest import cedar, morgan, post
from tests.privacy.test_erasure_ledger import copy_out

__all__ = ["cedar", "morgan", "post"]

Back = Callable[[], None]


@pytest.fixture
def taken(database: Database, settings: Settings, tmp_path: Path) -> Callable[[], Back]:
    """Take a copy of the database; what is returned puts it back, as somebody would by hand."""
    file = Path(settings.database_url.removeprefix("sqlite:///"))

    def take() -> Back:
        database.tidy()
        copy = Path(shutil.copyfile(file, tmp_path / "copy.sqlite3"))

        def put_back() -> None:
            copy_out(database, settings)
            database.dispose()
            for part in ("-wal", "-shm"):
                file.with_name(file.name + part).unlink(missing_ok=True)
            shutil.copyfile(copy, file)

        return put_back

    return take
