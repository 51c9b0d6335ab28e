"""What consent reads: the policies in force, and whether a decision stands. Their pages are ``policy_queries``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum import clock
from forum.accounts.models import Member
from forum.consent.addresses import address_of
from forum.consent.models import ConsentRecord, Decision, InterfaceText, PolicyKind, PolicyVersion
from forum.permissions.actor import MemberId, MemberState, Purpose
from forum.text.translate import DEFAULT_LOCALE
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """A version of a policy, as choices and records name it."""

    kind: PolicyKind
    version: int
    locale: str
    sha256: str
    title: str

    @property
    def name(self) -> str:
        """Return the title with the version, in the reader's language."""
        return _("%(title)s (version %(version)s)", title=self.title, version=self.version)

    @property
    def address(self) -> str:
        """Return where this version can be read for good."""
        return address_of(self.kind, self.locale, str(self.version))

    @property
    def address_in_force(self) -> str:
        """Return where the version in force is read, whichever that is."""
        return address_of(self.kind, self.locale)

    def as_recorded(self) -> dict[str, Any]:
        """Return what a consent record says of it."""
        return {
            "kind": self.kind.value,
            "version": self.version,
            "locale": self.locale,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class AgreedPolicy:
    """A version of a policy that somebody agreed to, and when."""

    kind: PolicyKind
    version: int
    locale: str
    title: str
    agreed_at: datetime

    @property
    def address(self) -> str:
        """Return where this version can be read for good."""
        return address_of(self.kind, self.locale, str(self.version))


def decision_in_force(
    subject: InstrumentedAttribute[UUID] | ColumnElement[UUID], purpose: Purpose
) -> ScalarSelect[Decision]:
    """Return, for a statement over members, what each last said about a purpose (null when nothing)."""
    return (
        select(ConsentRecord.decision)
        .where(ConsentRecord.subject == subject, ConsentRecord.purpose == purpose)
        .order_by(ConsentRecord.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class LastWord:
    """What somebody last said about a purpose, and what was asked."""

    decision: Decision
    policies: tuple[dict[str, Any], ...]
    interface_text: str
    locale: str


def last_word(session: Session, subject: UUID, purpose: Purpose) -> LastWord | None:
    """Return what somebody last said about a purpose, or None when nothing.

    Queries: 1
    """
    row = session.execute(
        select(ConsentRecord.decision, ConsentRecord.policies, InterfaceText.text, ConsentRecord.locale)
        .join(InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256)
        .where(ConsentRecord.subject == subject, ConsentRecord.purpose == purpose)
        .order_by(ConsentRecord.sequence.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else LastWord(row[0], tuple(row[1]), row[2], row[3])


def policies_in_force(session: Session, locale: str) -> tuple[PolicyReference, ...]:
    """Return the version of each policy that counts now, in the order of the kinds.

    Queries: 1
    """
    rows = session.execute(
        select(
            PolicyVersion.kind,
            PolicyVersion.version,
            PolicyVersion.locale,
            PolicyVersion.sha256,
            PolicyVersion.title,
        )
        .where(PolicyVersion.locale == locale, PolicyVersion.effective_at <= clock.now())
        .order_by(PolicyVersion.effective_at, PolicyVersion.version)
    )
    latest = {row.kind: PolicyReference(*row) for row in rows}
    return tuple(latest[kind] for kind in PolicyKind if kind in latest)


def site_is_ready(session: Session, locale: str) -> bool:
    """Say whether every policy is published, without which nobody can be asked to agree: sign-up is closed.

    Queries: 1
    """
    return len(policies_in_force(session, locale)) == len(PolicyKind)


def policies_agreed_to(session: Session, subject: UUID) -> tuple[AgreedPolicy, ...]:
    """Return the versions of the policies that somebody agreed to when they last agreed to be a member.

    Queries: 2, or 1 when they never did
    """
    agreed = session.execute(
        select(ConsentRecord.policies, ConsentRecord.happened_at)
        .where(
            ConsentRecord.subject == subject,
            ConsentRecord.purpose == Purpose.MEMBERSHIP,
            ConsentRecord.decision == Decision.GIVEN,
        )
        .order_by(ConsentRecord.sequence.desc())
        .limit(1)
    ).one_or_none()
    if agreed is None:
        return ()
    named = [(PolicyKind(one["kind"]), one["version"], one["locale"]) for one in agreed.policies]
    rows = session.execute(
        select(PolicyVersion.kind, PolicyVersion.version, PolicyVersion.locale, PolicyVersion.title)
        .where(tuple_(PolicyVersion.kind, PolicyVersion.version, PolicyVersion.locale).in_(named))
        .order_by(PolicyVersion.id)
    )
    return tuple(AgreedPolicy(*row, agreed_at=agreed.happened_at) for row in rows)


def waits_to_be_let_in(session: Session, member_id: MemberId) -> bool:
    """Say whether a member joined where moderators let newcomers in, and none has yet.

    Queries: 1
    """
    state = session.scalar(select(Member.state).where(Member.id == member_id))
    return state is MemberState.WAITING


def locale_to_ask_in(session: Session, wanted: str) -> str:
    """Return the wanted language if every policy is published in it, else English: nobody agrees to half a text.

    Queries: 1, none for English
    """
    is_there = wanted == DEFAULT_LOCALE or site_is_ready(session, wanted)
    return wanted if is_there else DEFAULT_LOCALE


def published_versions(session: Session, locale: str) -> frozenset[tuple[PolicyKind, int]]:
    """Return every version that was ever published.

    Queries: 1
    """
    rows = session.execute(
        select(PolicyVersion.kind, PolicyVersion.version).where(PolicyVersion.locale == locale)
    )
    return frozenset((kind, version) for kind, version in rows)
