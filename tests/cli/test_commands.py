"""The command line: what each command does, and the one sentence it says when it can't."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, Member, RecoveryCode, Suspension
from forum.accounts.recovery_codes import MOST_SETS_A_DAY, give_code, make_codes, sign_in_by_code
from forum.audit_log.models import AuditEntry
from forum.cli.routes import routes_of
from forum.community.models.threads import CategoryModerator
from forum.consent.models import PolicyVersion
from forum.database.session import Database
from forum.errors import Forbidden, Invalid, SignInFirst
from forum.jobs import queue
from forum.moderation.models import Helpline, Notice
from forum.permissions.actor import VISITOR, Role
from tests import cast
from tests.accounts.stand_in import free_port
from tests.cli.conftest import Run


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    """The database that the commands change."""
    database = Database(database_url, size=2)
    yield database
    database.dispose()


def test_help_needs_no_settings(run: Run) -> None:
    result = run("--help", set_to={"ALONGSIDE_BASE_URL": None})
    assert result.exit_code == 0
    commands = {"serve", "worker", "db", "site", "members", "providers", "doctor", "routes", "jobs"}
    assert commands <= set(result.output.split())


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("worker",),
        ("db", "upgrade"),
        ("db", "check"),
        ("site", "init"),
        ("routes",),
        ("jobs", "dead"),
        ("providers", "check"),
        ("doctor",),
    ],
)
@pytest.mark.parametrize(
    ("set_to", "names"),
    [
        ({"ALONGSIDE_BASE_URL": None}, "ALONGSIDE_BASE_URL"),
        ({"ALONGSIDE_COLOUR": "green"}, "ALONGSIDE_COLOUR"),
        ({"ALONGSIDE_PORT": "many"}, "ALONGSIDE_PORT"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_its_name(
    run: Run, command: tuple[str, ...], set_to: dict[str, str | None], names: str
) -> None:
    result = run(*command, set_to=set_to)
    assert result.exit_code == 2
    assert names in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_upgrading_makes_the_database_and_again_changes_nothing(
    run: Run, empty_database_url: str, tmp_path: Path
) -> None:
    elsewhere = {"ALONGSIDE_DATABASE_URL": empty_database_url}
    assert run("db", "check", set_to=elsewhere).exit_code == 1
    for _ in range(2):
        assert run("db", "upgrade", set_to=elsewhere).exit_code == 0
        assert run("db", "check", set_to=elsewhere).exit_code == 0


def test_a_folder_that_can_not_be_made_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("db", "upgrade", set_to={"ALONGSIDE_DATA_FOLDER": str(tmp_path / "file" / "data")})
    assert answer.exit_code == 1
    assert answer.output.count("\n") == 1
    assert "Not a directory" in answer.output


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x"])
def test_a_jobs_id_is_a_number_that_a_job_could_have(run: Run, number: str) -> None:
    assert run("jobs", "retry", "--", number).exit_code == 2


def test_upgrading_makes_the_folder_too(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'not' / 'there' / 'yet.sqlite3'}"
    assert run("db", "upgrade", set_to={"ALONGSIDE_DATABASE_URL": url}).exit_code == 0
    assert (tmp_path / "not" / "there" / "yet.sqlite3").exists()


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_only_the_owner_may_read_what_is_kept(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = folder / "forum.sqlite3"
    elsewhere = {
        "ALONGSIDE_DATABASE_URL": f"sqlite:///{file}",
        "ALONGSIDE_DATA_FOLDER": str(folder),
    }
    os.umask(0o022)
    assert run("db", "upgrade", set_to=elsewhere).exit_code == 0
    assert mode(folder) == 0o700
    # Whoever writes later, and with whatever mask: SQLite gives the files beside the database its mode.
    os.umask(0o022)
    database = Database(f"sqlite:///{file}", size=1)
    try:
        with database.transaction() as session:
            queue.enqueue(session, "some.job", {}, due_at=clock.now())
        parts = [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]
        assert [mode(part) for part in parts] == [0o600] * 3
        for part in parts:
            part.chmod(0o644)
        assert run("db", "upgrade", set_to=elsewhere).exit_code == 0
        assert [mode(part) for part in parts if part.exists()] == [0o600] * 3
    finally:
        database.dispose()


def test_whatever_a_command_writes_is_the_owners(run: Run, tmp_path: Path) -> None:
    os.umask(0o022)
    assert run("db", "check").exit_code == 0
    assert os.umask(0o022) == 0o077


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("worker",),
        ("site", "init"),
        ("jobs", "dead"),
        ("members", "promote", "X", "--role", "moderator"),
    ],
)
def test_an_unmigrated_database_is_said_with_the_way_on(
    run: Run, empty_database_url: str, command: tuple[str, ...]
) -> None:
    result = run(*command, set_to={"ALONGSIDE_DATABASE_URL": empty_database_url})
    assert result.exit_code == 1
    assert "forum db upgrade" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_looking_at_a_database_that_is_not_there_makes_none(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "none.sqlite3"
    assert run("db", "check", set_to={"ALONGSIDE_DATABASE_URL": f"sqlite:///{file}"}).exit_code == 1
    assert not file.exists()


def test_a_database_out_of_reach_is_one_sentence_without_its_password(run: Run) -> None:
    url = f"postgresql+psycopg://nobody:secret@127.0.0.1:{free_port()}/none"
    result = run("db", "check", set_to={"ALONGSIDE_DATABASE_URL": url})
    assert result.exit_code == 1
    assert "database" in result.stderr
    assert "secret" not in result.output
    assert "Traceback" not in result.output


def test_init_publishes_once_and_asks_for_the_helplines(run: Run, opened: Database) -> None:
    first = run("site", "init")
    assert first.exit_code == 0
    assert "policies 4, categories 12, treatment pages 1" in first.output
    assert "confirm-helplines" in first.output
    second = run("site", "init")
    assert second.exit_code == 0
    assert "nothing is new" in second.output
    with opened.reading() as session:
        assert len(session.scalars(select(PolicyVersion.id)).all()) == 4


def test_other_details_are_told_and_renewed_when_asked(run: Run, opened: Database) -> None:
    run("site", "init")
    moved: dict[str, str | None] = {"ALONGSIDE_OPERATOR_ADDRESS": "2 Other Street"}
    assert "--renew-policies" in run("site", "init", set_to=moved).output
    assert run("site", "init", "--renew-policies", set_to=moved).exit_code == 0
    with opened.reading() as session:
        assert 2 in session.scalars(select(PolicyVersion.version)).all()
    assert "--renew-policies" not in run("site", "init", set_to=moved).output
    assert run("site", "init", "--material").exit_code == 2


def test_helplines_are_confirmed_by_whoever_says_yes(run: Run, opened: Database) -> None:
    run("site", "init")
    assert run("site", "confirm-helplines", typed="n\n").exit_code == 1
    shown = run("site", "confirm-helplines", typed="y\n")
    assert shown.exit_code == 0
    assert "Samaritans Ireland" in shown.output
    with opened.reading() as session:
        confirmed = session.scalars(select(Helpline.country).where(Helpline.confirmed_at.is_not(None))).all()
    assert confirmed == ["IE"]
    assert "nothing to confirm" in run("site", "confirm-helplines").output
    assert "confirm-helplines" not in run("site", "init").output


def test_without_a_country_there_is_nothing_to_confirm(run: Run) -> None:
    result = run("site", "confirm-helplines", set_to={"ALONGSIDE_OPERATOR_COUNTRY": "Atlantis"})
    assert result.exit_code == 1
    assert "ALONGSIDE_OPERATOR_COUNTRY" in result.stderr


def test_a_country_without_a_known_helpline_is_told(run: Run) -> None:
    assert (
        "No helpline of your own country"
        in run("site", "init", set_to={"ALONGSIDE_OPERATOR_COUNTRY": "JP"}).output
    )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CATEGORY_MODERATOR])
def test_a_member_is_given_a_role(run: Run, app: Flask, opened: Database, role: Role) -> None:
    someone = cast.member(app, "Juniper")
    result = run("members", "promote", "Juniper", "--role", role.value)
    assert result.exit_code == 0
    assert someone.actor.role is role


def test_a_category_moderator_answers_for_exactly_the_named_categories(
    run: Run, app: Flask, opened: Database
) -> None:
    run("site", "init")
    someone = cast.member(app, "Juniper")
    promote = ("members", "promote", "Juniper", "--role", "category-moderator")
    assert run(*promote, "--category", "welcome", "--category", "medicines").exit_code == 0
    assert len(someone.actor.category_ids) == 2
    assert run(*promote, "--category", "flares-today").exit_code == 0
    assert len(someone.actor.category_ids) == 1
    assert run("members", "promote", "Juniper", "--role", "member").exit_code == 0
    with opened.reading() as session:
        assert session.scalars(select(CategoryModerator.member_id)).all() == []


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("Nobody", "--role", "moderator"), 1, "No member has this name."),
        (("Juniper", "--role", "king"), 2, "king"),
        (("Juniper",), 2, "--role"),
        (("Juniper", "--role", "category-moderator"), 2, "--category"),
        (("Juniper", "--role", "moderator", "--category", "welcome"), 2, "--category"),
        (("Juniper", "--role", "category-moderator", "--category", "nowhere"), 1, "nowhere"),
    ],
)
def test_a_role_that_can_not_be_given_changes_nobody(
    run: Run, app: Flask, opened: Database, arguments: tuple[str, ...], status: int, says: str
) -> None:
    cast.member(app, "Juniper")
    result = run("members", "promote", *arguments)
    assert result.exit_code == status
    assert says in result.stderr
    with opened.reading() as session:
        assert session.scalars(select(Member.role)).all() == [Role.MEMBER]


def test_the_operator_lifts_a_suspension_also_an_administrators(
    run: Run, app: Flask, opened: Database
) -> None:
    aspen = cast.administrator(app)
    with opened.transaction() as session:
        session.add(Suspension(member_id=aspen.member_id, since=clock.now(), until=None))
    result = run("members", "unsuspend", "Aspen")
    assert (result.exit_code, result.output) == (0, "No longer suspended: Aspen.\n")
    assert not aspen.actor.is_suspended
    with opened.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (entry.action, entry.actor_role, entry.member_uuid) == (
            "moderation:member:unsuspend",
            "operator",
            aspen.uuid,
        )
        assert session.scalars(select(Notice.member_id)).all() == [aspen.member_id]
    again = run("members", "unsuspend", "Aspen")
    assert (again.exit_code, again.stderr) == (1, "Error: They are not suspended. Nothing was changed.\n")
    assert "No member has this name." in run("members", "unsuspend", "Nobody").stderr


@pytest.mark.proves("W12")
def test_the_operator_gives_out_one_code_more_and_the_member_is_told(
    run: Run, app: Flask, opened: Database
) -> None:
    someone = cast.moderator(app, "Juniper")
    with opened.transaction() as session:
        old, token = make_codes(session, someone.actor)
    someone = replace(someone, token=token)
    result = run("members", "recovery-code", "Juniper")
    assert result.exit_code == 0
    code, _space, words = result.output.strip().partition(" ")
    assert words.strip() == "(good once, at /log-in/code)"
    with opened.reading() as session:
        assert session.scalar(select(func.count()).select_from(RecoveryCode)) == len(old) + 1
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (entry.action, entry.actor_role, entry.member_uuid) == (
            "admin:recovery-code:give",
            "operator",
            someone.uuid,
        )
        told = session.scalars(select(AccountNotice.event)).all()
    assert told == [AccountEvent.CODES_MADE, AccountEvent.CODE_GIVEN]
    # Whoever is logged in stays so, and the ones on their paper stay good.
    assert someone.actor.name == "Juniper"
    with opened.transaction() as session:
        assert sign_in_by_code(session, old[0]) != sign_in_by_code(session, code)
    with opened.transaction() as session, pytest.raises(Invalid):
        sign_in_by_code(session, code)


def test_nobody_elses_name_gets_a_code_and_no_number_of_them_is_too_many(
    run: Run, app: Flask, opened: Database
) -> None:
    someone = cast.member(app, "Juniper")
    result = run("members", "recovery-code", "Nobody")
    assert (result.exit_code, result.stderr) == (1, "Error: No member has this name.\n")
    assert run("members", "recovery-code").exit_code == 2
    codes = {run("members", "recovery-code", "Juniper").output for _time in range(MOST_SETS_A_DAY + 1)}
    assert len(codes) == MOST_SETS_A_DAY + 1
    with opened.reading() as session:
        assert set(session.scalars(select(RecoveryCode.member_id))) == {someone.member_id}


@pytest.mark.proves("W12")
def test_nobody_but_the_operator_gives_out_a_code(app: Flask, opened: Database) -> None:
    cast.member(app, "Juniper")
    for actor in (cast.administrator(app).actor, VISITOR):
        with opened.transaction() as session, pytest.raises((Forbidden, SignInFirst)):
            give_code(session, actor, "Juniper")
    with opened.reading() as session:
        assert session.scalars(select(RecoveryCode.id)).all() == []


def test_every_route_is_listed_with_who_may_reach_it(run: Run, app: Flask) -> None:
    # The application of the tests has passkeys, which need a name.
    result = run(
        "routes", set_to={"ALONGSIDE_BASE_URL": "http://localhost:8000", "ALONGSIDE_PASSKEYS": "yes"}
    )
    assert result.exit_code == 0
    for route in routes_of(app):
        assert route.endpoint in result.output
    assert "staff_only (moderation:report:list)" in result.output
    assert "undeclared" not in result.output


def test_jobs_that_were_given_up_are_listed_and_tried_again(run: Run, opened: Database) -> None:
    assert "No job was given up." in run("jobs", "dead").output
    with opened.transaction() as session:
        queue.enqueue(session, "some.job", {"post_id": 7})
    job_id = 0
    for _ in range(queue.MOST_ATTEMPTS):
        with opened.transaction() as session:
            later = clock.now() + timedelta(days=2)
            job = queue.claim(session, timedelta(minutes=1), later)
            assert job is not None
            job_id = job.id
            queue.fail(session, job, "KeyError", clock.now())
    result = run("jobs", "dead")
    assert "some.job" in result.output
    assert '{"post_id": 7}' in result.output
    assert "KeyError" in result.output
    assert run("jobs", "retry", str(job_id)).exit_code == 0
    assert "No job was given up." in run("jobs", "dead").output
    assert run("jobs", "retry", str(job_id)).exit_code == 1
