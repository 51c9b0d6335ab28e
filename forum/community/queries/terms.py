"""The list of conditions and treatments, read: all of it, and what of it is somebody's."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.community.models.people import HealthTerm, TermKind
from forum.database.rows import AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class Term:
    """A condition or a treatment to choose."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class TermLine(Term):
    """One of the list, with how it stands there."""

    id: int
    kind: TermKind
    offered: bool


def all_terms(session: Session) -> tuple[TermLine, ...]:
    """Return the whole list, by name, with what is offered no more.

    Queries: 1
    """
    return tuple(TermLine(*row) for row in session.execute(_terms()))


def shared_terms(session: Session, actor: Actor) -> tuple[TermLine, ...]:
    """Return the conditions for which the actor reads, and can write, what is for those who share them.

    Queries: 1 for whoever has some, else none
    """
    if not actor.shared_conditions:
        return ()
    mine = HealthTerm.id.in_(sorted(actor.shared_conditions))
    return tuple(TermLine(*row) for row in session.execute(_terms().where(mine)))


def term_of(session: Session, term_id: int) -> TermLine:
    """Return one of the list. Raises NotFound.

    Queries: 1
    """
    row = session.execute(_terms().where(HealthTerm.id == term_id)).one_or_none()
    if row is None:
        raise NotFound
    return TermLine(*row)


def _terms() -> AnySelect:
    return select(
        HealthTerm.slug, HealthTerm.name, HealthTerm.id, HealthTerm.kind, HealthTerm.offered
    ).order_by(HealthTerm.name, HealthTerm.id)
