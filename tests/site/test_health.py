"""Health: what machines are told about the database and the jobs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from forum import clock
from forum.app import create_app
from forum.database.session import Database
from forum.jobs import queue
from tests.conftest import database_of, settings_for


def ready(client: FlaskClient) -> tuple[int, str]:
    answer = client.get("/health/ready")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.get_json()["status"]


def asked(settings: Settings) -> tuple[int, str]:
    """Return what an application with these settings says."""
    app = create_app(settings)
    try:
        return ready(app.test_client())
    finally:
        database_of(app).dispose()


def test_a_process_that_answers_is_live(client: FlaskClient) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "live"})


def test_with_a_migrated_database_it_is_ready(client: FlaskClient) -> None:
    assert ready(client) == (200, "ready")


@pytest.mark.parametrize(("minutes", "says"), [(4, "ready"), (6, "jobs-late")])
def test_a_job_that_waits_for_long_is_told(
    client: FlaskClient, database: Database, minutes: int, says: str
) -> None:
    with database.transaction() as session:
        queue.enqueue(session, "some.job", {}, due_at=clock.now() - timedelta(minutes=minutes))
    # Pages are served all the same, so nobody is turned away.
    assert ready(client) == (200, says)


def test_an_unmigrated_database_is_not_ready(empty_database_url: str, tmp_path: Path) -> None:
    assert asked(settings_for(empty_database_url, tmp_path)) == (503, "database-not-migrated")


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/forum.sqlite3", "postgresql+psycopg://nobody@127.0.0.1:9/none"]
)
def test_a_database_that_is_out_of_reach_is_said_and_live_stays(tmp_path: Path, url: str) -> None:
    app: Flask = create_app(replace(settings_for("sqlite:///unused", tmp_path), database_url=url))
    client = app.test_client()
    assert ready(client) == (503, "database-unreachable")
    assert client.get("/health/live").status_code == 200
    database_of(app).dispose()
