"""``forum backup`` and pictures: what lies in a folder comes back with the database, and nothing that was deleted."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from forum.cli import pictures
from forum.database.session import Database
from forum.images.store import Folder, new_name
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.community.with_pictures import files_of, name_of, reply_with_picture
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM


def test_pictures_come_back_with_the_database_and_no_others(
    app: Flask, settings: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_room(database, ROOM)
    someone = cast.member(app, "Rowan")
    topic = start(database, someone.actor, topic_draft(ROOM))
    name = name_of(database, post_id=reply_with_picture(someone, topic))
    folder = Folder(settings.data_folder / "images")
    content = folder.read(name)
    copy = tmp_path / "alongside-20261102T100000Z.sqlite3"
    pictures.pack(settings, copy)
    packed = pictures.file_beside(copy)
    assert packed.name == "alongside-20261102T100000Z.pictures.tar"
    assert packed.stat().st_mode & 0o777 == 0o600
    # The disk broke; and somebody adds what the copy doesn't know.
    folder.remove(name)
    folder.write(later := new_name(), b"pixels")
    pictures.put_back(settings, copy)
    assert files_of(settings) == {name, later}
    pictures.remove_unknown(settings)
    assert files_of(settings) == {name}
    assert folder.read(name) == content
    said = capsys.readouterr().out
    assert "with 1 picture" in said
    assert "Put back: 1 picture." in said
    assert "Removed: 1 picture that" in said
    # Nothing but pictures comes out of such a file, wherever its names would lead.
    with tarfile.open(packed, "w") as archive:
        for strange in (f"../{new_name()}.webp", "/etc/notes", "notes.txt"):
            archive.addfile(tarfile.TarInfo(strange))
    pictures.put_back(settings, copy)
    assert "Put back: 0 pictures." in capsys.readouterr().out
    assert files_of(settings) == {name}
    packed.unlink()
    pictures.put_back(settings, copy)
    assert "There is no alongside-20261102T100000Z.pictures.tar beside it" in capsys.readouterr().out
    bucket = replace(
        settings,
        s3_endpoint="http://127.0.0.1:9",
        s3_bucket="pictures",
        s3_region="here-1",
        s3_key_id="a-key-id",
        s3_secret="a-secret",
    )
    pictures.pack(bucket, copy)
    assert "Not in it: pictures" in capsys.readouterr().out
    assert not packed.exists()
