"""What docs/operations.md tells an operator to do by hand after restoring a backup does what it says there."""

import re
from datetime import timedelta
from pathlib import Path

import time_machine
from flask import Flask
from sqlalchemy import select, text

from forum import clock
from forum.accounts.models import Identity, Member, SignInSession
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.schedule import SCHEDULE, handlers_of
from tests import cast
from tests.daily import BAN_KEYS

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def statements() -> list[str]:
    """Return the statements that stand there for each member who left since the backup was made."""
    told = OPERATIONS.read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", told, flags=re.DOTALL)
    return [one.strip() for one in block.split(";") if one.strip()]


def test_who_left_since_the_backup_is_erased_again(app: Flask, database: Database) -> None:
    left, stays = cast.member(app, "Rowan"), cast.member(app, "Wren")
    listed = "SELECT uuid FROM member WHERE name = 'Rowan'"
    with database.transaction() as session:
        uuid = str(session.execute(text(listed)).scalar_one())
        # Said twice it is no different.
        for statement in statements() * 2:
            session.execute(text(statement.replace("UUID", uuid)))
    worker = Worker(database, handlers_of(BAN_KEYS), SCHEDULE)
    worker.run_due(limit=1)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        worker.run_due(limit=100)
    with database.reading() as session:
        for whose in (Member.id, Identity.member_id, SignInSession.member_id):
            assert left.member_id not in session.scalars(select(whose)).all()
        assert stays.member_id in session.scalars(select(Member.id)).all()


def test_all_sessions_end(app: Flask, database: Database) -> None:
    cast.member(app, "Rowan")
    (statement,) = re.findall(r"`(DELETE FROM [a-z_]+;)`", OPERATIONS.read_text(encoding="utf-8"))
    with database.transaction() as session:
        session.execute(text(statement))
        assert session.scalars(select(SignInSession.id)).all() == []
