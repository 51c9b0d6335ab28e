"""The list of conditions and treatments, read: all of it, and what of it is somebody's."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.community.models.people import HealthTerm, TermKind
from forum.database.rows import AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class TermLine:
    """A condition or a treatment of the list."""

    id: int
    kind: TermKind
    slug: str
    name: str
    offered: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One that readers of a topic can share, for a form."""

    slug: str
    name: str


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


def conditions_of(session: Session, actor: Actor) -> tuple[Condition, ...]:
    """Return the same for a form.

    Queries: 1 for whoever has some, else none
    """
    return tuple(Condition(one.slug, one.name) for one in shared_terms(session, actor))


def shared_term(session: Session, actor: Actor, slug: str) -> TermLine | None:
    """Return the one of these with this slug, if there is one.

    Queries: 1 for whoever has some, else none
    """
    return next((one for one in shared_terms(session, actor) if one.slug == slug), None)


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
        HealthTerm.id, HealthTerm.kind, HealthTerm.slug, HealthTerm.name, HealthTerm.offered
    ).order_by(HealthTerm.name, HealthTerm.id)
