"""Version stamps of what pages show: one small row a scope, bumped by every command, read to prove freshness.

Scopes are ``site``, ``latest``, ``category:<id>``, ``topic:<id>``, ``treatment:<id>`` and ``member:<id>``. Events say
which they make stale; nothing else bumps them.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.database.base import Base
from forum.database.dialects import tools


class PageStamp(Base):
    """How often what a scope covers has changed."""

    __tablename__ = "page_stamp"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


def bump(session: Session, scopes: Iterable[str]) -> None:
    """Make every page of these scopes stale. Called last before the commit, so that rows are held shortly."""
    ordered = sorted(scopes)
    if ordered:
        table = PageStamp.__table__
        assert isinstance(table, Table)  # noqa: S101 - tells the type checker what the mapping guarantees.
        tools(session).bump(session, table, ordered)


def read(session: Session, scopes: Iterable[str]) -> dict[str, int]:
    """Return each scope's version, 0 where nothing ever happened.

    Queries: 1
    """
    wanted = list(scopes)
    found = session.execute(select(PageStamp.scope, PageStamp.version).where(PageStamp.scope.in_(wanted)))
    return dict.fromkeys(wanted, 0) | dict(found.all())
