"""The migrations make what the models say, on both databases, and take no row with them on any way."""

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, inspect, text

import config
from forum.database import migrate
from tests.architecture.rows import counts, fill
from tests.architecture.structure import connected, metadata, structure, triggers


def revisions() -> list[str]:
    """Return every revision, the newest first."""
    alembic = Config()
    alembic.set_main_option("script_location", str(config.MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(alembic).walk_revisions()]


def test_there_is_one_newest_revision_named_for_its_day() -> None:
    files = sorted(path.name for path in (config.MIGRATIONS / "versions").glob("*.py"))
    assert len(files) == len(revisions()) > 0
    assert all(name[:8].isdigit() and name[8] == "_" and name[9:13].isdigit() for name in files)


def test_autogenerate_finds_nothing_to_change(database_url: str) -> None:
    with connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata()) == []


def test_the_models_alone_would_make_the_same_structure(database_url: str, empty_database_url: str) -> None:
    # Autogenerate doesn't compare checks, names of keys, or whether SQLite gives a key out twice.
    with connected(empty_database_url) as connection:
        metadata().create_all(connection)
    assert structure(database_url) == structure(empty_database_url)


def test_a_migrated_database_is_current_and_an_empty_one_is_not(
    database_url: str, empty_database_url: str
) -> None:
    assert migrate.is_current(database_url)
    assert not migrate.is_current(empty_database_url)


def test_going_down_and_up_again_keeps_rows_and_structure(empty_database_url: str) -> None:
    url = empty_database_url
    migrate.upgrade(url)
    before, guards = structure(url), triggers(url)
    with connected(url) as connection:
        fill(connection, metadata())
        kept = counts(connection, sorted(before))
    assert set(kept.values()) == {1}

    for revision in revisions()[1:]:
        migrate.downgrade(url, revision)
        with connected(url) as connection:
            remaining = [name for name in inspect(connection).get_table_names() if name in kept]
            assert counts(connection, remaining) == dict.fromkeys(remaining, 1)
    migrate.downgrade(url, "base")
    assert structure(url) == {}
    assert triggers(url) == set()

    migrate.upgrade(url)
    assert structure(url) == before
    assert triggers(url) == guards


def test_a_difference_is_seen(database_url: str) -> None:
    different = metadata().tables["member"].to_metadata(type(metadata())())
    different.append_column(Column("shoe_size", Integer))
    with connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert any("add_column" in str(change) for change in compare_metadata(context, different.metadata))


def test_a_structure_is_told_apart(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    before = structure(empty_database_url)
    with connected(empty_database_url) as connection:
        connection.execute(text("CREATE INDEX ix_member_extra ON member (locale)"))
    assert structure(empty_database_url) != before


MEMBER = """INSERT INTO member (id, uuid, name, name_key, name_since, role, state, locale, joined_at)
 VALUES (:id, :uuid, :name, :name, :at, 'member', :state, 'en', :at)"""
CATEGORY = """INSERT INTO category
 (id, slug, locale, position, name, description, opening_markdown, opening_html, help_on_top)
 VALUES (1, 'c', 'en', 1, 'C', '', '', '', false)"""
TOPIC = """INSERT INTO topic (id, category_id, author_id, from_community, locale, title, slug, intent, content_note,
 audience, state, pinned, locked, started_at, last_number, reply_count, last_activity_at)
 VALUES (:id, 1, 1, false, 'en', 't', 't', 'just-listen', '', 'public', 'published', 0, false, :at, 1, 0, :at)"""
POST = """INSERT INTO post (id, topic_id, number, author_id, from_community, by_topic_author, state, markdown, html,
 renderer_version, written_at) VALUES (:id, :id, 1, 1, false, true, 'published', 'x', 'x', 1, :at)"""


def test_0002_keeps_who_is_suspended_and_what_was_taken_down_on_both_ways(empty_database_url: str) -> None:
    url, at = empty_database_url, "2026-01-01 00:00:00"
    migrate.upgrade(url)
    migrate.downgrade(url, "0001")
    with connected(url) as connection:
        for number, state in enumerate(("active", "suspended", "paused"), 1):
            row = {"id": number, "uuid": f"{number:032x}", "name": state, "state": state, "at": at}
            connection.execute(text(MEMBER), row)
        connection.execute(text(CATEGORY))
        for number in (1, 2, 3):
            connection.execute(text(TOPIC), {"id": number, "at": at})
            connection.execute(text(POST), {"id": number, "at": at})

    migrate.upgrade(url)
    with connected(url) as connection:
        assert _states(connection, "member") == ["active", "active", "paused"]
        assert list(connection.scalars(text("SELECT member_id FROM suspension"))) == [2]
        for change in (
            "UPDATE member SET state = 'waiting' WHERE id = 1",
            "UPDATE topic SET state = 'merged', merged_into_id = 2 WHERE id = 1",
            "UPDATE topic SET state = 'removed' WHERE id = 3",
            "UPDATE post SET state = 'moved', moved_to_id = 2 WHERE id = 1",
            "UPDATE post SET state = 'removed' WHERE id = 3",
        ):
            connection.execute(text(change))

    migrate.downgrade(url, "0001")
    with connected(url) as connection:
        assert _states(connection, "member") == ["paused", "suspended", "paused"]
        assert _states(connection, "topic") == ["deleted", "published", "hidden"]
        assert _states(connection, "post") == ["deleted", "published", "hidden"]


def _states(connection: Connection, table: str) -> list[str]:
    return list(connection.scalars(text(f"SELECT state FROM {table} ORDER BY id")))
