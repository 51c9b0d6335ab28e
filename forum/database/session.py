"""The two pools and what a transaction is: everything a request or a job changes commits together, or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from forum.database import page_stamps
from forum.database.dialects import tools_for
from forum.events import FOLLOWER, Follower, take_stale_scopes


class Database:
    """The application's database: a pool that can only read and a pool that writes.

    ``url`` is ``sqlite:///file`` or ``postgresql+psycopg://…``; ``size`` is how many threads will read at
    once. ``follower`` carries out what follows from an event.
    """

    def __init__(self, url: str, *, size: int = 16, follower: Follower | None = None) -> None:
        self._tools = tools_for("sqlite" if url.startswith("sqlite") else "postgresql")
        self.read_engine = self._tools.reading_engine(url, size)
        self.write_engine = self._tools.writing_engine(url, size)
        info = {} if follower is None else {FOLLOWER: follower}
        self._reading = sessionmaker(self.read_engine, expire_on_commit=False, autoflush=False)
        self._writing = sessionmaker(self.write_engine, expire_on_commit=False, info=info)
        self._before_closing: list[Callable[[], object]] = []

    def reading(self) -> Session:
        """Return a new session that can't write. Whoever asks closes it."""
        return self._reading()

    def writing(self) -> Session:
        """Return a new session that can write; it takes its turn with its first statement. Close it."""
        return self._writing()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a writing session and commit it at the end; an exception undoes everything."""
        with self.writing() as session:
            yield session
            commit(session)

    def tidy(self) -> bool:
        """Let go of erased words that the database still keeps beside its tables; say whether it is done.

        It is quick, never waits for long, and belongs outside any transaction.
        """
        return self._tools.tidy(self.write_engine)

    def before_closing(self, last: Callable[[], object]) -> None:
        """Have something done before the pooled connections are closed, by who writes in a thread of their own."""
        self._before_closing.append(last)

    def dispose(self) -> None:
        """Close every pooled connection."""
        for last in self._before_closing:
            last()
        self.read_engine.dispose()
        self.write_engine.dispose()


def commit(session: Session) -> None:
    """Bump the stamps that this transaction's events made stale, then commit."""
    session.flush()
    page_stamps.bump(session, take_stale_scopes(session))
    session.commit()
