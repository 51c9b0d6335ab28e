"""What the tests of the consent step look for: the records that were made, and anybody's traces in the log."""

from sqlalchemy import select

from forum.consent.models import ConsentRecord
from forum.demo.stand_in.personas import PERSONAS
from forum.permissions.actor import Purpose
from tests.front_door import Forum, Log

ROBIN = PERSONAS["robin"]
EVERYTHING = tuple(purpose.value.replace("-", "_") for purpose in Purpose)


def records(forum: Forum) -> dict[Purpose, ConsentRecord]:
    """Return the only member's records by purpose."""
    with forum.database.reading() as session:
        return {record.purpose: record for record in session.scalars(select(ConsentRecord))}


def assert_knows_nobody(forum: Forum, log: Log) -> None:
    """Look for anything of Robin's in the log."""
    logged = log.text().lower()
    assert "/join/consent" in logged
    for told in (ROBIN.google_subject, ROBIN.facebook_subject, "robin", "people.stand-in", "quiet-river"):
        assert told not in logged
