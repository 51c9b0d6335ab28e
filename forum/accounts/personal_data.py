"""What the tables of accounts hold about people, and what becomes of each column."""

from forum.accounts.models import (
    AccountNotice,
    Ban,
    DeletionRequest,
    EmailAddress,
    FormerName,
    Identity,
    Leaving,
    Member,
    Passkey,
    PasskeyChallenge,
    RecoveryCode,
    SecurityEvent,
    SignInAttempt,
    SignInSession,
    Suspension,
)
from forum.database.personal_data import EXPORTED, NOT_PERSONAL, Held, kept, unnamed, withheld

_WHOSE = withheld("The number of the member's row, which never leaves the database.")
_HASH = withheld("The hash of a secret, of use to nobody who may have it.")
_UNDER_WAY = (
    "A sign-in that somebody has begun. It is tied to a browser and to nobody, and gone after minutes."
)

HELD: tuple[Held, ...] = (
    Held(
        Member,
        "The account: a name, when it was made and last used, and how things stand with it. No age is kept.",
        {
            "id": _WHOSE,
            "uuid": EXPORTED,
            "name": EXPORTED,
            "name_key": withheld("Made from the name, to find others that look like it."),
            "name_since": EXPORTED,
            "role": EXPORTED,
            "state": EXPORTED,
            "locale": EXPORTED,
            "joined_at": EXPORTED,
            "last_seen_on": EXPORTED,
            "warned_inactive_on": EXPORTED,
            "policies_seen_at": EXPORTED,
        },
        about=lambda subject: Member.id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Suspension,
        "That somebody may read but not write for a while.",
        {"member_id": _WHOSE, "since": EXPORTED, "until": EXPORTED},
        about=lambda subject: Suspension.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        EmailAddress,
        "An e-mail address, for as long as its owner agrees to get e-mail.",
        {"member_id": _WHOSE, "address": EXPORTED, "verified_at": EXPORTED},
        about=lambda subject: EmailAddress.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Identity,
        "A way to log in: the number under which Google or Facebook knows somebody.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "issuer": EXPORTED,
            "subject": EXPORTED,
            "added_at": EXPORTED,
            "dormant_since": EXPORTED,
        },
        about=lambda subject: Identity.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        SignInAttempt,
        _UNDER_WAY,
        dict.fromkeys(
            (
                "id",
                "state_hash",
                "browser_hash",
                "provider",
                "nonce",
                "code_verifier",
                "purpose",
                "next",
                "expires_at",
            ),
            NOT_PERSONAL,
        ),
    ),
    Held(
        SignInSession,
        "A browser in which somebody is logged in: its family, and the day on which it was last used.",
        {
            "id": NOT_PERSONAL,
            "token_hash": _HASH,
            "member_id": _WHOSE,
            "begun_at": EXPORTED,
            "expires_at": EXPORTED,
            "last_seen_on": EXPORTED,
            "browser": EXPORTED,
            "system": EXPORTED,
            "proof": EXPORTED,
            "proved_at": EXPORTED,
        },
        about=lambda subject: SignInSession.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Passkey,
        "A passkey: its public half, and what its owner calls it.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "credential_id": EXPORTED,
            "user_handle": EXPORTED,
            "public_key": withheld("A key that only this site has a use for; it says nothing about anybody."),
            "sign_count": EXPORTED,
            "name": EXPORTED,
            "added_at": EXPORTED,
            "last_used_on": EXPORTED,
        },
        about=lambda subject: Passkey.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        PasskeyChallenge,
        _UNDER_WAY,
        dict.fromkeys(("id", "challenge_hash", "browser_hash", "purpose", "expires_at"), NOT_PERSONAL),
    ),
    Held(
        RecoveryCode,
        "A recovery code that was not used yet: its hash, and when it was made.",
        {"id": NOT_PERSONAL, "member_id": _WHOSE, "code_hash": _HASH, "made_at": EXPORTED},
        about=lambda subject: RecoveryCode.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        AccountNotice,
        "What somebody was told about their own account.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "event": EXPORTED,
            "provider": EXPORTED,
            "made_at": EXPORTED,
            "seen_at": EXPORTED,
        },
        about=lambda subject: AccountNotice.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        SecurityEvent,
        "That a provider called, by the hash of the call's number, so that it counts once.",
        dict.fromkeys(("id", "event_hash", "received_at"), NOT_PERSONAL),
    ),
    Held(
        Leaving,
        "That somebody is on their way out, and what is to become of their posts.",
        {
            "member_id": _WHOSE,
            "since": EXPORTED,
            "until": EXPORTED,
            "posts": EXPORTED,
            "state_before": EXPORTED,
        },
        about=lambda subject: Leaving.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        DeletionRequest,
        "That Facebook passed on somebody's wish to be deleted.",
        {
            "id": NOT_PERSONAL,
            "code_hash": kept(
                "The hash of the code with which whoever asked can see what became of it.", exported=False
            ),
            "member_id": unnamed("The page that says what became of the wish needs the row, and not a name."),
            "asked_at": kept("That page says when it was asked. The row goes after ninety days."),
        },
        about=lambda subject: DeletionRequest.member_id == subject.member_id,
    ),
    Held(
        Ban,
        "That whoever left while they were suspended may not come back for a while.",
        {
            "id": NOT_PERSONAL,
            "identity_hash": kept(
                "A keyed hash that leads from a way to log in to the ban and never back. It has an end.",
                exported=False,
            ),
            "until": kept("When the ban ends.", exported=False),
        },
    ),
    Held(
        FormerName,
        "A name that somebody had, so that nobody else is taken for them for a while.",
        {
            "id": NOT_PERSONAL,
            "name_key_hash": kept(
                "A keyed hash, which is compared and never read. It has an end.", exported=False
            ),
            "member_id": unnamed(
                "Whoever gave a name up can have it back. Once they left, nothing says whose it was."
            ),
            "free_at": kept("The month from which on the name is free again.", exported=False),
        },
        about=lambda subject: FormerName.member_id == subject.member_id,
    ),
)
