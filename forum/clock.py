"""The one source of time. Everything asks here, so that a test can move the clock and no database decides it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

_held: ContextVar[datetime | None] = ContextVar("held_clock", default=None)


def now() -> datetime:
    """Return this moment as an aware datetime in UTC."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Let it be this moment for whatever runs inside: for writing down what happened earlier, as importers do."""
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)


def today() -> date:
    """Return the present day, in UTC."""
    return now().date()
