"""Which version of a policy held before which, and which never held: said here, in SQL, for whatever asks.

A version holds from its day until the day of another one; of two with the same day the newer holds. It begins to hold
on its day, or when it is published where that comes later. What holds at that moment already and would go before it
keeps it from ever holding: most often a newer one for the same day.
"""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, or_, select
from sqlalchemy.orm import aliased

from forum.consent.models import PolicyVersion
from forum.database.moments import moment_of_running


def replaced_by(version: type[PolicyVersion]) -> ScalarSelect[int]:
    """Return, for a statement over versions, which one took the place of each before it ever held; null for none."""
    other = aliased(PolicyVersion)
    return (
        select(other.version)
        .where(_takes_the_place_of(other, version))
        .order_by(other.effective_at.desc(), other.version.desc())
        .limit(1)
        .correlate(version)
        .scalar_subquery()
    )


def before(version: type[PolicyVersion]) -> ScalarSelect[int]:
    """Return, for a statement over versions, which one each follows: the last that holds before it; null for none."""
    earlier = aliased(PolicyVersion)
    return (
        select(earlier.version)
        .where(_is_of_the_same_policy(earlier, version), _goes_before(version, earlier), _ever_holds(earlier))
        .order_by(earlier.effective_at.desc(), earlier.version.desc())
        .limit(1)
        .correlate(version)
        .scalar_subquery()
    )


def came_into_force_after(version: type[PolicyVersion], moment: Any) -> ColumnElement[bool]:
    """Say which versions hold now, or held, and didn't at a moment: one can be published for a day that has begun."""
    return and_(
        version.effective_at <= moment_of_running(),
        or_(version.effective_at > moment, version.published_at > moment),
        _ever_holds(version),
    )


def _ever_holds(version: type[PolicyVersion]) -> ColumnElement[bool]:
    other = aliased(PolicyVersion)
    return ~exists().where(_takes_the_place_of(other, version)).correlate(version)


def _takes_the_place_of(other: type[PolicyVersion], version: type[PolicyVersion]) -> ColumnElement[bool]:
    return and_(
        _is_of_the_same_policy(other, version),
        _goes_before(other, version),
        # It is there, and its day has come, when the version would begin to hold.
        or_(other.effective_at <= version.effective_at, other.effective_at <= version.published_at),
        or_(other.published_at <= version.effective_at, other.published_at <= version.published_at),
    )


def _is_of_the_same_policy(one: type[PolicyVersion], other: type[PolicyVersion]) -> ColumnElement[bool]:
    return and_(one.kind == other.kind, one.locale == other.locale)


def _goes_before(one: type[PolicyVersion], other: type[PolicyVersion]) -> ColumnElement[bool]:
    """Say which of two counts once both could."""
    return or_(
        one.effective_at > other.effective_at,
        and_(one.effective_at == other.effective_at, one.version > other.version),
    )
