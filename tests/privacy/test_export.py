"""Asking for a copy, waiting for it and fetching it: by its owner alone, freshly proven, not too often, for a week."""

import os
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select, update

from forum import clock
from forum.accounts.models import AccountEvent, Member, SignInSession
from forum.database.session import Database
from forum.errors import NotFound, TooMany
from forum.permissions.actor import PROOF_LASTS, MemberId, MemberState
from forum.privacy import export_files, export_queries, exports
from forum.privacy.models import DataExport, ExportState
from tests import cast
from tests.accounts.ways_in import AGAIN, prove, unprove
from tests.front_door import Browser, Forum, Log
from tests.pages import read_page
from tests.privacy.copies import (
    EXPORT,
    ask,
    copy_of,
    fetch,
    files,
    job_of,
    newest,
    page_of,
    told,
    work,
)
from tests.recorder import recorded
from tests.threads import together

DAY = timedelta(days=1)


@pytest.fixture
def rowan(app: Flask) -> cast.Someone:
    """Somebody who wants to know what is kept of them."""
    return cast.member(app, "Rowan")


def later(someone: cast.Someone, by: timedelta) -> time_machine.travel:
    """Let time pass, at whose end they show once more that it is they."""
    moment = clock.now() + by
    with someone.database.transaction() as session:
        session.execute(
            update(SignInSession).values(
                proved_at=moment, last_seen_on=moment.date(), expires_at=moment + 30 * DAY
            )
        )
    return time_machine.travel(moment)


# --- from asking to fetching -----------------------------------------------------------------------------


@pytest.mark.proves("D3")
def test_a_member_asks_waits_and_fetches(app: Flask, rowan: cast.Someone) -> None:
    assert "Make a copy of my data" in page_of(rowan)
    answer = ask(rowan)
    assert (answer.status_code, answer.headers["Location"]) == (303, EXPORT)
    waiting = page_of(rowan)
    assert "0 of 7 parts are done" in waiting
    assert "Look again" in waiting
    assert "Make a copy of my data" not in waiting
    assert files(app) == []
    work(app)
    ready = page_of(rowan)
    assert re.search(r"Size: \d+ kB", ready)
    assert "Here until:" in ready
    assert "We make one copy a day." in ready
    export = newest(app)
    (file,) = files(app)
    assert (export.state, export.parts_done, export.size) == (ExportState.READY, 7, file.stat().st_size)
    assert fetch(rowan, export.id).testzip() is None
    assert job_of(app) is None


@pytest.mark.proves("D3", "W15")
def test_what_comes_is_a_file_that_nobody_stores_and_whose_name_says_nothing(
    app: Flask, rowan: cast.Someone
) -> None:
    copy_of(app, rowan)
    answer = rowan.client.get(f"{EXPORT}/{newest(app).id}", buffered=True)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    name = f"my-data-{clock.today().isoformat()}.zip"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert int(answer.headers["Content-Length"]) == len(answer.data) == newest(app).size


def test_they_are_told_that_it_was_asked_for_and_that_it_is_ready(app: Flask, rowan: cast.Someone) -> None:
    ask(rowan)
    assert told(rowan) == [AccountEvent.EXPORT_ASKED]
    work(app)
    assert told(rowan) == [AccountEvent.EXPORT_ASKED, AccountEvent.EXPORT_READY]
    notices = read_page(rowan.client.get("/notices").text).one("main").text
    assert "A copy of everything of yours was asked for." in notices
    assert "The copy of everything of yours is ready." in notices


@pytest.mark.proves("W12", "D3")
def test_asking_and_fetching_lead_to_a_proof_and_back(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    page = browser.get(EXPORT)
    unprove(forum)
    refused = browser.submit(page, EXPORT)
    assert refused.status_code == 403
    assert "Show that it is you" in refused.text
    assert forum.counts()["data_export"] == 0
    prove(browser, next=EXPORT)
    assert browser.submit(browser.get(EXPORT), EXPORT).status_code == 303
    work(forum.app)
    address = f"{EXPORT}/{newest(forum.app).id}"
    assert browser.get(address).status_code == 200
    unprove(forum)
    asked = browser.get(address)
    assert asked.status_code == 403
    assert "Show that it is you" in asked.text
    answer = prove(browser, next=address)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    fetched = browser.get(address)
    assert fetched.status_code == 200
    assert fetched.content[:2] == b"PK"
    assert AGAIN not in fetched.headers.get("Location", "")


@pytest.mark.proves("D3")
def test_nobody_but_its_owner_gets_it_and_nobody_learns_that_it_is_there(
    app: Flask, rowan: cast.Someone
) -> None:
    copy_of(app, rowan)
    marlow, admin = cast.member(app, "Marlow"), cast.administrator(app)
    address, nowhere = f"{EXPORT}/{newest(app).id}", f"{EXPORT}/999"
    for someone in (marlow, admin):
        answers = [someone.client.get(one) for one in (address, nowhere)]
        assert [answer.status_code for answer in answers] == [404, 404]
        shown = {read_page(answer.text).one("main").text for answer in answers}
        assert len({re.sub(r"[0-9a-f]{32}", "", text) for text in shown}) == 1
        assert "Your copy" not in page_of(someone)
    assert cast.visitor(app).get(address).status_code == 303


# --- for everybody, however things stand -----------------------------------------------------------------


@pytest.mark.parametrize("state", list(MemberState))
def test_nobody_is_refused_theirs(app: Flask, rowan: cast.Someone, state: MemberState) -> None:
    with rowan.database.transaction() as session:
        session.execute(update(Member).where(Member.id == rowan.member_id).values(state=state))
    assert copy_of(app, rowan).testzip() is None


def test_neither_is_who_is_suspended_or_took_their_consent_back(app: Flask) -> None:
    for someone in (cast.suspended(app), cast.consent_withdrawn(app)):
        assert copy_of(app, someone).testzip() is None


# --- not too often ---------------------------------------------------------------------------------------


@pytest.mark.proves("D3", "W7")
def test_one_is_made_at_a_time_and_one_a_day(app: Flask, rowan: cast.Someone) -> None:
    ask(rowan)
    refused = ask(rowan)
    assert refused.status_code == 429
    assert DAY.total_seconds() - 60 < int(refused.headers["Retry-After"]) <= DAY.total_seconds() + 1
    assert "is being put together already" in refused.text
    work(app)
    refused = ask(rowan)
    assert refused.status_code == 429
    assert "One copy a day" in refused.text
    wait = timedelta(seconds=int(refused.headers["Retry-After"]))
    assert told(rowan).count(AccountEvent.EXPORT_ASKED) == 1
    # Somebody else's are theirs.
    assert ask(cast.member(app, "Marlow")).status_code == 303
    with later(rowan, wait):
        assert "Make a copy of my data" in page_of(rowan)
        assert ask(rowan).status_code == 303


@pytest.mark.proves("D3")
def test_of_two_who_ask_at_once_one_is_served(app: Flask, rowan: cast.Someone) -> None:
    actor = rowan.actor

    def ask_now(_number: int) -> bool:
        try:
            with rowan.database.transaction() as session:
                exports.ask_for_export(session, actor)
        except TooMany:
            return False
        return True

    assert sorted(together(4, ask_now)) == [False, False, False, True]


def test_who_is_gone_gets_none(rowan: cast.Someone) -> None:
    erased = replace(rowan.actor, member_id=MemberId(999))
    with rowan.database.transaction() as session, pytest.raises(NotFound):
        exports.ask_for_export(session, erased)


# --- for a week ------------------------------------------------------------------------------------------


@pytest.mark.proves("D3")
def test_after_seven_days_it_is_gone(app: Flask, rowan: cast.Someone) -> None:
    copy_of(app, rowan)
    address = f"{EXPORT}/{newest(app).id}"
    with later(rowan, 7 * DAY - timedelta(minutes=1)):
        assert rowan.client.get(address, buffered=True).status_code == 200
    with later(rowan, 7 * DAY):
        gone = rowan.client.get(address)
        assert gone.status_code == 404
        assert "copies are kept for seven days" in gone.text
        assert "Your copy is ready" not in page_of(rowan)
        sweep(app)
        assert files(app) == []
    with rowan.database.reading() as session:
        assert session.execute(select(func.count(DataExport.id))).scalar_one() == 0


@pytest.mark.parametrize(("age", "left"), [(7 * DAY - timedelta(minutes=1), 1), (7 * DAY, 0)])
@pytest.mark.parametrize("state", list(ExportState))
def test_the_sweep_comes_to_the_minute(
    app: Flask, rowan: cast.Someone, age: timedelta, left: int, state: ExportState
) -> None:
    ask(rowan)
    if state is not ExportState.WAITING:
        with rowan.database.transaction() as session:
            session.execute(update(DataExport).values(state=state, finished_at=clock.now()))
    with time_machine.travel(clock.now() + age), rowan.database.transaction() as session:
        assert exports.sweep_exports(session) == 1 - left
    with rowan.database.reading() as session:
        assert session.execute(select(func.count(DataExport.id))).scalar_one() == left


def sweep(app: Flask) -> None:
    database: Database = app.extensions["alongside"].database
    with database.transaction() as session:
        exports.sweep_exports(session)
    work(app)


def test_files_without_a_copy_go_and_others_stay(app: Flask, rowan: cast.Someone) -> None:
    copy_of(app, rowan)
    (kept,) = files(app)
    under_way = "a" * 32
    with rowan.database.transaction() as session:
        session.add(
            DataExport(
                member_id=rowan.member_id,
                file_name=under_way,
                state=ExportState.WAITING,
                parts_done=1,
                parts=7,
                asked_at=clock.now(),
            )
        )
    folder = kept.parent
    stay = {kept.name, f"{under_way}.zip", f"{under_way}.{'1' * 16}.part", "not-ours.txt"}
    go = {f"{'b' * 32}.zip", f"{'b' * 32}.{'2' * 16}.part", f"{kept.stem}.{'3' * 16}.part"}
    for name in {*stay, *go} - {kept.name}:
        (folder / name).write_bytes(b"")
    sweep(app)
    assert {file.name for file in files(app)} == stay


@pytest.mark.proves("D3")
def test_once_the_row_is_gone_nothing_is_left(app: Flask, rowan: cast.Someone) -> None:
    """As erasing does it: rows first, and the files right after."""
    copy_of(app, rowan)
    assert len(files(app)) == 1
    with rowan.database.transaction() as session:
        session.execute(delete(DataExport).where(DataExport.member_id == rowan.member_id))
        exports.remove_files_without_rows(session)
    work(app)
    assert files(app) == []


# --- where the file lies ---------------------------------------------------------------------------------


def test_only_the_server_may_read_it_and_its_name_is_random(app: Flask, rowan: cast.Someone) -> None:
    before = os.umask(0)
    try:
        copy_of(app, rowan)
    finally:
        os.umask(before)
    (file,) = files(app)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert re.fullmatch(r"[0-9a-f]{32}\.zip", file.name)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a" * 31 + "/", "", "A" * 32, "a" * 32 + "\n"])
def test_no_other_name_is_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / export_files.FOLDER).mkdir()
    (tmp_path / "secret.zip").write_bytes(b"not a copy")
    assert export_files.open_copy(tmp_path, name) is None


def test_no_link_and_no_folder_is_opened(app: Flask, rowan: cast.Someone, tmp_path: Path) -> None:
    copy_of(app, rowan)
    (file,) = files(app)
    secret = tmp_path / "secret"
    secret.write_bytes(b"not a copy")
    file.unlink()
    file.symlink_to(secret)
    address = f"{EXPORT}/{newest(app).id}"
    assert rowan.client.get(address).status_code == 404
    file.unlink()
    file.mkdir()
    assert rowan.client.get(address).status_code == 404
    file.rmdir()
    gone = rowan.client.get(address)
    assert gone.status_code == 404
    assert "You can ask for a new one." in gone.text


# --- what is asked of the database, and what is logged ---------------------------------------------------


def test_the_page_needs_one_statement_and_one_more_for_what_is_under_way(
    app: Flask, rowan: cast.Someone
) -> None:
    for expected in (1, 2, 1):
        if expected == 2:
            ask(rowan)
        actor = rowan.actor
        with recorded(rowan.database) as statements, rowan.database.reading() as session:
            export_queries.export_page(session, actor, "")
        assert len(statements) == expected
        work(app)


@pytest.mark.proves("W14")
def test_no_log_names_anybody_or_any_file(forum: Forum, log: Log) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    browser.submit(browser.get(EXPORT), EXPORT)
    work(forum.app)
    export = newest(forum.app)
    assert browser.get(f"{EXPORT}/{export.id}").status_code == 200
    text = log.text()
    assert "privacy.build_export" in text
    for secret in ("quiet-river", export.file_name, "my-data"):
        assert secret not in text


def test_what_is_fetched_is_what_lies_there(forum: Forum) -> None:
    """Over a real connection, to the last byte."""
    browser = Browser(forum)
    browser.join("quiet-river")
    browser.submit(browser.get(EXPORT), EXPORT)
    work(forum.app)
    (file,) = files(forum.app)
    answer = browser.get(f"{EXPORT}/{newest(forum.app).id}")
    assert answer.content == file.read_bytes()
    assert zipfile.is_zipfile(file)


def test_a_proof_that_is_too_old_is_none(app: Flask, rowan: cast.Someone) -> None:
    copy_of(app, rowan)
    with time_machine.travel(clock.now() + PROOF_LASTS):
        assert rowan.client.get(f"{EXPORT}/{newest(app).id}").status_code == 403
