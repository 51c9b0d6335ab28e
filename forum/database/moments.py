"""Moments as parameters of statements: the clock is asked when one runs, so a statement can be made once and kept."""

from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, Date, bindparam

from forum import clock
from forum.database.column_types import UtcDateTime


def moment_of_running() -> BindParameter[datetime]:
    """Return the moment at which the statement runs."""
    return bindparam("moment", unique=True, callable_=clock.now, type_=UtcDateTime())


def moment_before_running(ago: timedelta) -> BindParameter[datetime]:
    """Return the moment that lies so far before the one at which the statement runs."""
    return bindparam("moment", unique=True, callable_=lambda: clock.now() - ago, type_=UtcDateTime())


def day_before_running(ago: timedelta) -> BindParameter[date]:
    """Return the day, in UTC, that lies so far before the moment at which the statement runs."""

    def day() -> date:
        return (clock.now() - ago).date()

    return bindparam("day", unique=True, callable_=day, type_=Date())
