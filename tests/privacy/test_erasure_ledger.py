"""The erasure ledger: noted where it happens, copied out of the database, and forgotten with the last backup."""

import json
import stat
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from config import Settings
from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import PostsFate
from forum.accounts.sign_in_sessions import sign_in
from forum.community import commands
from forum.community.drafts import PostEdit
from forum.community.purging import purge_earlier_text
from forum.consent.changing import take_back
from forum.consent.models import ConsentMethod
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.permissions.actor import Purpose
from forum.privacy import erasure_ledger
from forum.privacy.erasure_ledger import FILE, Damaged, Line
from forum.privacy.models import Erasure, ErasureKind
from forum.privacy.restriction import lift_restriction, restrict_member
from forum.schedule import errands_of, handlers_of
from forum.text.markdown import render_post
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, leave, run


def copy_out(database: Database, settings: Settings) -> list[Line]:
    """Do what the worker does within a minute, and return what the file holds then."""
    with database.transaction() as session:
        erasure_ledger.have_copied(session)
    work(database, settings)
    return erasure_ledger.read_lines(settings.data_folder)


def work(database: Database, settings: Settings) -> None:
    errands, handlers = errands_of(settings, database), handlers_of(settings.ban_keys)
    Worker(database, handlers, errands=errands).run_due(limit=100)


def noted(database: Database) -> list[tuple[ErasureKind, object]]:
    with database.reading() as session:
        rows = session.scalars(select(Erasure).order_by(Erasure.id)).all()
    return [(row.kind, row.subject or row.post_id) for row in rows]


@pytest.mark.proves("D10")
def test_whatever_must_not_come_back_is_noted_with_it(
    app: Flask, database: Database, settings: Settings
) -> None:
    make_room(database, ROOM)
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    topic = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    first, second = (reply(database, someone.actor, topic, f"Words {number}") for number in range(2))
    assert noted(database) == []
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, second, PostEdit(render_post("Other words")))
        purge_earlier_text(session, someone.actor, second)
        commands.delete_post(session, someone.actor, first)
        restrict_member(session, someone.actor)
    with database.transaction() as session:
        lift_restriction(session, someone.actor)
        take_back(session, other.member_id, Purpose.HEALTH_DATA, ConsentMethod.OPERATOR)
    leave(someone)
    with database.transaction() as session:
        sign_in(session, someone.member_id)
    with database.transaction() as session:
        begin_leaving(session, someone.member_id, posts=PostsFate.KEEP, grace=timedelta(days=1))
    lines = copy_out(database, settings)
    expected = [
        (ErasureKind.EARLIER_TEXT_PURGED, second),
        (ErasureKind.POST_DELETED, first),
        (ErasureKind.RESTRICTED, someone.uuid),
        (ErasureKind.RESTRICTION_LIFTED, someone.uuid),
        (ErasureKind.CONSENT_WITHDRAWN, other.uuid),
        (ErasureKind.LEAVING_BEGUN, someone.uuid),
        (ErasureKind.LEAVING_CANCELLED, someone.uuid),
        (ErasureKind.LEAVING_BEGUN, someone.uuid),
    ]
    assert noted(database) == expected
    assert [(line.kind, line.subject or line.post_id) for line in lines] == expected
    assert lines[4].purpose is Purpose.HEALTH_DATA
    # What they chose goes along: it has to be known when the database is not.
    assert lines[-1].posts is PostsFate.KEEP
    assert lines[-1].until is not None
    assert timedelta(hours=23) < lines[-1].until - lines[-1].happened_at <= timedelta(days=1)
    run(database, GRACE)
    assert noted(database)[-1] == (ErasureKind.MEMBER_ERASED, someone.uuid)


@pytest.mark.proves("D10")
def test_the_file_is_its_owners_and_names_nobody(app: Flask, database: Database, settings: Settings) -> None:
    someone = cast.member(app, "Rowan")
    leave(someone)
    copy_out(database, settings)
    file = settings.data_folder / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (line,) = file.read_text().splitlines()
    values = json.loads(line)
    assert {name for name, value in values.items() if value is not None} == {
        "kind",
        "subject",
        "happened_at",
        "until",
        "posts",
    }
    assert "Rowan" not in line


def test_nothing_is_put_in_when_nothing_waits(app: Flask, database: Database, settings: Settings) -> None:
    assert copy_out(database, settings) == []
    assert not (settings.data_folder / FILE).exists()
    leave(cast.member(app, "Rowan"))
    assert len(copy_out(database, settings)) == 1
    # It is there, and is not copied again.
    assert len(copy_out(database, settings)) == 1


@pytest.mark.proves("D10")
def test_what_a_crash_left_of_a_line_is_written_whole(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    (line,) = copy_out(database, settings)
    file = settings.data_folder / FILE
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    assert erasure_ledger.read_lines(settings.data_folder) == [line]
    leave(cast.member(app, "Marlow"))
    assert len(copy_out(database, settings)) == 2
    assert file.read_bytes().startswith(whole)


@pytest.mark.parametrize("at", [0, 40, -30])
def test_a_changed_line_is_named(app: Flask, database: Database, settings: Settings, at: int) -> None:
    for name in ("Rowan", "Marlow"):
        leave(cast.member(app, name))
    copy_out(database, settings)
    file = settings.data_folder / FILE
    first, second = file.read_bytes().splitlines(keepends=True)
    changed = bytearray(second)
    changed[at] = ord("#")
    file.write_bytes(first + bytes(changed))
    with pytest.raises(Damaged, match="Line 2"):
        erasure_ledger.read_lines(settings.data_folder)


def test_an_errand_that_died_before_it_said_so_does_it_again(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    with database.reading() as session:
        waiting = erasure_ledger.waiting_lines(session)
    erasure_ledger.append(settings.data_folder, waiting.values())
    first, second = copy_out(database, settings)
    assert first.mark == second.mark
    with database.reading() as session:
        assert erasure_ledger.waiting_lines(session) == {}


@pytest.mark.proves("D15")
def test_it_is_forgotten_with_the_last_backup_in_file_and_database(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    copy_out(database, settings)
    for after, left in ((settings.backup_days, 1), (settings.backup_days + 1, 0)):
        moment = clock.now() + timedelta(days=after) - timedelta(hours=1)
        with time_machine.travel(moment):
            with database.transaction() as session:
                erasure_ledger.have_forgotten(session)
            work(database, settings)
        assert len(noted(database)) == left
        assert len(erasure_ledger.read_lines(settings.data_folder)) == left
    assert not [*settings.data_folder.glob("*.new")]


def test_what_waits_is_never_forgotten_before_it_was_copied(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    with time_machine.travel(clock.now() + timedelta(days=100)):
        with database.transaction() as session:
            erasure_ledger.have_forgotten(session)
        work(database, settings)
    assert len(noted(database)) == 1


def test_nothing_is_noted_of_what_did_not_happen(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Rowan")
    with database.writing() as session:
        begin_leaving(session, someone.member_id)
        session.rollback()
    assert noted(database) == []
