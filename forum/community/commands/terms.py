"""The list of conditions and treatments that members can say are theirs, as administrators keep it.

Nothing goes from it: what is offered no more stays whose it is.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.audit_log.commands import PublicName, record
from forum.community.models.people import LONGEST_TERM, HealthTerm, TermKind
from forum.community.what_is_sent import TermDraft
from forum.errors import Invalid, NotFound
from forum.events import HealthTermChanged, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.slugs import slug_of
from forum.text.translate import DEFAULT_LOCALE
from forum.text.translate import gettext as _


def add_term(session: Session, actor: Actor, draft: TermDraft) -> int:
    """Put a condition or a treatment on the list and return its id.

    Emits: HealthTermChanged
    Raises: SignInFirst, Forbidden, Invalid (it is on the list)
    """
    require(actor, Action.HEALTH_TERM_CHANGE)
    slug = draft.slug or slug_of(draft.name)[:LONGEST_TERM]
    _refuse_twice(session, draft.kind, draft.name, slug)
    term = HealthTerm(kind=draft.kind, slug=slug, locale=DEFAULT_LOCALE, name=draft.name, offered=True)
    session.add(term)
    session.flush()
    _tell(session, actor, term)
    return term.id


def publish_terms(session: Session, actor: Actor, drafts: Iterable[TermDraft]) -> int:
    """Put those on the list that aren't there, by their slugs and names, and return how many.

    What is there may have been renamed or taken off offer, and stays so.

    Emits: HealthTermChanged
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.HEALTH_TERM_CHANGE)
    listed = session.execute(select(HealthTerm.kind, HealthTerm.slug, HealthTerm.name)).all()
    slugs = {(row.kind, row.slug) for row in listed}
    names = {(row.kind, row.name.casefold()) for row in listed}
    new = [
        HealthTerm(kind=one.kind, slug=one.slug, locale=DEFAULT_LOCALE, name=one.name, offered=True)
        for one in drafts
        if (one.kind, one.slug) not in slugs and (one.kind, one.name.casefold()) not in names
    ]
    session.add_all(new)
    session.flush()
    if new:
        record(session, actor, Action.HEALTH_TERM_CHANGE, facts={"added": len(new)})
    for term in new:
        emit(session, HealthTermChanged(term_id=term.id))
    return len(new)


def change_term(session: Session, actor: Actor, term_id: int, name: str, *, offered: bool) -> None:
    """Rename a condition or a treatment, or offer it no more or again; its slug stays.

    Emits: HealthTermChanged (unless it is so already)
    Raises: NotFound, SignInFirst, Forbidden, Invalid (another one has this name)
    """
    require(actor, Action.HEALTH_TERM_CHANGE)
    term = session.scalar(
        select(HealthTerm)
        .where(HealthTerm.id == term_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if term is None:
        raise NotFound
    if (term.name, term.offered) == (name, offered):
        return
    before = term.name
    if before != name:
        _refuse_twice(session, term.kind, name, "", but=term.id)
    term.name, term.offered = name, offered
    session.flush()
    _tell(session, actor, term, before)


def _refuse_twice(session: Session, kind: TermKind, name: str, slug: str, but: int = 0) -> None:
    """Raise Invalid where the list has this name, however it is written, or this slug."""
    listed = session.execute(
        select(HealthTerm.name, HealthTerm.slug).where(HealthTerm.kind == kind, HealthTerm.id != but)
    )
    if any(row.name.casefold() == name.casefold() or row.slug == slug for row in listed):
        raise Invalid({"name": _("This is on the list already. If it is offered no more, offer it again.")})


def _tell(session: Session, actor: Actor, term: HealthTerm, before: str = "") -> None:
    """Keep what the list says now, and what it called this before: members' profiles say it under the new name."""
    renamed = {} if before in ("", term.name) else {"from_name": PublicName(before)}
    record(
        session,
        actor,
        Action.HEALTH_TERM_CHANGE,
        facts={
            "term": term.id,
            "kind": term.kind,
            "name": PublicName(term.name),
            "offered": term.offered,
            **renamed,
        },
    )
    emit(session, HealthTermChanged(term_id=term.id))
