"""``forum backup``: a copy of the whole database, and what it brings back: nothing that was deleted since."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text, update

from config import Settings
from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import Member, SignInSession
from forum.app import create_app
from forum.cli import running
from forum.cli.backup import _MEANS
from forum.consent import heads
from forum.database.backups import BackupFailed, backups_of
from forum.database.session import Database
from forum.privacy import erasure_file, erasure_ledger, replaying
from forum.privacy.erasure_file import FILE, Kept
from forum.privacy.models import Erasure, ErasureKind
from forum.privacy.replaying import NotFinished
from tests import cast
from tests.cast import Someone
from tests.cli.conftest import Run, environment
from tests.conftest import database_of, settings_for
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, is_there
from tests.privacy import markers
from tests.privacy.test_byte_scan import do_everything, found_in, in_dump
from tests.servers import postgres

Forum = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder: everything that is looked through for what was deleted."""
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.fixture
def address(dialect: str, empty_database_url: str, folder: Path) -> str:
    """A database of this test's own, to which nobody else is connected."""
    return f"sqlite:///{folder / 'forum.sqlite3'}" if dialect == "sqlite" else empty_database_url


@pytest.fixture
def settings(address: str, folder: Path) -> Settings:
    given = environment(address, folder)
    keys = (given["ALONGSIDE_LEDGER_KEYS"],)
    return replace(settings_for(address, folder), ledger_keys=keys, ban_keys=(given["ALONGSIDE_BAN_KEYS"],))


@pytest.fixture
def command(run: Run, address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``forum`` on this test's database, with the programs of its server."""
    monkeypatch.setenv("PATH", f"{postgres.installed() / 'bin'}{os.pathsep}{os.environ['PATH']}")
    given = environment(address, folder)
    return lambda *arguments, typed="", **more: run(*arguments, set_to={**given, **more}, typed=typed)


@pytest.fixture
def app(command: Forum, settings: Settings) -> Iterator[Flask]:
    """The forum on it; it lets go of the database whenever nobody asks."""
    assert command("db", "upgrade").exit_code == 0
    application = create_app(settings)
    yield application
    database_of(application).dispose()


def made(command: Forum, into: Path) -> Path:
    """Make a backup, and return its file."""
    result = command("backup", "create", str(into))
    assert result.exit_code == 0, result.output
    (file,) = into.iterdir()
    return file


def looked_through(database: Database, settings: Settings, wanted: list[str]) -> set[tuple[str, str]]:
    """Return where the words are: in any file of the data folder, and on PostgreSQL in a dump or the tables' files."""
    found = found_in(settings.data_folder, wanted)
    if settings.on_sqlite:
        return found
    with database.write_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.execute(text("CHECKPOINT"))
        there = Path(str(server.execute(text("SHOW data_directory")).scalar()))
        own = "SELECT oid FROM pg_database WHERE datname = current_database()"
        number = str(server.execute(text(own)).scalar())
        found |= in_dump(server, wanted) | found_in(there / "base" / number, wanted)
    database.dispose()
    return found


@pytest.fixture
def leaver(app: Flask, database: Database) -> tuple[Someone, markers.Seeded]:
    """Somebody with a marker in every column."""
    make_room(database, ROOM)
    cast.member(app, "Marlow")
    cast.moderator(app, "Linden")
    someone = cast.member(app, "Rowan")
    seeded = markers.seed(someone, "quokka")
    with database.transaction() as session:
        # It was put in directly: what says that it was copied to the file isn't so.
        session.execute(update(Erasure).values(written_at=None))
    return someone, seeded


def test_every_kind_of_line_is_named_for_the_operator() -> None:
    assert {kind.value for kind in ErasureKind} == _MEANS.keys()


@pytest.mark.proves("D10")
@pytest.mark.proves("D7")
def test_restoring_yesterdays_backup_brings_nobody_back(
    database: Database,
    settings: Settings,
    leaver: tuple[Someone, markers.Seeded],
    command: Forum,
    tmp_path: Path,
) -> None:
    someone, seeded = leaver
    wanted = list(seeded.going().values())
    database.tidy()
    # Each of them is there, so that it can be missed.
    assert {word for _where, word in looked_through(database, settings, wanted)} >= set(wanted)
    with database.reading() as session:
        heads.sign_head(session, settings.data_folder, settings.ledger_keys)
    database.dispose()
    file = made(command, tmp_path / "backups")
    # Somebody whom the backup doesn't know.
    cast.join(database, "Sorrel")
    with database.transaction() as session:
        begin_leaving(session, someone.member_id, grace=timedelta(days=1))
        erasure_ledger.have_copied(session)
    do_everything(database, settings, GRACE)
    with time_machine.travel(clock.now() + GRACE):
        with database.transaction() as session:
            erasure_ledger.have_copied(session)
        do_everything(database, settings, timedelta(0))
        assert not is_there(someone)
        with database.reading() as session:
            heads.sign_head(session, settings.data_folder, settings.ledger_keys)
        database.dispose()
        result = command("backup", "restore", str(file), "--yes")
        assert result.exit_code == 0, result.output
        assert "members erased again" in result.stdout
        assert not is_there(someone)
        assert looked_through(database, settings, wanted) == set()
        with database.reading() as session:
            assert session.scalars(select(Member.name).order_by(Member.name)).all() == ["Linden", "Marlow"]
            assert session.execute(select(func.count()).select_from(SignInSession)).scalar_one() == 0
        database.dispose()
        # Roles come back, too, and whoever put it back is told which.
        assert "Linden" in result.stdout
        # The chain ends where the backup does, and that is no fault of its.
        assert "heads" in result.stdout
        checked = command("consent", "verify")
        assert checked.exit_code == 0, checked.output
        replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)


@pytest.mark.proves("D10")
def test_a_backup_that_was_put_back_by_hand_is_not_served(
    database: Database,
    settings: Settings,
    leaver: tuple[Someone, markers.Seeded],
    command: Forum,
    tmp_path: Path,
) -> None:
    someone, _seeded = leaver
    database.dispose()
    file = made(command, tmp_path / "backups")
    with database.transaction() as session:
        begin_leaving(session, someone.member_id)
        erasure_ledger.have_copied(session)
    do_everything(database, settings, timedelta(0))
    database.dispose()
    # As somebody would who doesn't know the command.
    backups_of(settings.database_url).restore(settings.database_url, file)
    for name in ("serve", "worker"):
        refused = command(name)
        assert refused.exit_code == 1
        assert "forum backup replay" in refused.stderr
    # Before anything of it stays, it says what it will be.
    asked = command("backup", "replay", typed="n\n")
    assert asked.exit_code == 1
    assert "leaving, and hidden" in asked.stdout
    assert "forum backup replay" in asked.stderr
    assert command("worker").exit_code == 1
    done = command("backup", "replay", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "Its newest entry is of" in done.stdout
    replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)


def test_a_backup_is_its_owners_and_whole(
    database: Database, leaver: object, command: Forum, tmp_path: Path
) -> None:
    # The forum runs meanwhile: connections are open.
    into = tmp_path / "backups"
    file = made(command, into)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(into.stat().st_mode) == 0o700
    assert file.suffix in (".sqlite3", ".dump")


@pytest.mark.proves("D15")
def test_backups_that_are_too_old_go_when_the_next_is_made(
    app: Flask, settings: Settings, command: Forum, tmp_path: Path
) -> None:
    into = tmp_path / "backups"
    first = made(command, into)
    own = into / "my-own.sqlite3"
    own.write_bytes(b"")
    with time_machine.travel(clock.now() + timedelta(days=settings.backup_days) - timedelta(minutes=1)):
        assert command("backup", "create", str(into)).exit_code == 0
        assert first.exists()
    with time_machine.travel(clock.now() + timedelta(days=settings.backup_days, minutes=1)):
        result = command("backup", "create", str(into))
        assert str(first) in result.stdout
        assert not first.exists()
        assert len([*into.iterdir()]) == 3
    assert own.exists()


@pytest.mark.proves("D15")
def test_what_a_killed_command_left_of_a_backup_goes_after_a_day(
    app: Flask, command: Forum, tmp_path: Path
) -> None:
    into = tmp_path / "backups"
    file = made(command, into)
    strays = [
        into / f"alongside-20201231T010203Z{suffix}{end}"
        for suffix in (".sqlite3", ".dump")
        for end in (".part", ".part-journal", ".part-wal", ".part-shm", "-wal", "-journal")
    ]
    present = into / f"{file.name}.part"
    others = [into / "alongside-20201231T010203Z.part", into / "alongside-20201231T010203Z.sqlite3.part.mine"]
    for stray in (*strays, present, *others):
        stray.write_bytes(b"Words of somebody who left.")
    # Also when no new one can be made.
    broken = {"PATH": "/nowhere"} if file.suffix == ".dump" else {}
    command("backup", "create", str(into), **broken)
    assert not any(stray.exists() for stray in strays)
    assert all(kept.exists() for kept in (file, present, *others))


@pytest.mark.proves("D10")
def test_what_can_not_be_put_back_changes_nothing(
    database: Database, leaver: tuple[Someone, object], settings: Settings, command: Forum, tmp_path: Path
) -> None:
    someone, _seeded = leaver
    file = made(command, tmp_path / "backups")
    broken = tmp_path / f"broken{file.suffix}"
    broken.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    nothing = tmp_path / "nothing"
    nothing.write_text("Not a backup.")
    # Somebody is connected.
    with database.reading() as session:
        session.execute(select(Member.id)).all()
        refused = command("backup", "restore", str(file), "--yes")
    assert refused.exit_code == 1
    assert "connected" in refused.stderr
    database.dispose()
    asked = command("backup", "restore", str(file), typed="n\n")
    assert asked.exit_code == 1
    assert "is written over" in asked.stdout
    for bad in (broken, nothing):
        refused = command("backup", "restore", str(bad), "--yes")
        assert refused.exit_code == 1, refused.output
        assert len(refused.stderr.strip().splitlines()) == 1
    with running.held(settings):
        refused = command("backup", "restore", str(file), "--yes")
    assert "end forum serve" in refused.stderr
    assert is_there(someone)
    replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
    # What an earlier one brought back is not forgotten over one that fails.
    mark = settings.data_folder / erasure_ledger.MARK
    mark.touch()
    assert command("backup", "restore", str(broken), "--yes").exit_code == 1
    assert mark.exists()


@pytest.mark.proves("D10")
def test_a_backup_from_before_what_is_known_is_not_put_back_unasked(
    database: Database,
    settings: Settings,
    leaver: tuple[Someone, markers.Seeded],
    command: Forum,
    tmp_path: Path,
) -> None:
    file = made(command, tmp_path / "backups")
    with time_machine.travel(clock.now() + timedelta(days=settings.backup_days, minutes=1)):
        # However old it is: nothing that would have to be done again is forgotten yet.
        asked = command("backup", "restore", str(file), typed="n\n")
        assert "is written over" in asked.stdout
        with database.transaction() as session:
            erasure_ledger.have_forgotten(session)
        do_everything(database, settings, timedelta(0))
        database.dispose()
        refused = command("backup", "restore", str(file), "--yes")
        assert refused.exit_code == 1
        assert "is older" in refused.stderr
        done = command("backup", "restore", str(file), "--yes", "--without-erasures")
        assert done.exit_code == 0, done.output


@pytest.mark.proves("D10")
def test_a_file_of_erasures_that_is_lost_is_not_taken_for_an_empty_one(
    database: Database,
    settings: Settings,
    leaver: tuple[Someone, markers.Seeded],
    command: Forum,
    tmp_path: Path,
) -> None:
    someone, _seeded = leaver
    database.dispose()
    # Nothing was ever deleted when it was made: the backup itself has no trace of any entry.
    with database.transaction() as session:
        session.execute(text("DELETE FROM erasure"))
    database.dispose()
    file = made(command, tmp_path / "backups")
    with database.transaction() as session:
        begin_leaving(session, someone.member_id)
        erasure_ledger.have_copied(session)
    do_everything(database, settings, timedelta(0))
    database.dispose()
    (settings.data_folder / FILE).unlink()
    # Making the structure anew doesn't make it, either.
    assert command("db", "upgrade").exit_code == 0
    with pytest.raises(NotFinished, match="is missing"):
        replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
    for tried in (("backup", "restore", str(file), "--yes"), ("backup", "replay", "--yes"), ("worker",)):
        refused = command(*tried)
        assert refused.exit_code == 1
        assert "is missing" in refused.stderr
        assert "--without-erasures" in refused.stderr
    # A file that was begun later, on a new machine, say, knows nothing of the time before.
    later = clock.now() + timedelta(minutes=1)
    erasure_file.begin(settings.data_folder, settings.ledger_keys, Kept(later, later))
    assert "is older" in command("backup", "restore", str(file), "--yes").stderr
    backups_of(settings.database_url).restore(settings.database_url, file)
    for tried in (("backup", "replay", "--yes"), ("worker",)):
        assert "another database's" in command(*tried).stderr
    (settings.data_folder / FILE).unlink()
    done = command("backup", "restore", str(file), "--yes", "--without-erasures")
    assert done.exit_code == 0, done.output
    assert is_there(someone)
    # From now on there is one, and it belongs to this database.
    replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
    assert command("backup", "replay", "--yes").exit_code == 0


@pytest.mark.proves("D10")
def test_a_forged_line_erases_nobody(
    database: Database,
    settings: Settings,
    leaver: tuple[Someone, markers.Seeded],
    command: Forum,
    tmp_path: Path,
) -> None:
    someone, _seeded = leaver
    file = made(command, tmp_path / "backups")
    database.dispose()
    line = erasure_file.Line(ErasureKind.MEMBER_ERASED, someone.uuid, None, None, clock.now())
    erasure_file.append(settings.data_folder, ("no key of theirs",), [line])
    for tried in (("backup", "restore", str(file), "--yes"), ("backup", "replay", "--yes"), ("worker",)):
        refused = command(*tried)
        assert refused.exit_code == 1
        assert "Line 2 " in refused.stderr
    assert is_there(someone)


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_without_the_servers_programs_it_says_which(app: Flask, command: Forum, tmp_path: Path) -> None:
    result = command("backup", "create", str(tmp_path / "backups"), PATH="/nowhere")
    assert result.exit_code == 1
    assert "pg_dump is not there" in result.stderr
    assert [*(tmp_path / "backups").iterdir()] == []


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_file_from_a_newer_release_is_left_alone(app: Flask, command: Forum, tmp_path: Path) -> None:
    file = made(command, tmp_path / "backups")
    with sqlite3.connect(file) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
    copy.close()
    refused = command("backup", "restore", str(file), "--yes")
    assert refused.exit_code == 1
    assert "newer release" in refused.stderr


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_how_to_connect_is_on_no_command_line(app: Flask, command: Forum, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    told = '#!/bin/sh\necho "$@" > "$0.arguments"\nenv > "$0.environment"\nexit 1\n'
    (programs / "pg_dump").write_text(told)
    (programs / "pg_dump").chmod(0o755)
    found = f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"
    secret = "postgresql+psycopg://somebody:secret@127.0.0.1:1/theirs?sslmode=require"
    result = command("backup", "create", str(tmp_path / "backups"), PATH=found)
    assert result.exit_code == 1
    with pytest.raises(BackupFailed), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", found)
        backups_of(secret).create(secret, tmp_path / "file")
    arguments = (programs / "pg_dump.arguments").read_text()
    assert not any(word in arguments for word in ("somebody", "secret", "127.0.0.1", "theirs"))
    environ = set((programs / "pg_dump.environment").read_text().splitlines())
    assert {
        "PGUSER=somebody",
        "PGPASSWORD=secret",
        "PGHOST=127.0.0.1",
        "PGPORT=1",
        "PGDATABASE=theirs",
        "PGSSLMODE=require",
    } <= environ
    strange = f"{secret}&load_balance_hosts=random"
    with pytest.raises(BackupFailed, match="load_balance_hosts"):
        backups_of(strange).create(strange, tmp_path / "file")
