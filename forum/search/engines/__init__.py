"""The two engines, and which one the database of a session has. Only this folder knows how words are kept."""

from sqlalchemy.orm import Session

from forum.search.engine import Engine
from forum.search.engines.postgresql_tsvector import PostgresqlTsvector
from forum.search.engines.sqlite_fts5 import SqliteFts5

_ENGINES: dict[str, Engine] = {"sqlite": SqliteFts5(), "postgresql": PostgresqlTsvector()}


def engine_of(session: Session) -> Engine:
    """Return the engine of the database that this session talks to."""
    return _ENGINES[session.get_bind().dialect.name]
