"""The one source of time. Everything asks here, so that a test can move the clock and no database decides it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment as an aware datetime in UTC."""
    return datetime.now(UTC)
