"""What a member decided, as they read it: how each purpose stands, everything they said, and what changed since.

Whoever needs a consent asks ``consent_stands``: no feature reads records of its own accord.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from forum.accounts.models import EmailAddress, Member
from forum.consent import wording
from forum.consent.addresses import address_of_changes
from forum.consent.in_force import before, came_into_force_after
from forum.consent.models import ConsentRecord, Decision, PolicyKind, PolicyVersion
from forum.consent.queries import PolicyReference, decision_in_force, policies_in_force
from forum.consent.wording import LOCKED_BY_GPC, Choice
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberId, Purpose

PRIVACY = "/settings/privacy"
DECISIONS_PER_PAGE = 25
DECISIONS_BESIDE_A_PURPOSE = 3
_Named = tuple[PolicyKind, int, str]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One thing that they decided."""

    sequence: int
    name: str
    decision: Decision
    made_at: datetime

    @property
    def receipt(self) -> str:
        """Return where its receipt is."""
        return f"{PRIVACY}/receipts/{self.sequence}"


@dataclass(frozen=True, slots=True)
class PurposeLine:
    """How a purpose stands, with every word that stands beside the choice."""

    words: Choice
    stands: bool
    # When they last said anything about it, and which versions of the policies that it is about were in force then.
    since: datetime | None
    policies: tuple[PolicyReference, ...]
    # What they decided about it, the newest first, as far as it is shown here; and whether there is more.
    decisions: tuple[DecisionLine, ...]
    has_more_decisions: bool
    # The hash of the words, which comes back with a yes to them.
    wording: str
    # A yes that was given elsewhere stands, although this browser says no to it.
    is_against_gpc: bool

    @property
    def purpose(self) -> Purpose:
        """Return what it is for."""
        return self.words.purpose

    @property
    def name(self) -> str:
        """Return what it is called in a list."""
        return wording.name_of(self.purpose)

    @property
    def address(self) -> str:
        """Return the address under which it is given and taken back."""
        return f"{PRIVACY}/{self.purpose.value}"

    @property
    def history(self) -> str:
        """Return where everything is that they decided about it."""
        return f"{PRIVACY}/decisions?purpose={self.purpose.value}"


@dataclass(frozen=True, slots=True)
class OwnChoices:
    """Every purpose as it stands with a member."""

    purposes: tuple[PurposeLine, ...]
    # What they are written to, if anything.
    email: str
    # In force now.
    policies: tuple[PolicyReference, ...]

    def line(self, purpose: Purpose) -> PurposeLine:
        """Return how one purpose stands."""
        return next(line for line in self.purposes if line.purpose is purpose)


@dataclass(frozen=True, slots=True)
class DecisionsPage:
    """A page of what they decided, the newest first, with the cursors of the neighbouring pages."""

    # What it is about, where it isn't about everything.
    purpose: Purpose | None
    decisions: tuple[DecisionLine, ...]
    newer: str
    older: str

    @property
    def name(self) -> str:
        """Return what the purpose is called, "" where it is about every one."""
        return wording.name_of(self.purpose) if self.purpose else ""

    @property
    def address(self) -> str:
        """Return the address of this list, to which a cursor is added."""
        return f"{PRIVACY}/decisions?" + (f"purpose={self.purpose.value}&" if self.purpose else "")


@dataclass(frozen=True, slots=True)
class ChangedPolicy:
    """A version of a policy that came into force since a moment."""

    id: int
    policy: PolicyReference
    effective_at: datetime
    is_material: bool
    # The version that was in force before; None for the first.
    before: int | None

    @property
    def changes(self) -> str:
        """Return where it is shown what is new in it; "" where nothing was in force before."""
        return address_of_changes(self.policy.kind, self.policy.locale, self.policy.version, self.before)


@dataclass(frozen=True, slots=True)
class AgreementDue:
    """What a member is asked again, and why."""

    # Whether there is anything to ask.
    is_due: bool
    # The language in which they agreed, and are asked again.
    locale: str
    changed: tuple[ChangedPolicy, ...]


def consent_stands(
    subject: InstrumentedAttribute[UUID] | ColumnElement[UUID], purpose: Purpose
) -> ColumnElement[bool]:
    """Return, for a statement over members, whether each agrees to this now. Without a word of theirs nobody does."""
    return decision_in_force(subject, purpose) == Decision.GIVEN


def must_agree_again() -> Exists:
    """Return, for a statement over members, whether a policy changed in a way that matters since each last agreed.

    What counts are the policies in the language in which they agreed.
    """
    agreed = aliased(ConsentRecord)
    return exists().where(
        agreed.sequence == _last_agreed(), PolicyVersion.material, _is_news(agreed, agreed.happened_at)
    )


def has_policy_news() -> Exists:
    """Return, for a statement over members, whether a policy came into force that each hasn't said to have read."""
    agreed = aliased(ConsentRecord)
    return exists().where(agreed.sequence == _last_agreed(), _is_news(agreed, Member.policies_seen_at))


def own_choices(session: Session, actor: Actor, *, locale: str, gpc: bool) -> OwnChoices:
    """Return how each purpose stands with the actor, with the last that they decided about it.

    Queries: 4
    """
    policies = policies_in_force(session, locale)
    last = _last_decisions(session, actor)
    named = _references(session, (policy for rows in last.values() for policy in rows[0].policies))
    email = session.scalar(select(EmailAddress.address).where(EmailAddress.member_id == actor.member_id))
    asked = wording.choices(policies, locale=locale, gpc=gpc)
    unlocked = wording.choices(policies, locale=locale, gpc=False)
    return OwnChoices(
        purposes=tuple(
            _purpose_line(now, plain, last[now.purpose], named, gpc=gpc)
            for now, plain in zip(asked, unlocked, strict=True)
        ),
        email=email or "",
        policies=policies,
    )


def decisions_page(session: Session, actor: Actor, window: Window, purpose: Purpose | None) -> DecisionsPage:
    """Return a page of what the actor decided, about one purpose or about all. Raises Malformed for a foreign cursor.

    Queries: 1
    """
    decided = (
        select(
            ConsentRecord.purpose, ConsentRecord.decision, ConsentRecord.happened_at, ConsentRecord.sequence
        )
        .where(ConsentRecord.subject == actor.uuid)
        .order_by(ConsentRecord.sequence.desc())
    )
    if purpose is not None:
        decided = decided.where(ConsentRecord.purpose == purpose)
    found = slice_of(session, decided, [ConsentRecord.sequence], window, DECISIONS_PER_PAGE)
    return DecisionsPage(purpose, tuple(map(_decision_line, found.items)), found.newer, found.older)


def agreement_due(session: Session, actor: Actor) -> AgreementDue:
    """Return what the actor is asked to agree to again. Raises NotFound for somebody who is no member.

    Queries: 2
    """
    if actor.member_id is None:
        raise NotFound
    agreed = aliased(ConsentRecord)
    row = session.execute(
        select(agreed.locale, _is_due().label("is_due"))
        .select_from(Member)
        .join(agreed, agreed.sequence == _last_agreed())
        .where(Member.id == actor.member_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    changed = _changed_since(session, actor, agreed, agreed.happened_at)
    return AgreementDue(bool(row.is_due), row.locale, changed)


def is_agreement_due(session: Session, member_id: MemberId) -> bool:
    """Say whether a member has to agree again, or took back something that an account stands on.

    Queries: 1
    """
    return bool(session.scalar(select(_is_due()).select_from(Member).where(Member.id == member_id)))


def policy_news(session: Session, actor: Actor) -> tuple[ChangedPolicy, ...]:
    """Return the versions of policies that came into force since the actor said that they read what is new, in order.

    Queries: 1
    """
    return _changed_since(session, actor, aliased(ConsentRecord), Member.policies_seen_at)


def _is_due() -> ColumnElement[bool]:
    said = [decision_in_force(Member.uuid, purpose) for purpose in sorted(REQUIRED_PURPOSES)]
    return or_(must_agree_again(), *(or_(one.is_(None), one != Decision.GIVEN) for one in said))


def _last_agreed() -> Any:
    """Return, for a statement over members, the number of the record in which each last agreed to be one."""
    record = aliased(ConsentRecord)
    return (
        select(func.max(record.sequence))
        .where(
            record.subject == Member.uuid,
            record.purpose == Purpose.MEMBERSHIP,
            record.decision == Decision.GIVEN,
        )
        .correlate(Member)
        .scalar_subquery()
    )


def _is_news(agreed: type[ConsentRecord], moment: Any) -> ColumnElement[bool]:
    """Say which versions of policies came into force since a moment, in the language in which somebody agreed."""
    return and_(PolicyVersion.locale == agreed.locale, came_into_force_after(PolicyVersion, moment))


def _changed_since(
    session: Session, actor: Actor, agreed: type[ConsentRecord], moment: Any
) -> tuple[ChangedPolicy, ...]:
    """Return what is news since a moment that stands with the member or with the record in which they last agreed."""
    began = case(
        (PolicyVersion.effective_at > PolicyVersion.published_at, PolicyVersion.effective_at),
        else_=PolicyVersion.published_at,
    )
    rows = session.execute(
        select(
            PolicyVersion.id,
            PolicyVersion.kind,
            PolicyVersion.version,
            PolicyVersion.locale,
            PolicyVersion.sha256,
            PolicyVersion.title,
            PolicyVersion.effective_at,
            PolicyVersion.material,
            before(PolicyVersion).label("before"),
        )
        .select_from(Member)
        .join(agreed, agreed.sequence == _last_agreed())
        .join(PolicyVersion, _is_news(agreed, moment))
        .where(Member.id == actor.member_id)
        .order_by(began, PolicyVersion.id)
    )
    return tuple(
        ChangedPolicy(
            row.id,
            PolicyReference(row.kind, row.version, row.locale, row.sha256, row.title),
            row.effective_at,
            row.material,
            row.before,
        )
        for row in rows
    )


def _last_decisions(session: Session, actor: Actor) -> defaultdict[Purpose, list[AnyRow]]:
    """Return the last that the actor decided about each purpose, the newest first, and one more than is shown."""
    place = func.row_number().over(partition_by=ConsentRecord.purpose, order_by=ConsentRecord.sequence.desc())
    numbered = (
        select(ConsentRecord.sequence, place.label("place"))
        .where(ConsentRecord.subject == actor.uuid)
        .subquery()
    )
    rows = session.execute(
        select(
            ConsentRecord.sequence,
            ConsentRecord.purpose,
            ConsentRecord.decision,
            ConsentRecord.policies,
            ConsentRecord.happened_at,
        )
        .join(numbered, numbered.c.sequence == ConsentRecord.sequence)
        .where(numbered.c.place <= DECISIONS_BESIDE_A_PURPOSE + 1)
        .order_by(ConsentRecord.sequence.desc())
    )
    found: defaultdict[Purpose, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.purpose].append(row)
    return found


def _decision_line(row: AnyRow) -> DecisionLine:
    return DecisionLine(row.sequence, wording.name_of(row.purpose), row.decision, row.happened_at)


def _references(session: Session, named: Iterable[dict[str, Any]]) -> dict[_Named, PolicyReference]:
    """Return the versions that records name."""
    wanted = {(PolicyKind(one["kind"]), one["version"], one["locale"]) for one in named}
    rows = session.execute(
        select(
            PolicyVersion.kind,
            PolicyVersion.version,
            PolicyVersion.locale,
            PolicyVersion.sha256,
            PolicyVersion.title,
        ).where(tuple_(PolicyVersion.kind, PolicyVersion.version, PolicyVersion.locale).in_(wanted))
    )
    return {(row.kind, row.version, row.locale): PolicyReference(*row) for row in rows}


def _purpose_line(
    now: Choice,
    plain: Choice,
    decided: Sequence[AnyRow],
    named: dict[_Named, PolicyReference],
    *,
    gpc: bool,
) -> PurposeLine:
    last = decided[0] if decided else None
    stands = last is not None and last.decision is Decision.GIVEN
    keys = [] if last is None else [(PolicyKind(p["kind"]), p["version"], p["locale"]) for p in last.policies]
    # A yes that stands is not locked: what the browser says keeps it from being given, and nobody from taking it back.
    words = plain if stands else now
    return PurposeLine(
        words=words,
        stands=stands,
        since=None if last is None else last.happened_at,
        # A record names every policy; the others are on its receipt.
        policies=tuple(
            named[key] for key in keys if key in named and key[0] in wording.is_about(now.purpose)
        ),
        decisions=tuple(map(_decision_line, decided[:DECISIONS_BESIDE_A_PURPOSE])),
        has_more_decisions=len(decided) > DECISIONS_BESIDE_A_PURPOSE,
        wording=wording.hash_of_choices([words]),
        is_against_gpc=stands and gpc and now.purpose in LOCKED_BY_GPC,
    )
