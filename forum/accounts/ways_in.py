"""A member's ways in, as they see them: what they log in with, what changed lately, how they can show who they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import KEPT_FOR
from forum.accounts.account_wording import provider_name, sentence
from forum.accounts.identities import own_identities, why_it_stays
from forum.accounts.models import AccountNotice, Identity, RecoveryCode
from forum.accounts.passkey_queries import OwnPasskey, own_passkeys
from forum.accounts.providers.outcomes import WITHOUT_AUTH_TIME, Provider
from forum.errors import NotFound
from forum.permissions.actor import Actor

# What happened longer ago is on no page; there is never so much within ninety days in an ordinary life.
MOST_CHANGES = 30


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """One identity: by whom it is vouched for, and whether it can be taken away."""

    id: int
    # The provider's key, or "" when it is not configured any more.
    key: str
    # What people call the provider; of one that is not configured any more, its host.
    provider: str
    added_at: datetime
    is_dormant: bool
    # Why it can't be taken away now, or "".
    why_it_stays: str


@dataclass(frozen=True, slots=True)
class AccountNoticeLine:
    """One thing that changed, in a sentence."""

    id: int
    sentence: str
    made_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class SignInSettingsPage:
    """All ways in, and what changed lately."""

    identities: tuple[IdentityLine, ...]
    passkeys: tuple[OwnPasskey, ...]
    codes_left: int
    codes_made_at: datetime | None
    changes: tuple[AccountNoticeLine, ...]


@dataclass(frozen=True, slots=True)
class WaysToProve:
    """How somebody can show that it is they, as far as it counts for what they want to do."""

    # The keys of the providers.
    providers: tuple[str, ...]
    passkey: bool
    codes: bool


def sign_in_settings_page(
    session: Session, actor: Actor, keys_of_issuers: Mapping[str, str]
) -> SignInSettingsPage:
    """Return the actor's ways in; ``keys_of_issuers`` are the providers that are configured.

    Queries: 4
    """
    left, made_at = session.execute(
        select(func.count(), func.max(RecoveryCode.made_at)).where(RecoveryCode.member_id == actor.member_id)
    ).one()
    return SignInSettingsPage(
        identities=_identities(session, actor, keys_of_issuers),
        passkeys=own_passkeys(session, actor),
        codes_left=left,
        codes_made_at=made_at,
        changes=account_notices(session, actor),
    )


def identity_line(
    session: Session, actor: Actor, identity_id: int, keys_of_issuers: Mapping[str, str]
) -> IdentityLine:
    """Return one of the actor's identities. Raises NotFound, also for anybody else's.

    Queries: 1
    """
    for line in _identities(session, actor, keys_of_issuers):
        if line.id == identity_id:
            return line
    raise NotFound


def account_notices(session: Session, actor: Actor, *, unseen: bool = False) -> tuple[AccountNoticeLine, ...]:
    """Return what the actor was told about their account within ninety days, the newest first, or what is new of it.

    Queries: 1
    """
    told = select(
        AccountNotice.id,
        AccountNotice.event,
        AccountNotice.provider,
        AccountNotice.made_at,
        AccountNotice.seen_at,
    ).where(AccountNotice.member_id == actor.member_id)
    # The mark of something new must lead somewhere, also on the day on which it is about to be forgotten.
    told = (
        told.where(AccountNotice.seen_at.is_(None))
        if unseen
        else told.where(AccountNotice.made_at >= clock.now() - KEPT_FOR)
    )
    rows = session.execute(told.order_by(AccountNotice.id.desc()).limit(MOST_CHANGES))
    return tuple(
        AccountNoticeLine(
            id=row.id,
            sentence=sentence(row.event, provider_name(row.provider)),
            made_at=row.made_at,
            is_new=row.seen_at is None,
        )
        for row in rows
    )


def ways_to_prove(
    session: Session,
    actor: Actor,
    keys_of_issuers: Mapping[str, str],
) -> WaysToProve:
    """Return how the actor can show that it is they.

    For some, coming back from a provider that doesn't say when they logged in there is not enough.

    Queries: 2
    """
    issuers = session.scalars(
        select(Identity.issuer).where(Identity.member_id == actor.member_id).order_by(Identity.id)
    ).all()
    has_codes = session.scalar(
        select(RecoveryCode.id).where(RecoveryCode.member_id == actor.member_id).limit(1)
    )
    counts = _all_but(WITHOUT_AUTH_TIME) if actor.needs_strong_proof else frozenset(Provider)
    # Each provider once, however many accounts somebody has there.
    keys = dict.fromkeys(keys_of_issuers.get(issuer, "") for issuer in issuers)
    return WaysToProve(
        providers=tuple(key for key in keys if key in counts),
        passkey=actor.has_passkey,
        codes=has_codes is not None,
    )


def name_of_issuer(issuer: str, keys_of_issuers: Mapping[str, str]) -> str:
    """Return what people call an issuer; one that is not configured any more goes by its host."""
    return provider_name(keys_of_issuers.get(issuer, "")) or urlsplit(issuer).hostname or issuer


def _identities(
    session: Session, actor: Actor, keys_of_issuers: Mapping[str, str]
) -> tuple[IdentityLine, ...]:
    own = own_identities(session, actor)
    return tuple(
        IdentityLine(
            id=one.id,
            key=keys_of_issuers.get(one.issuer, ""),
            provider=name_of_issuer(one.issuer, keys_of_issuers),
            added_at=one.added_at,
            is_dormant=one.is_dormant,
            why_it_stays=why_it_stays(one, own, keys_of_issuers),
        )
        for one in own
    )


def _all_but(some: Iterable[Provider]) -> frozenset[Provider]:
    return frozenset(Provider) - frozenset(some)
