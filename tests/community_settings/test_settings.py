"""Settings in versions: what holds, who may change them, and that nobody overwrites what they have not seen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from forum.audit_log.models import AuditEntry
from forum.community_settings.commands import change_settings
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import CommunitySettings, SignUp
from forum.community_settings.queries import (
    BEFORE_ANY,
    settings_held,
    settings_in_force,
    settings_of,
)
from forum.database.page_stamps import read
from forum.database.session import Database
from forum.errors import Conflict, Forbidden, NotFound, SignInFirst
from forum.permissions.actor import OPERATOR, VISITOR
from tests import cast
from tests.community_settings.setting import set_up
from tests.recorder import recorded

DRAFT = SettingsDraft(0, SignUp.CLOSED, read_only=True, announcement="Back soon.", contact="us@forum.invalid")


def versions(database: Database) -> int:
    """Return how many versions there are."""
    with database.reading() as session:
        return session.scalar(select(func.count(CommunitySettings.id))) or 0


def test_before_anybody_set_anything_all_is_open(app: Flask, database: Database) -> None:
    with database.reading() as session, recorded(database) as statements:
        assert settings_in_force(session) == BEFORE_ANY
    assert len(statements) == 1
    assert BEFORE_ANY.takes_members
    assert BEFORE_ANY.why_nobody_joins == ""


def test_a_change_is_a_version_a_line_in_the_log_and_stale_pages(app: Flask, database: Database) -> None:
    someone = cast.administrator(app)
    with database.reading() as session:
        stamps = read(session, ["site"])
    with database.transaction() as session:
        version = change_settings(session, someone.actor, DRAFT)
    with database.reading() as session:
        assert replace(settings_in_force(session), version=0) == replace(
            BEFORE_ANY,
            sign_up=SignUp.CLOSED,
            read_only=True,
            announcement="Back soon.",
            contact="us@forum.invalid",
        )
        assert settings_of(session, version).version == version
        assert read(session, ["site"])["site"] == stamps["site"] + 1
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.actor_uuid) == ("admin:settings:change", someone.uuid)
        # No words in a table from which nothing ever goes.
        assert entry.facts == {"version": version, "sign_up": "closed", "read_only": True}


def test_the_same_again_is_no_version(app: Flask, database: Database) -> None:
    first = set_up(database, announcement="Hello.")
    assert set_up(database, announcement="Hello.") == first
    assert versions(database) == 1


def test_what_somebody_did_not_see_they_do_not_overwrite(app: Flask, database: Database) -> None:
    set_up(database, announcement="First.")
    with database.transaction() as session, pytest.raises(Conflict):
        change_settings(session, OPERATOR, DRAFT)
    assert versions(database) == 1


def test_two_at_once_make_one_version(app: Flask, database: Database) -> None:
    """Both saw version 0, so one of them has to look again."""

    def change(words: str) -> bool:
        try:
            with database.transaction() as session:
                change_settings(session, OPERATOR, replace(DRAFT, announcement=words))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(change, ["One.", "Another."])) == [False, True]
    assert versions(database) == 1


def test_nobody_changes_what_a_decision_is_taken_by(app: Flask, database: Database) -> None:
    order: list[str] = []

    def change() -> None:
        set_up(database, read_only=True)
        order.append("changed")

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            assert not settings_held(session).read_only
            changing = pool.submit(change)
            # It can't come to an end while the decision is not taken.
            with pytest.raises(TimeoutError):
                changing.result(timeout=0.3)
            order.append("decided")
        changing.result(timeout=20)
    assert order == ["decided", "changed"]


def test_only_administrators_and_the_operator_change_them(app: Flask, database: Database) -> None:
    for someone in (cast.member(app), cast.moderator(app)):
        with database.transaction() as session, pytest.raises(Forbidden):
            change_settings(session, someone.actor, DRAFT)
    with database.transaction() as session, pytest.raises(SignInFirst):
        change_settings(session, VISITOR, DRAFT)
    assert versions(database) == 0


def test_a_version_never_changes_and_one_that_never_was_is_not_there(app: Flask, database: Database) -> None:
    version = set_up(database, announcement="Hello.")
    with pytest.raises(DatabaseError, match="never updated"), database.transaction() as session:
        session.execute(text("UPDATE community_settings SET announcement = 'x'"))
    with database.reading() as session, pytest.raises(NotFound):
        settings_of(session, version + 1)
    # What somebody wrote into old versions need not be kept for ever.
    with database.transaction() as session:
        session.execute(text("DELETE FROM community_settings"))
    assert versions(database) == 0
