"""A real forum refuses a database in which a demo's made-up people are, on both databases."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from config import Mode, Settings, SettingsError
from forum import clock
from forum.accounts.models import Identity, Member
from forum.app import create_app
from forum.database.session import Database
from tests.conftest import database_of


def in_production(settings: Settings) -> Settings:
    """Return the settings as a real forum's, with no provider yet."""
    return replace(
        settings,
        mode=Mode.PRODUCTION,
        base_url="https://forum.example",
        trusted_hosts=("forum.example",),
        stand_in=False,
        google=None,
        facebook=None,
    )


def a_member_from(database: Database, issuer: str) -> None:
    """Make somebody whose identity comes from this issuer."""
    now = clock.now()
    with database.transaction() as session:
        member = Member(
            uuid=uuid4(), name="Tansy", name_key="tansy", name_since=now, locale="en", joined_at=now
        )
        session.add(member)
        session.flush()
        session.add(Identity(member_id=member.id, issuer=issuer, subject="1", added_at=now))


@pytest.mark.proves("P4")
@pytest.mark.parametrize("issuer", ["https://google.stand-in.invalid", "https://facebook.stand-in.invalid"])
def test_it_does_not_start_on_a_demos_database(settings: Settings, issuer: str) -> None:
    database = Database(settings.database_url)
    a_member_from(database, issuer)
    database.dispose()
    with pytest.raises(SettingsError, match="holds people of the stand-in provider"):
        create_app(in_production(settings))


def test_it_starts_on_its_own(settings: Settings) -> None:
    database = Database(settings.database_url)
    a_member_from(database, "https://accounts.google.com")
    database.dispose()
    app = create_app(in_production(settings))
    answer = app.test_client().get("/health/live", base_url="https://forum.example")
    database_of(app).dispose()
    assert answer.status_code == 200
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_it_says_what_to_do_first_on_a_database_without_tables(
    settings: Settings, empty_database_url: str, tmp_path: Path
) -> None:
    bare = replace(in_production(settings), database_url=empty_database_url, data_folder=tmp_path)
    with pytest.raises(SettingsError, match="forum db upgrade"):
        create_app(bare)
