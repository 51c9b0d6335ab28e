"""Tables of accounts. Nothing of a provider is kept but the issuer and the subject it knows the person by."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum import clock
from forum.accounts.devices import BrowserFamily, SystemFamily
from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.permissions.actor import MemberState, Proof, Role

LONGEST_NAME = 30
LONGEST_PASSKEY_NAME = 60


class SignInPurpose(StrEnum):
    """What somebody set out for: to a provider, or to their passkey."""

    SIGN_IN = "sign-in"
    # To show, signed in, that it is still they.
    PROVE = "prove"
    # To add one more way in to the account in which they are signed in.
    ADD = "add"


class AccountEvent(StrEnum):
    """What a member is told about their own account."""

    IDENTITY_ADDED = "identity-added"
    IDENTITY_REMOVED = "identity-removed"
    # Facebook told us that the person cut the tie there.
    IDENTITY_DORMANT = "identity-dormant"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    CODES_MADE = "codes-made"
    # The operator made one more, for somebody who lost everything else.
    CODE_GIVEN = "code-given"
    CODE_USED = "code-used"
    # Google told us that somebody else may have been in the account there.
    SESSIONS_ENDED = "sessions-ended"
    LEAVING_BEGUN = "leaving-begun"
    LEAVING_CANCELLED = "leaving-cancelled"
    # A copy of everything of theirs was asked for, and can be fetched now.
    EXPORT_ASKED = "export-asked"
    EXPORT_READY = "export-ready"
    # They have not been here for so long that their account is going to be deleted.
    INACTIVE = "inactive"
    NAME_CHANGED = "name-changed"


class PostsFate(StrEnum):
    """What is to become of a member's posts when they leave."""

    DELETE = "delete"
    # They stay, under "former member".
    KEEP = "keep"
    # Those stay that the member marked, and the rest goes.
    KEEP_CHOSEN = "keep-chosen"


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
    # A day and no more; what tells that nobody uses an account any longer.
    last_seen_on: Mapped[date] = mapped_column(Date, index=True, insert_default=clock.today)
    # When they were told that their account will be deleted unless they come back.
    warned_inactive_on: Mapped[date | None] = mapped_column(Date)
    # Policies that came into force later are news to them.
    policies_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, insert_default=clock.now)


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
    purpose: Mapped[SignInPurpose] = mapped_column(words(SignInPurpose, "purpose"))
    # Where on this site the person was going; validated before it is stored.
    next: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInSession(Numbered, Base):
    """A signed-in browser. The cookie holds the token, the table only its hash."""

    __tablename__ = "sign_in_session"
    __table_args__ = numbered(
        Index(None, "member_id"), Index(None, "expires_at"), Index(None, "last_seen_on")
    )

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # A day and no more: when in the night somebody could not sleep is theirs alone.
    last_seen_on: Mapped[date] = mapped_column(Date)
    browser: Mapped[BrowserFamily] = mapped_column(words(BrowserFamily, "browser"))
    system: Mapped[SystemFamily] = mapped_column(words(SystemFamily, "system"))
    # When the member last showed that it is they, and how; None where nobody can say.
    proof: Mapped[Proof | None] = mapped_column(words(Proof, "proof"))
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Numbered, Base):
    """A passkey: its public half. What proves anything is on the member's own device."""

    __tablename__ = "passkey"
    __table_args__ = numbered(Index(None, "member_id"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # Both in base64url without padding, as browsers give them.
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    # Random, one for all passkeys of a member: it tells a device nothing that leads anywhere.
    user_handle: Mapped[str] = mapped_column(String(100))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    # What the member calls it.
    name: Mapped[str] = mapped_column(String(LONGEST_PASSKEY_NAME))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_on: Mapped[date | None] = mapped_column(Date)


class PasskeyChallenge(Numbered, Base):
    """What a passkey is to sign, once: nothing about a person, gone with the answer or after some minutes."""

    __tablename__ = "passkey_challenge"
    __table_args__ = numbered(Index(None, "browser_hash"), Index(None, "expires_at"))

    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[SignInPurpose] = mapped_column(words(SignInPurpose, "purpose"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Numbered, Base):
    """The hash of a code on the member's own paper; the row goes when it is used."""

    __tablename__ = "recovery_code"
    __table_args__ = numbered(Index(None, "member_id"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountNotice(Numbered, Base):
    """That something about a member's ways in changed, told to the member: a word of a closed set, no text."""

    __tablename__ = "account_notice"
    __table_args__ = numbered(Index(None, "member_id", "id"), Index(None, "made_at"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    event: Mapped[AccountEvent] = mapped_column(words(AccountEvent, "event"))
    # The provider it is about, by its key, or "".
    provider: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecurityEvent(Numbered, Base):
    """A call that a provider made about somebody, by the hash of what tells it apart, so that it counts once."""

    __tablename__ = "security_event"
    __table_args__ = numbered(Index(None, "received_at"))

    event_hash: Mapped[str] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Leaving(Base):
    """That a member is on their way out: hidden at once, erased when the days of grace are over."""

    __tablename__ = "leaving"
    __table_args__ = (Index(None, "until"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    # Until when signing in brings everything back; they are erased within a day of it.
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    posts: Mapped[PostsFate] = mapped_column(words(PostsFate, "posts"))
    # What their account goes back to when they sign in before it is too late.
    state_before: Mapped[MemberState] = mapped_column(words(MemberState, "state_before"))


class DeletionRequest(Numbered, Base):
    """That Facebook passed on somebody's wish to be deleted. Of a person unknown here it holds nothing at all."""

    __tablename__ = "deletion_request"
    __table_args__ = numbered(Index(None, "member_id"), Index(None, "asked_at"))

    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # None when nobody here was meant, and once they are erased.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Ban(Numbered, Base):
    """That whoever has an identity may not come back for a while: they left, or took it away, while suspended.

    The hash is keyed, and from an identity to it and never back; nothing else of the person is left.
    """

    __tablename__ = "ban"
    __table_args__ = numbered(Index(None, "until"))

    identity_hash: Mapped[str] = mapped_column(String(64), unique=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class FormerName(Numbered, Base):
    """A name that somebody had, by the keyed hash of its key, so that nobody else is taken for them for a while."""

    __tablename__ = "former_name"
    __table_args__ = numbered(Index(None, "free_at"), Index(None, "member_id"))

    name_key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Who gave it up, and can have it back; None once they are erased.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # The first moment of a month, so that it doesn't say when the name was given up.
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)
