"""The audit log's rows stay as they were written, whoever asks the database."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from forum.database.session import Database
from tests import cast
from tests.moderation.threads import Thread, done, entries, make_thread


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic that a moderator can decide about."""
    return make_thread(app, database)


@pytest.mark.proves("W13")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'other'",
        "UPDATE audit_entry SET actor_uuid = NULL",
        "UPDATE audit_entry SET id = id + 1",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE action = 'community:topic:lock'",
        "INSERT OR REPLACE INTO audit_entry SELECT id, made_at, action, area, NULL, actor_role, reason, category_id,"
        " topic_id, post_id, report_id, member_uuid, facts FROM audit_entry",
        "REPLACE INTO audit_entry SELECT id, made_at, 'forged', area, actor_uuid, actor_role, reason, category_id,"
        " topic_id, post_id, report_id, member_uuid, facts FROM audit_entry",
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE true ON CONFLICT (id) DO UPDATE SET reason = 'other'",
    ],
)
def test_what_was_decided_stays_as_it_was_kept(
    app: Flask, thread: Thread, statement: str, dialect: str
) -> None:
    if "REPLACE" in statement and dialect == "postgresql":
        # That database has no such statement at all.
        statement = "TRUNCATE audit_entry"
    morgan = cast.moderator(app, "Morgan")
    done(morgan.client, f"{thread.desk}/lock")

    def all_rows(session: Session) -> list[tuple[object, ...]]:
        return [tuple(row) for row in session.execute(text("SELECT * FROM audit_entry ORDER BY id"))]

    with thread.database.reading() as session:
        before = all_rows(session)
    with thread.database.writing() as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    with thread.database.reading() as session:
        assert all_rows(session) == before
    assert len(entries(thread.database)) == 1
