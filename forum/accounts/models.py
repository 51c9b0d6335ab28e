"""Tables of accounts. Nothing of a provider is kept but the issuer and the subject it knows the person by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.permissions.actor import MemberState, Role

LONGEST_NAME = 30


class Member(Numbered, Base):
    """A person who agreed and joined. That they were old enough is implied by the row: no age is kept."""

    __tablename__ = "member"
    # Who waits to be let in, the longest first.
    __table_args__ = numbered(Index(None, "state", "joined_at", "id"))

    # The opaque id for ledgers and exports; the row number never leaves the database.
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    # The name after NFKC, case folding and confusables: what must be unique for people's eyes.
    name_key: Mapped[str] = mapped_column(String(4 * LONGEST_NAME), unique=True)
    name_since: Mapped[datetime] = mapped_column(UtcDateTime)
    role: Mapped[Role] = mapped_column(words(Role, "role"), default=Role.MEMBER)
    state: Mapped[MemberState] = mapped_column(words(MemberState, "state"), default=MemberState.ACTIVE)
    locale: Mapped[str] = mapped_column(String(20))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Suspension(Base):
    """That a member may not write for a while: at most one at a time. What for stands in the audit log."""

    __tablename__ = "suspension"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    # None until a moderator lifts it.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EmailAddress(Base):
    """A member's e-mail address: exists only while the ``email`` purpose is agreed to."""

    __tablename__ = "email_address"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    # A provider that we believe said the address is theirs, at this moment; None means unproven.
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Identity(Numbered, Base):
    """One way in: the issuer and the subject under which a provider knows the member."""

    __tablename__ = "identity"
    __table_args__ = numbered(UniqueConstraint("issuer", "subject"), Index(None, "member_id"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The provider told us that the person cut the tie; signing in with it revives it.
    dormant_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Numbered, Base):
    """A sign-in under way at a provider: nothing about a person, gone at the callback or after ten minutes."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = numbered(Index(None, "browser_hash"), Index(None, "expires_at"))

    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Ties the attempt to the browser that began it (hash of a random value in its session cookie).
    browser_hash: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(100))
    code_verifier: Mapped[str] = mapped_column(String(128))
    # Where on this site the person was going; validated before it is stored.
    next: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInSession(Numbered, Base):
    """A signed-in browser. The cookie holds the token, the table only its hash."""

    __tablename__ = "sign_in_session"
    __table_args__ = numbered(Index(None, "member_id"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
