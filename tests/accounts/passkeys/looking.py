"""Looking at what is kept of passkeys, and letting time pass over a proof."""

from datetime import timedelta

from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, Passkey, SignInSession
from tests.accounts.authenticator import Authenticator, add_passkey
from tests.front_door import Browser, Forum


def with_passkey(browser: Browser, device: Authenticator) -> Browser:
    """Return the browser once its member has a passkey."""
    answer = add_passkey(browser, device)
    assert answer.status_code == 303, answer.text
    return browser


def age_the_proof(forum: Forum) -> None:
    """Let everybody's proof be six minutes old."""
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proved_at=clock.now() - timedelta(minutes=6)))


def only_passkey(forum: Forum) -> Passkey:
    with forum.database.reading() as session:
        return session.execute(select(Passkey)).scalar_one()


def told(forum: Forum) -> list[AccountEvent]:
    with forum.database.reading() as session:
        return list(session.scalars(select(AccountNotice.event).order_by(AccountNotice.id)))
