"""How SQLite looks things up, which it would do otherwise for no visible reason: nothing goes through all there is."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from forum.database.session import Database
from forum.permissions.actor import VISITOR
from forum.search import queries, synonyms
from tests import cast
from tests.conftest import database_of
from tests.search.on_pages import answer, topic
from tests.site.texts import publish_texts

# In its words: SCAN is every row of a table, SEARCH those that an index names.
ALL_DOCUMENTS = "SCAN search_document"


@pytest.fixture
def database(app: Flask) -> Database:
    """Return the database of an application in which something was written."""
    database = database_of(app)
    publish_texts(app)
    juniper, marlow = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    began = topic(database, juniper, "Quokka and fibromyalgia")
    answer(database, marlow, began, "A wombat.")
    if database.write_engine.dialect.name == "sqlite":
        _pretend_to_be_large(database)
    return database


def _pretend_to_be_large(database: Database) -> None:
    """Have SQLite believe that there are many documents, hardly any of them of a treatment's page, and know no more.

    Of an index it keeps how many rows there are, and how many of them have the same value.
    """
    with database.write_engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl <> 'search_document'")
        for index in connection.exec_driver_sql("PRAGMA index_list(search_document)").all():
            (column,) = connection.exec_driver_sql(f"PRAGMA index_info({index.name})").all()
            alike = 400_000 if column.name == "treatment_version_id" else 1
            connection.exec_driver_sql(
                "UPDATE sqlite_stat1 SET stat = ? WHERE idx = ?", (f"400000 {alike}", index.name)
            )
    # It reads this when it opens the file.
    database.dispose()


def plans(database: Database, typed: str) -> list[list[str]]:
    """Return how each statement of a search is carried out, step by step."""
    sent: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, values))

    event.listen(database.read_engine, "before_cursor_execute", remember)
    try:
        with database.reading() as session:
            queries.search_page(session, VISITOR, typed, synonyms.load())
    finally:
        event.remove(database.read_engine, "before_cursor_execute", remember)
    with database.read_engine.connect() as connection:
        return [
            [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            for statement, values in sent
        ]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_search_goes_through_all_that_is_indexed(database: Database) -> None:
    # Names, posts, and what is shown of them; the last one in vain, with what else finds something.
    for typed, statements in (("quokka", 3), ("quokka unheardof neverwas", 3), ("in:flares fibromialgia", 3)):
        found = plans(database, typed)
        assert len(found) == statements, typed
        steps = [step for plan in found for step in plan]
        assert any("search_words" in step for step in steps)
        assert [step for step in steps if step.startswith(ALL_DOCUMENTS)] == [], typed


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_waits_is_looked_up_among_the_topics_that_wait(database: Database) -> None:
    _names, posts, *_rest = plans(database, "is:unanswered")
    assert any("ix_topic_waiting" in step for step in posts), posts
    assert [step for step in posts if step.startswith("SCAN post")] == [], posts


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_treatments_are_looked_up_only_where_they_are_shown(database: Database) -> None:
    for typed, looked_up in (("quokka", True), ("quokka in:flares", False), ("-quokka", False)):
        names, *_rest = plans(database, typed)
        assert any("search_words" in step for step in names) is looked_up, typed
