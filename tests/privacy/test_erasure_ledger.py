"""The erasure ledger: noted where it happens, copied out of the database, and forgotten with the last backup."""

import json
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select

from config import Settings
from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import Member, PostsFate
from forum.accounts.sign_in_sessions import sign_in
from forum.community.commands import writing as commands
from forum.community.commands.profiles import change_profile
from forum.community.models.people import FieldAudience
from forum.community.models.threads import Post
from forum.community.profiles import Said
from forum.community.purging import purge_earlier_text
from forum.community.what_is_sent import PostEdit
from forum.consent.changing import take_back
from forum.consent.models import ConsentMethod
from forum.database.session import Database
from forum.jobs.models import Job
from forum.jobs.worker import Worker
from forum.permissions.actor import Purpose
from forum.privacy import erasure_file, erasure_ledger
from forum.privacy.erasure_file import FILE, Damaged, Kept, Line, Missing
from forum.privacy.erasure_ledger import MARK
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
    begin(database, settings)
    with database.transaction() as session:
        erasure_ledger.have_copied(session)
    work(database, settings)
    return lines_in(settings)


def begin(database: Database, settings: Settings) -> None:
    """Begin the file, as the command does that makes the database; it is as old as whatever a backup could know."""
    if not (settings.data_folder / FILE).exists():
        then = clock.now() - timedelta(days=1)
        erasure_file.begin(settings.data_folder, settings.ledger_keys, Kept(then, then))


def lines_in(settings: Settings) -> list[Line]:
    return [*erasure_file.read(settings.data_folder, settings.ledger_keys).lines]


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
        # Saying more is nothing that could come back; saying less is.
        change_profile(session, someone.actor, Said(about="Words", about_for=FieldAudience.MEMBERS))
        change_profile(session, someone.actor, Said(about="Words"))
        # What nobody else saw can be taken away, and shown to nobody new, as often as anybody likes.
        for about, country in (("Other words", "PT"), ("Words", ""), ("", "FR"), ("", "")):
            change_profile(session, someone.actor, Said(about, country=country))
        for told in (FieldAudience.EVERYONE, FieldAudience.NOBODY):
            change_profile(session, someone.actor, Said(country_for=told))
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
        (ErasureKind.PROFILE_NARROWED, someone.uuid),
        (ErasureKind.RESTRICTED, someone.uuid),
        (ErasureKind.RESTRICTION_LIFTED, someone.uuid),
        (ErasureKind.CONSENT_WITHDRAWN, other.uuid),
        (ErasureKind.LEAVING_BEGUN, someone.uuid),
        (ErasureKind.LEAVING_CANCELLED, someone.uuid),
        (ErasureKind.LEAVING_BEGUN, someone.uuid),
    ]
    assert noted(database) == expected
    assert [(line.kind, line.subject or line.post_id) for line in lines] == expected
    assert lines[5].purpose is Purpose.HEALTH_DATA
    # A post's number may be somebody else's one day; its moment isn't.
    with database.reading() as session:
        moments = {row.id: row.written_at for row in session.execute(select(Post.id, Post.written_at))}
    assert [line.written_at for line in lines[:2]] == [moments[second], moments[first]]
    # How long they wanted to be able to come back has to be known when the database is not.
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
    _head, line = file.read_text().splitlines()
    values = json.loads(line)
    assert {name for name, value in values.items() if value is not None} == {
        "kind",
        "subject",
        "happened_at",
        "until",
        "signature",
    }
    assert "Rowan" not in line


def test_nothing_is_put_in_when_nothing_waits(app: Flask, database: Database, settings: Settings) -> None:
    assert copy_out(database, settings) == []
    with database.reading() as session:
        assert session.scalars(select(Job.id)).all() == []
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
    file.write_bytes(whole + whole.splitlines()[-1][:40])
    assert lines_in(settings) == [line]
    leave(cast.member(app, "Marlow"))
    assert len(copy_out(database, settings)) == 2
    assert file.read_bytes().startswith(whole)


@pytest.mark.proves("D10")
@pytest.mark.parametrize("at", [0, 40, -30])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_changed_line_is_named(
    app: Flask, database: Database, settings: Settings, which: int, at: int
) -> None:
    for name in ("Rowan", "Marlow"):
        leave(cast.member(app, name))
    copy_out(database, settings)
    file = settings.data_folder / FILE
    lines = [bytearray(line) for line in file.read_bytes().splitlines(keepends=True)]
    lines[which][at] ^= 1
    file.write_bytes(b"".join(lines))
    with pytest.raises(Damaged, match=f"Line {which + 1} "):
        lines_in(settings)


@pytest.mark.proves("D10")
def test_a_line_that_none_of_the_keys_signed_counts_for_nothing(
    app: Flask, database: Database, settings: Settings
) -> None:
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    leave(someone)
    (line,) = copy_out(database, settings)
    folder, keys = settings.data_folder, settings.ledger_keys
    # Whoever changes keys keeps the old one, and both count.
    newer = ("a newer ledger key that serves this test alone", *keys)
    erasure_file.append(folder, newer, [line])
    assert erasure_file.read(folder, newer).lines == (line, line)
    with pytest.raises(Damaged, match="Line 3 "):
        erasure_file.read(folder, keys)
    # Somebody who has the folder and no key would have another one erased.
    (folder / FILE).unlink()
    forged = replace(line, kind=ErasureKind.MEMBER_ERASED, subject=other.uuid)
    erasure_file.begin(folder, keys, Kept(clock.now(), clock.now()))
    erasure_file.append(folder, ("no key of theirs",), [forged])
    with pytest.raises(Damaged, match="Line 2 "):
        lines_in(settings)


@pytest.mark.proves("D10")
@pytest.mark.parametrize("data", [b"", b"\n", b"[]\n", b"3\n", b'{"kind":"begun"}\n', b"\xff\n"])
def test_an_emptied_file_is_none(settings: Settings, data: bytes) -> None:
    with pytest.raises(Missing):
        lines_in(settings)
    (settings.data_folder / FILE).write_bytes(data)
    with pytest.raises(Damaged, match="Line 1 "):
        lines_in(settings)


@pytest.mark.proves("D10")
def test_a_file_that_is_lost_while_the_forum_runs_is_made_anew_of_all_that_is_known(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    copy_out(database, settings)
    (settings.data_folder / FILE).unlink()
    last = cast.member(app, "Marlow")
    leave(last)
    with database.transaction() as session:
        erasure_ledger.have_copied(session)
    work(database, settings)
    kept = erasure_file.read(settings.data_folder, settings.ledger_keys)
    with database.reading() as session:
        assert {line.subject for line in kept.lines} == set(session.scalars(select(Member.uuid)))
        # It says that it can't know what was before, and belongs to this database.
        assert kept.since == kept.begun_at == erasure_ledger.newest_moment(session)


def test_an_errand_that_died_before_it_said_so_does_it_again(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    with database.reading() as session:
        waiting = erasure_ledger.waiting_lines(session)
    begin(database, settings)
    erasure_file.append(settings.data_folder, settings.ledger_keys, waiting.values())
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
        assert len(lines_in(settings)) == left
        kept = erasure_file.read(settings.data_folder, settings.ledger_keys)
        assert abs(kept.since - (moment - timedelta(days=settings.backup_days))) < timedelta(minutes=1)
    assert not [*settings.data_folder.glob("*.new")]


@pytest.mark.proves("D10")
def test_nothing_is_forgotten_while_a_backup_that_was_put_back_still_has_it(
    app: Flask, database: Database, settings: Settings
) -> None:
    leave(cast.member(app, "Rowan"))
    lines = copy_out(database, settings)

    def forget_much_later() -> list[Line]:
        with time_machine.travel(clock.now() + timedelta(days=100)):
            with database.transaction() as session:
                erasure_ledger.have_forgotten(session)
            work(database, settings)
        return lines_in(settings)

    (settings.data_folder / MARK).touch()
    assert forget_much_later() == lines
    (settings.data_folder / MARK).unlink()
    with database.transaction() as session:
        # As a backup is that doesn't know of it.
        session.execute(delete(Erasure))
    assert forget_much_later() == lines


def test_what_waits_is_never_forgotten_before_it_was_copied(
    app: Flask, database: Database, settings: Settings
) -> None:
    begin(database, settings)
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
