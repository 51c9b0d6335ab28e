"""The identities that a member logs in with: adding one, taking one away, and showing by one that it is still they.

Two accounts are never joined here, whatever a provider says about an address: an identity that belongs to somebody
stays theirs until they take it away themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.bans import note_bans
from forum.accounts.changing_ways_in import hold_ways_in, ways_in_changed
from forum.accounts.models import AccountEvent, Identity
from forum.accounts.proofs import proven_by
from forum.accounts.providers.outcomes import PROVIDER_NAMES, ProvidedIdentity
from forum.accounts.queries import identity_of
from forum.accounts.sign_in_sessions import renew
from forum.database.dialects import tools
from forum.errors import Conflict, Forbidden, NotFound
from forum.permissions.actor import SETTLES_AFTER, Actor, Proof
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """One of a member's identities, as the rules about them see it."""

    id: int
    issuer: str
    added_at: datetime
    is_dormant: bool


def add_identity(session: Session, actor: Actor, identity: ProvidedIdentity) -> str:
    """Let the actor log in by one more identity, and return their session's new token.

    Their other sessions end, and they are told. Nothing else of what the provider said is kept, no address either. One
    of theirs that went dormant is good again.

    Emits: AccountNoticeMade
    Raises: NotFound, Conflict (theirs already, somebody else's, or their session ended or was renewed meanwhile)
    """
    hold_ways_in(session, actor)
    row: dict[str, object] = {
        "member_id": actor.member_id,
        "issuer": identity.issuer,
        "subject": identity.subject,
        "added_at": clock.now(),
        "dormant_since": None,
    }
    # One statement decides: of two who add the same one at once, one finds that it is taken.
    if not tools(session).insert_unless_there(session, cast(Table, Identity.__table__), row):
        known = identity_of(session, identity.issuer, identity.subject)
        if known is None or known.member_id != actor.member_id:
            raise Conflict(
                _("Somebody here logs in with this account already, so it can’t be added to yours.")
            )
        if not known.is_dormant:
            raise Conflict(_("You log in with this one already. Nothing was changed."))
        _wake(session, known.id)
    return ways_in_changed(session, actor, AccountEvent.IDENTITY_ADDED, identity.provider.value)


def remove_identity(
    session: Session,
    actor: Actor,
    identity_id: int,
    keys_of_issuers: Mapping[str, str],
    ban_keys: Sequence[str],
) -> str:
    """Take one of the actor's identities away, and return their session's new token.

    Another one always stays that they can log in with, and that was not just added: see ``why_it_stays``. Their other
    sessions end, and they are told. ``keys_of_issuers`` are the providers that are configured. Somebody suspended may
    do it, too, for it may be one that isn't theirs any more; but nobody joins anew with it meanwhile, which is
    remembered by the first of ``ban_keys``.

    Emits: AccountNoticeMade
    Raises: NotFound (also for anybody else's), Conflict (it stays, or their session ended meanwhile)
    """
    member_id = hold_ways_in(session, actor)
    own = own_identities(session, actor)
    chosen = next((one for one in own if one.id == identity_id), None)
    if chosen is None:
        raise NotFound
    why_not = why_it_stays(chosen, own, keys_of_issuers)
    if why_not:
        raise Conflict(why_not)
    note_bans(session, member_id, ban_keys, identity_id=identity_id)
    session.execute(delete(Identity).where(Identity.id == identity_id))
    return ways_in_changed(
        session, actor, AccountEvent.IDENTITY_REMOVED, keys_of_issuers.get(chosen.issuer, "")
    )


def prove_by_identity(session: Session, actor: Actor, identity: ProvidedIdentity) -> str:
    """Remember that the actor showed by an identity of theirs that it is they, and return their session's new token.

    A dormant one is revived: its person just came back by it.

    Raises: Conflict (it is not theirs, or their session ended or was renewed meanwhile), Forbidden (they logged in
    there too long ago, or it isn't enough for them)
    """
    known = identity_of(session, identity.issuer, identity.subject)
    name = PROVIDER_NAMES[identity.provider]
    if known is None or known.member_id != actor.member_id:
        raise Conflict(
            _(
                "The %(provider)s account that you chose is not one that you log in with here. We changed nothing.",
                provider=name,
            )
        )
    proven = proven_by(identity)
    if proven is None:
        raise Forbidden(
            _(
                "%(provider)s says that you logged in there a while ago, so it doesn’t show that it is you who sits "
                "here now. Log out there and try once more, or take another way.",
                provider=name,
            )
        )
    if proven.proof is Proof.RETURN and actor.needs_strong_proof:
        raise Forbidden(
            _(
                "%(provider)s doesn’t say when you logged in there, which is not enough here. Take your passkey or a "
                "recovery code; if you have neither, the person who runs the forum’s server can give you a code.",
                provider=name,
            )
        )
    if known.is_dormant:
        _wake(session, known.id)
    return renew(session, actor, proven)


def own_identities(session: Session, actor: Actor) -> tuple[OwnIdentity, ...]:
    """Return the actor's identities, the first added first.

    Queries: 1
    """
    rows = session.execute(
        select(Identity.id, Identity.issuer, Identity.added_at, Identity.dormant_since)
        .where(Identity.member_id == actor.member_id)
        .order_by(Identity.id)
    )
    return tuple(
        OwnIdentity(row.id, row.issuer, row.added_at, is_dormant=row.dormant_since is not None)
        for row in rows
    )


def why_it_stays(
    chosen: OwnIdentity, own: tuple[OwnIdentity, ...], keys_of_issuers: Mapping[str, str]
) -> str:
    """Return the sentence for an identity that can't be taken away now, or "".

    One that works must remain. It must not be one that was added after the chosen one within the last days: whoever
    finds an open browser could put their own in the owner's place.
    """
    works = [
        one for one in own if one.id != chosen.id and not one.is_dormant and one.issuer in keys_of_issuers
    ]
    if not works:
        return _(
            "It is the only one that works now, so it stays: without it nobody could tell that this account is yours."
        )
    settled = clock.now() - SETTLES_AFTER
    if not any(one.added_at <= max(chosen.added_at, settled) for one in works):
        return _(
            "You added the other one less than a week ago. This one stays until then, so that nobody who finds your "
            "browser open can take your account from you."
        )
    return ""


def _wake(session: Session, identity_id: int) -> None:
    session.execute(update(Identity).where(Identity.id == identity_id).values(dormant_since=None))
