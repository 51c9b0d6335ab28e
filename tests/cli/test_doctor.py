"""``forum doctor``: each of its checks on both sides, how it ends, and the release check on a moved clock."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from cryptography.fernet import Fernet
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import delete

from config import PREFIX
from forum import clock
from forum.accounts.models import Passkey
from forum.accounts.providers import GRAPH_API_END_OF_LIFE, GRAPH_API_VERSION
from forum.consent.models import ConsentEvent, ConsentRecord
from forum.database.session import Database
from forum.jobs import queue
from tests import cast
from tests.cli.conftest import ROOT, Run
from tests.consent.test_ledger import tamper
from tests.images.test_store import StandInBucket

SESSION_KEY = "another session key that serves tests alone"
# Beyond what a fresh installation has: what an operator adds in the first days.
COMPLETE = {
    f"{PREFIX}BASE_URL": "http://localhost:8000",
    f"{PREFIX}PASSKEYS": "yes",
    f"{PREFIX}SMTP_HOST": "localhost",
    f"{PREFIX}SMTP_USER": "forum",
    f"{PREFIX}SMTP_PASSWORD": "a mail password that serves tests alone",
    f"{PREFIX}MAIL_FROM": "forum@forum.invalid",
    f"{PREFIX}FACEBOOK_CLIENT_ID": "1234",
    f"{PREFIX}FACEBOOK_CLIENT_SECRET": "an app secret that serves tests alone",
}


def levels(result: Result) -> dict[str, str]:
    """Return how each finding is to be taken, by what it is about."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return {finding["about"]: finding["level"] for finding in json.loads(result.stdout)["findings"]}


def says(result: Result, about: str) -> str:
    """Return the sentence about something."""
    found = {finding["about"]: finding["says"] for finding in json.loads(result.stdout)["findings"]}
    return str(found[about])


def give_passkey(database: Database, someone: cast.Someone) -> None:
    """Let somebody have a passkey, as far as counting goes."""
    with database.transaction() as session:
        session.add(
            Passkey(
                member_id=someone.member_id,
                credential_id=someone.uuid.hex,
                user_handle=someone.uuid.hex,
                public_key=b"a public key",
                sign_count=0,
                name="A phone",
                added_at=clock.now(),
            )
        )


@pytest.fixture
def look(run: Run, app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """Look at an installation that lacks nothing but what ``set_to`` changes."""
    tmp_path.chmod(0o700)
    for file in tmp_path.glob("*.sqlite3*"):
        file.chmod(0o600)

    def doctor(*options: str, set_to: dict[str, str | None] | None = None) -> Result:
        result = run("doctor", "--json", *options, set_to={**COMPLETE, **(set_to or {})})
        for secret in ("that serves tests alone", "password"):
            assert secret not in result.output
        return result

    return doctor


@pytest.fixture
def complete(app: Flask, database: Database, run: Run) -> None:
    """An installation in which somebody answers for everything."""
    assert run("db", "upgrade").exit_code == 0
    assert run("site", "init").exit_code == 0
    give_passkey(database, cast.administrator(app, "Aspen"))


Look = Callable[..., Result]


def test_where_nothing_is_wrong_it_ends_well(look: Look, complete: None) -> None:
    result = look()
    assert set(levels(result).values()) == {"ok"}, result.stdout
    assert result.exit_code == 0
    assert {"settings", "database", "policies", "administrators", "worker", "data folder"} <= set(
        levels(result)
    )


def test_people_read_the_same(look: Look, complete: None, run: Run) -> None:
    findings = json.loads(look().stdout)["findings"]
    lines = run("doctor", set_to=COMPLETE).stdout.splitlines()
    assert lines == [f"  {one['level']:<7}  {one['about']}: {one['says']}" for one in findings]


@pytest.mark.parametrize(
    ("set_to", "about", "level"),
    [
        ({f"{PREFIX}PASSKEYS": None}, "passkeys", "warning"),
        (
            {f"{PREFIX}{name}": None for name in ("SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM")},
            "mail",
            "warning",
        ),
        (
            {f"{PREFIX}FACEBOOK_CLIENT_ID": None, f"{PREFIX}FACEBOOK_CLIENT_SECRET": None},
            "providers",
            "problem",
        ),
        ({f"{PREFIX}SESSION_KEYS": ",".join(f"{SESSION_KEY} {n}" for n in range(2))}, "session keys", "ok"),
        (
            {f"{PREFIX}SESSION_KEYS": ",".join(f"{SESSION_KEY} {n}" for n in range(3))},
            "session keys",
            "warning",
        ),
        (
            {f"{PREFIX}COOKIE_KEYS": ",".join(Fernet.generate_key().decode() for _n in range(3))},
            "cookie keys",
            "warning",
        ),
    ],
    ids=["no passkeys", "no mail", "no provider", "two keys", "three session keys", "three cookie keys"],
)
def test_each_setting_is_judged_by_itself(
    look: Look, complete: None, set_to: dict[str, str | None], about: str, level: str
) -> None:
    result = look(set_to=set_to)
    assert levels(result)[about] == level
    assert result.exit_code == int(level == "problem")
    assert {name for name, found in levels(result).items() if found != "ok"} == {about} - (
        {about} if level == "ok" else set()
    )


def test_a_fresh_installation_lacks_policies_and_an_administrator(look: Look, run: Run, app: Flask) -> None:
    first = look()
    assert first.exit_code == 1
    assert (levels(first)["policies"], levels(first)["administrators"]) == ("problem", "problem")
    assert "forum site init" in says(first, "policies")
    assert run("site", "init").exit_code == 0
    cast.member(app, "Willow")
    assert (levels(look())["policies"], levels(look())["administrators"]) == ("ok", "problem")
    assert run("members", "promote", "Willow", "--role", "administrator").exit_code == 0
    assert levels(look())["administrators"] == "ok"


def test_staff_without_a_passkey_are_counted_and_not_named(look: Look, complete: None, app: Flask) -> None:
    names = ("Cedar", "Linden")
    for name in names:
        cast.moderator(app, name)
    cast.member(app, "Willow")
    result = look()
    assert result.exit_code == 0
    assert levels(result)["staff's passkeys"] == "warning"
    assert says(result, "staff's passkeys").startswith("2 ")
    assert not [name for name in (*names, "Willow") if name in result.stdout]


@pytest.mark.parametrize(("minutes", "level"), [(4, "ok"), (6, "problem")])
def test_a_worker_that_does_not_keep_up_is_seen(
    look: Look, complete: None, database: Database, minutes: int, level: str
) -> None:
    with database.transaction() as session:
        queue.enqueue(session, "some.job", {}, due_at=clock.now())
    with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=True):
        result = look()
    assert levels(result)["worker"] == level
    assert result.exit_code == int(level == "problem")


def test_pictures_are_written_read_and_removed(
    look: Look, complete: None, tmp_path: Path, httpserver: HTTPServer
) -> None:
    folder = tmp_path / "images"
    assert (levels(look())["pictures"], folder.exists()) == ("ok", False)
    folder.mkdir()
    assert (levels(look())["pictures"], list(folder.iterdir())) == ("ok", [])
    folder.rmdir()
    folder.write_text("not a folder")
    result = look()
    assert (levels(result)["pictures"], result.exit_code) == ("problem", 1)
    assert says(result, "pictures").startswith(f"They can't be written to {folder}.")
    # A bucket, and one whose key may put and nothing else.
    bucket = StandInBucket()
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(bucket)
    endpoint = httpserver.url_for("").rstrip("/")
    given = {"ENDPOINT": endpoint, "BUCKET": "pictures-of-ours", "REGION": "here-1", "KEY_ID": "the-key-id"}
    given["SECRET"] = "a secret of the bucket that serves tests alone"
    set_to: dict[str, str | None] = {f"{PREFIX}S3_{name}": value for name, value in given.items()}
    assert levels(look(set_to=set_to))["pictures"] == "ok"
    assert bucket.objects == {}
    assert {method for method, _path in bucket.asked} == {"PUT", "GET", "POST"}
    bucket.refuses = "GET"
    result = look(set_to=set_to)
    assert levels(result)["pictures"] == "problem"
    assert says(result, "pictures").startswith("They can't be read from the bucket of ALONGSIDE_S3_BUCKET.")
    assert bucket.objects == {}
    bucket.refuses = "PUT"
    assert says(look(set_to=set_to), "pictures").startswith("They can't be written to the bucket")


@pytest.mark.proves("C7")
def test_a_ledger_without_a_signed_head_is_seen(look: Look, complete: None, run: Run, tmp_path: Path) -> None:
    assert levels(look())["consent ledger"] == "ok", "The first head may take its hour."
    file = tmp_path / "ledger-heads.jsonl"
    with time_machine.travel(clock.now() + timedelta(hours=2, minutes=1), tick=True):
        assert levels(look())["consent ledger"] == "warning"
        assert run("consent", "sign-head").exit_code == 0
        assert levels(look())["consent ledger"] == "ok"
        file.unlink()
        result = look()
    assert levels(result)["consent ledger"] == "warning"
    assert says(result, "consent ledger").startswith(f"There is no signed head in {file}.")
    assert result.exit_code == 0


@pytest.mark.proves("C7")
def test_decisions_that_nobody_signs_are_seen(
    look: Look, complete: None, run: Run, app: Flask, database: Database
) -> None:
    assert run("consent", "sign-head").exit_code == 0
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True) as moved:
        assert levels(look())["consent ledger"] == "ok", "Nothing has come since."
        cast.member(app, "Rowan")
        assert levels(look())["consent ledger"] == "ok", "The next head may take its hour."
        moved.shift(timedelta(days=1))
        result = look()
        assert levels(result)["consent ledger"] == "warning"
        assert "have waited for a signed head" in says(result, "consent ledger")
        assert run("consent", "sign-head").exit_code == 0
        assert levels(look())["consent ledger"] == "ok"


@pytest.mark.proves("C7")
def test_a_ledger_that_lost_what_was_signed_is_a_problem(
    look: Look, complete: None, run: Run, database: Database
) -> None:
    assert run("consent", "sign-head").exit_code == 0
    tamper(database, delete(ConsentRecord), delete(ConsentEvent))
    result = look()
    assert levels(result)["consent ledger"] == "problem"
    assert "forum consent verify" in says(result, "consent ledger")
    assert result.exit_code == 1


def test_a_database_that_is_not_there_or_too_old_is_a_problem(
    look: Look, empty_database_url: str, tmp_path: Path
) -> None:
    for address in (empty_database_url, f"sqlite:///{tmp_path / 'none.sqlite3'}"):
        result = look(set_to={f"{PREFIX}DATABASE_URL": address})
        assert result.exit_code == 1
        assert levels(result)["database"] == "problem"
        assert "forum db upgrade" in says(result, "database")
        assert "policies" not in levels(result)
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_database_that_does_not_answer_betrays_no_password(look: Look) -> None:
    nobody = "postgresql+psycopg://forum:a-password-that-serves-tests@127.0.0.1:9/forum"
    result = look(set_to={f"{PREFIX}DATABASE_URL": nobody})
    assert result.exit_code == 1
    assert levels(result)["database"] == "problem"
    assert "a-password" not in result.output


def test_the_data_folder_must_be_there_and_be_private(look: Look, complete: None, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (tmp_path / "file").write_text("")
    for wrong in (folder, tmp_path / "file"):
        result = look(set_to={f"{PREFIX}DATA_FOLDER": str(wrong)})
        assert (levels(result)["data folder"], result.exit_code) == ("problem", 1)
        assert str(wrong) in says(result, "data folder")
    folder.mkdir()
    folder.chmod(0o755)
    open_to_all = look(set_to={f"{PREFIX}DATA_FOLDER": str(folder)})
    assert (levels(open_to_all)["data folder"], open_to_all.exit_code) == ("warning", 0)
    folder.chmod(0o700)
    closed = look(set_to={f"{PREFIX}DATA_FOLDER": str(folder)})
    assert (levels(closed)["data folder"], closed.exit_code) == ("ok", 0)
    # It looks, and leaves nothing behind.
    assert list(folder.iterdir()) == []


# Only the embedded database has a file of its own.
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_database_file_that_others_can_read_is_a_problem(
    look: Look, complete: None, tmp_path: Path
) -> None:
    (file,) = tmp_path.glob("*.sqlite3")
    assert look().exit_code == 0
    file.chmod(0o644)
    result = look()
    assert result.exit_code == 1
    assert "Others on this machine" in result.stdout


# --- the Graph API's version, here and when a release is cut -----------------------------------------------


@pytest.mark.proves("A27")
@pytest.mark.parametrize(
    ("days_left", "level"),
    [(400, "ok"), (184, "ok"), (183, "warning"), (1, "warning"), (0, "problem"), (-30, "problem")],
)
@pytest.mark.parametrize("options", [(), ("--release",)], ids=["installation", "release"])
def test_the_end_of_the_graph_api_version_is_warned_of_six_months_before(
    look: Look, complete: None, options: tuple[str, ...], days_left: int, level: str
) -> None:
    day = GRAPH_API_END_OF_LIFE - timedelta(days=days_left)
    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        result = look(*options)
    assert levels(result)["Graph API version"] == level
    assert result.exit_code == int(level == "problem")
    for known in (GRAPH_API_VERSION, GRAPH_API_END_OF_LIFE.isoformat()):
        assert known in says(result, "Graph API version")


@pytest.mark.proves("A27")
def test_the_version_is_pinned_in_one_place() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("forum", "templates", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".toml", ".js") and GRAPH_API_VERSION in path.read_text()
    ]
    assert found == ["forum/accounts/providers/facebook.py"]


@pytest.mark.proves("A27")
def test_the_release_check_needs_no_installation() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    made = subprocess.run(
        ["make", "--no-print-directory", "-n", "release-check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert made.stdout.splitlines()[-1].endswith("-m forum.cli doctor --release")
    ended = subprocess.run(
        [sys.executable, "-m", "forum.cli", "doctor", "--release"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Should it fail here, the version came to its end, and a newer one is to be pinned before anything is released.
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert GRAPH_API_VERSION in ended.stdout
    assert len(ended.stdout.splitlines()) == 1
