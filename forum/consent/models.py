"""Tables of consent. Events and policies never change and never go; records go with their person alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.permissions.actor import Purpose


class PolicyKind(StrEnum):
    """The four documents a community answers for."""

    TERMS = "terms"
    HEALTH_DATA = "health-data"
    PRIVACY = "privacy"
    GUIDELINES = "guidelines"


class Decision(StrEnum):
    """What a person said about a purpose."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentMethod(StrEnum):
    """Where they said it."""

    CONSENT_STEP = "consent-step"
    SETTINGS = "settings"
    # They told whoever runs the site, who entered it for them.
    OPERATOR = "operator"


class PolicyVersion(Numbered, Base):
    """A published text, immutable (a trigger refuses UPDATE and DELETE)."""

    __tablename__ = "policy_version"
    __table_args__ = numbered(
        UniqueConstraint("kind", "version", "locale"), Index(None, "kind", "locale", "effective_at")
    )

    kind: Mapped[PolicyKind] = mapped_column(words(PolicyKind, "kind"))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    markdown: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    # SHA-256 of the Markdown, in hex: what records and receipts name.
    sha256: Mapped[str] = mapped_column(String(64))
    # A material change asks members to agree again before their next write. What took the place of a material version
    # before that ever held is material, too.
    material: Mapped[bool]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PolicyDraftText(Numbered, Base):
    """A policy that administrators work on: one for each kind and language, gone when it is published."""

    __tablename__ = "policy_draft"
    __table_args__ = numbered(UniqueConstraint("kind", "locale"))

    kind: Mapped[PolicyKind] = mapped_column(words(PolicyKind, "kind"))
    locale: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    markdown: Mapped[str] = mapped_column(Text)
    # Counts up with each change, so that nobody overwrites what they have not seen.
    revision: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # None for the operator.
    changed_by: Mapped[UUID | None] = mapped_column(Uuid)


class InterfaceText(Base):
    """The exact words shown beside a choice, once per hash, immutable."""

    __tablename__ = "interface_text"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    locale: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    first_shown_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentEvent(Base):
    """A link of the chain: that something was decided, not what or by whom. Append-only by trigger."""

    __tablename__ = "consent_event"

    # 1, 2, 3 … without gaps; given under the ledger's lock.
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # SHA-256 over the record's salt and canonical payload, in hex.
    commitment: Mapped[str] = mapped_column(String(64))
    # Unique, so that no fork can be stored; the first event's is 64 zeros.
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentRecord(Base):
    """What was decided, by whom, under which texts. Never updated, and deleted with its person alone (triggers).

    The one on DELETE asks for the note of that person's erasure, which is made in the same transaction.
    """

    __tablename__ = "consent_record"
    __table_args__ = (Index(None, "subject", "purpose", "sequence"),)

    sequence: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("consent_event.sequence"), primary_key=True, autoincrement=False
    )
    record_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    schema_version: Mapped[int]
    subject: Mapped[UUID] = mapped_column(Uuid, ForeignKey("member.uuid"))
    purpose: Mapped[Purpose] = mapped_column(words(Purpose, "purpose"))
    decision: Mapped[Decision] = mapped_column(words(Decision, "decision"))
    # The policies in force that the person was shown: [{"kind", "version", "locale", "sha256"}].
    policies: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[ConsentMethod] = mapped_column(words(ConsentMethod, "method"))
    locale: Mapped[str] = mapped_column(String(20))
    interface_text_sha256: Mapped[str] = mapped_column(ForeignKey("interface_text.sha256"), index=True)
    # Only when the person told it; two letters.
    country: Mapped[str | None] = mapped_column(String(2))
    # Whether the browser sent Sec-GPC: 1.
    gpc: Mapped[bool]
    app_version: Mapped[str] = mapped_column(String(20))
    # 32 random bytes in hex; without them the commitment says nothing.
    salt: Mapped[str] = mapped_column(String(64))
