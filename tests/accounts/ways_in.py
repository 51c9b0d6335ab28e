"""What the tests of ways in share: walking to a provider as a member, and letting time pass over a proof."""

from datetime import timedelta

import requests
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, Identity, Passkey, SignInSession
from forum.permissions.actor import PROOF_LASTS, SETTLES_AFTER, Proof
from tests.front_door import Browser, Forum, Page

WAYS_IN = "/settings/sign-in"
AGAIN = "/log-in/again"
CODES = f"{WAYS_IN}/codes"


def unprove(forum: Forum) -> None:
    """Let five minutes pass since anybody showed that it is they."""
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proved_at=clock.now() - PROOF_LASTS))


def set_proof(forum: Forum, proof: Proof | None) -> None:
    """Let everybody have shown just now, in this way, that it is they."""
    with forum.database.transaction() as session:
        session.execute(
            update(SignInSession).values(proof=proof, proved_at=None if proof is None else clock.now())
        )


def proofs(forum: Forum) -> list[Proof | None]:
    """Return how each session was proven last, as far as that still counts."""
    now = clock.now()
    with forum.database.reading() as session:
        rows = session.execute(
            select(SignInSession.proof, SignInSession.proved_at).order_by(SignInSession.id)
        ).all()
    return [
        row.proof if row.proved_at is not None and now - row.proved_at < PROOF_LASTS else None for row in rows
    ]


def set_out_to_add(browser: Browser, provider: str = "facebook") -> str:
    """Press the button that adds a way in, and return the address at the provider."""
    answer = browser.submit(browser.get(WAYS_IN), f"/auth/{provider}/start")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def add(browser: Browser, provider: str = "facebook", persona: str = "robin") -> requests.Response:
    """Add a way in, and return what coming back is answered."""
    return browser.get(browser.forum.provider.choose(set_out_to_add(browser, provider), persona))


def set_out_to_prove(browser: Browser, provider: str = "google", next: str = "/") -> str:
    """Press the button with which one shows that it is still they, and return the address at the provider."""
    page = browser.get(f"{AGAIN}?next={next}")
    answer = browser.submit(page, f"/auth/{provider}/start")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def prove(
    browser: Browser, provider: str = "google", persona: str = "robin", next: str = "/"
) -> requests.Response:
    """Go to the provider to show that it is still they, and return what coming back is answered."""
    return browser.get(browser.forum.provider.choose(set_out_to_prove(browser, provider, next), persona))


def identities(forum: Forum) -> list[tuple[int, str]]:
    """Return whose each identity is, and its issuer."""
    with forum.database.reading() as session:
        rows = session.execute(select(Identity.member_id, Identity.issuer).order_by(Identity.id)).all()
    return [(row.member_id, row.issuer) for row in rows]


def identity_ids(forum: Forum) -> list[int]:
    """Return the number of each identity."""
    with forum.database.reading() as session:
        return list(session.scalars(select(Identity.id).order_by(Identity.id)))


def told(forum: Forum) -> list[tuple[AccountEvent, str]]:
    """Return what members were told about their accounts."""
    with forum.database.reading() as session:
        rows = session.execute(select(AccountNotice.event, AccountNotice.provider).order_by(AccountNotice.id))
        return [(row.event, row.provider) for row in rows]


def let_a_week_pass(forum: Forum) -> None:
    """Let every way in be old enough that the others may lean on it."""
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(added_at=clock.now() - SETTLES_AFTER))


def give_passkey(forum: Forum, age: timedelta = SETTLES_AFTER, member_id: int = 1) -> None:
    """Let a member have a passkey of this age, which nobody uses here."""
    with forum.database.transaction() as session:
        session.add(
            Passkey(
                member_id=member_id,
                credential_id=f"credential-{member_id}",
                user_handle=f"handle-{member_id}",
                public_key=b"key",
                sign_count=0,
                name="My phone",
                added_at=clock.now() - age,
                last_used_on=None,
            )
        )


def make_codes(browser: Browser) -> list[str]:
    """Make recovery codes, and return them as the page shows them."""
    answer = browser.submit(browser.get(WAYS_IN), CODES)
    assert answer.status_code == 200, answer.text
    return ["".join(words) for tag, _given, words in Page(answer.text).elements if tag == "code"]


def title(answer: requests.Response) -> str:
    """Return the heading of a page."""
    found = next(words for tag, _given, words in Page(answer.text).elements if tag == "h1")
    return " ".join("".join(found).split())


def other_of(provider: str) -> str:
    """Return the other provider's key."""
    return "facebook" if provider == "google" else "google"


def remove(browser: Browser, identity_id: int) -> requests.Response:
    """Take an identity away as its member would, and return the answer."""
    address = f"{WAYS_IN}/identities/{identity_id}/remove"
    page = browser.get(address)
    assert page.status_code == 200, page.text
    return browser.submit(page, address)


def everything(forum: Forum) -> tuple[object, ...]:
    """Return what nothing but a change of ways in may change."""
    with forum.database.reading() as session:
        sessions = session.scalars(select(SignInSession.token_hash).order_by(SignInSession.id)).all()
        owned = session.execute(
            select(Identity.id, Identity.member_id, Identity.subject, Identity.dormant_since)
        ).all()
    return (list(sessions), [tuple(row) for row in owned], told(forum))
