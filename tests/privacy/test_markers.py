"""The markers that other tests look for: there is one in every column with room, and it stands where it should."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Column, Interval, MetaData, String, Table

from forum.database.base import Base
from forum.database.personal_data import OnLeaving, Subject
from forum.database.session import Database
from forum.privacy import registry
from tests import cast
from tests.moderation.conftest import make_room
from tests.privacy import markers

# What has room for words, and holds words of closed sets, or the same for everybody, or another row's hash.
CLOSED = {
    "account_notice.provider",
    "audit_entry.action",
    "audit_entry.actor_role",
    "audit_entry.facts",
    "audit_entry.reason",
    "consent_event.previous_hash",
    "consent_record.app_version",
    "consent_record.country",
    "consent_record.interface_text_sha256",
    "consent_record.locale",
    "consent_record.policies",
    "identity.issuer",
    "member.locale",
    "notice.action",
    "profile.country",
    "topic.locale",
}


@pytest.mark.proves("D1")
def test_every_column_with_room_for_words_of_a_member_has_a_marker(app: Flask, database: Database) -> None:
    make_room(database, "flares-today")
    seeded = markers.seed(cast.member(app, "Rowan"), "quokka", but=())
    with_room = {
        f"{held.table.__tablename__}.{column.name}"
        for held in registry.HELD
        if held.about is not None
        for column in registry.table_of(held).columns
        if markers.has_room(column) and held.columns[column.name].on_leaving is not OnLeaving.NOT_PERSONAL
    }
    assert seeded.markers.keys() == with_room - CLOSED
    assert len(set(seeded.markers.values())) == len(seeded.markers) > 25
    assert not seeded.markers.keys() & seeded.without_room
    # Every exported or erased column of every table with somebody's rows is in one of the two.
    assert seeded.markers.keys() | seeded.without_room >= {
        f"{held.table.__tablename__}.{name}"
        for held in registry.HELD
        for name, column in held.columns.items()
        if held.about is not None and (column.exported or column.on_leaving is OnLeaving.ERASED)
    }


def test_each_marker_stands_in_its_column_alone(app: Flask, database: Database) -> None:
    make_room(database, "flares-today")
    someone, another = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    theirs, others = markers.seed(someone, "quokka"), markers.seed(another, "numbat")
    assert not set(theirs.markers.values()) & set(others.markers.values())
    for seeded in (theirs, others):
        found = markers.places(database, seeded.markers.values())
        for column, marker in seeded.markers.items():
            # The next link of the chain names the one before.
            assert found[marker] - {"consent_event.previous_hash"} == {column}
    # Who they are to the site is as it was, and their pages can be opened.
    assert someone.actor.member_id == someone.member_id
    for address in ("/", "/settings/sign-in", "/my-topics", "/my-posts", "/notices", "/search?q=quokka"):
        assert someone.client.get(address).status_code == 200, address


def test_what_stays_and_what_goes_is_told_apart(app: Flask, database: Database) -> None:
    make_room(database, "flares-today")
    seeded = markers.seed(cast.member(app, "Rowan"), "quokka")
    assert {"post.markdown", "member.name", "email_address.address"} <= seeded.exported().keys()
    assert {"post.html", "passkey.public_key", "member_note.text"} <= seeded.going().keys()
    assert {"report.note", "report.post_markdown", "legal_hold.post_markdown"} <= seeded.kept().keys()
    assert not {"report.post_markdown", "member_note.text"} & seeded.exported().keys()
    assert seeded.going().keys() | seeded.kept().keys() == seeded.markers.keys()


def test_words_are_found_in_every_kind_of_column(database: Database) -> None:
    assert markers.as_text(b"\xffquokka") == "\xffquokka"
    assert "quokka é" in markers.as_text({"facts": ["quokka é"]})
    assert markers.places(database, ["quokka"]) == {}


@pytest.mark.parametrize(
    "column", [Column("kind", String(5), nullable=False), Column("lasts", Interval, nullable=False)]
)
def test_a_column_that_nobody_knows_how_to_fill_is_named(column: Column[object]) -> None:
    table = Table("made_up", MetaData(), column)
    filler = markers._Filler(Subject(1, UUID(int=1)), "quokka", 1, 1)
    with pytest.raises(markers.NoFiller, match=f"made_up.{column.name}"):
        filler._row(table)


def test_every_table_with_somebodys_rows_is_in_the_metadata() -> None:
    assert {registry.table_of(held).name for held in registry.HELD} == set(Base.metadata.tables)
