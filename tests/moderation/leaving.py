"""How members leave and days go by, for tests of what is erased then."""

from dataclasses import replace
from datetime import timedelta

from forum.accounts.leaving import begin_leaving
from forum.accounts.models import Member
from forum.community.what_is_sent import TopicDraft
from forum.database.session import Database
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.daily import do_daily_job

ROOM = "flares-today"
# Stands in everything that whoever leaves wrote.
MARK = "quincunx"


def write(database: Database, someone: Someone, text: str) -> int:
    """Start a topic whose words and title can be looked for, and return its id."""
    return start(database, someone.actor, _titled(text))


def _titled(text: str) -> TopicDraft:
    return replace(topic_draft(ROOM, text), title=f"The {MARK} of it", content_note=MARK)


def leave(someone: Someone) -> None:
    with someone.database.transaction() as session:
        begin_leaving(session, someone.member_id)


def run(database: Database, after: timedelta, name: str = "moderation.erase_left") -> None:
    """Do the daily job at some time from now, and those that it puts in."""
    do_daily_job(database, name, after)


def is_there(someone: Someone) -> bool:
    with someone.database.reading() as session:
        return session.get(Member, someone.member_id) is not None
