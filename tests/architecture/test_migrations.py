"""The migrations make what the models say, on both databases, and take no row with them on any way."""

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, inspect, text

import config
from forum.database import migrate
from tests.architecture.rows import counts, fill
from tests.architecture.structure import connected, metadata, structure, triggers

COMPARED = {"compare_type": True, "include_object": migrate.is_compared}


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
        context = MigrationContext.configure(connection, opts=COMPARED)
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
