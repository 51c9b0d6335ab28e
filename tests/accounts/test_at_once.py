"""Two who come at the same moment: one identity becomes one member, and what is good for once is good for one."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum import clock, viewer
from forum.accounts.identities import add_identity, remove_identity
from forum.accounts.models import AccountNotice, Identity, PasskeyChallenge, SignInPurpose, SignInSession
from forum.accounts.passkey_commands import begin_challenge, take_challenge
from forum.accounts.providers.outcomes import ProvidedIdentity, Provider
from forum.accounts.recovery_codes import make_codes
from forum.accounts.sign_in_sessions import renew, sign_in
from forum.consent import ledger
from forum.database.session import Database
from forum.errors import Conflict
from forum.permissions.actor import SETTLES_AFTER, Actor
from tests import cast
from tests.front_door import Browser, Forum, Page
from tests.soaking import rounds
from tests.threads import together

# A hundred rounds on each database, in parts that processes can share.
PARTS = rounds(2, soaking=10)
ROUNDS = 10
TRIES = 10
GOOGLE = "https://google.stand-in.invalid"


def opened(browsers: Sequence[Browser], addresses: Sequence[str]) -> list[requests.Response]:
    """Open an address in each browser at the same moment."""
    return together(len(browsers), lambda one: browsers[one].get(addresses[one]))


def agreed(browsers: Sequence[Browser], names: Sequence[str]) -> list[requests.Response]:
    """Send the consent step in each browser at the same moment."""
    pages = [browser.get("/join/consent") for browser in browsers]
    return together(len(browsers), lambda one: browsers[one].agree(pages[one], names[one]))


def log_in_by_code(browsers: Sequence[Browser], code: str) -> list[requests.Response]:
    """Send a recovery code in each browser at the same moment."""
    forms = [Page(browser.get("/log-in/code").text).form("/log-in/code").values for browser in browsers]
    return together(
        len(browsers), lambda one: browsers[one].post("/log-in/code", {**forms[one], "code": code})
    )


def at_once(database: Database, changes: Sequence[Callable[[Session], object]]) -> list[object]:
    """Make changes at the same moment, each in a transaction of its own; return what they give, or how they failed."""

    def make(number: int) -> object:
        try:
            with database.transaction() as session:
                return changes[number](session)
        except Conflict:
            return Conflict

    return together(len(changes), make)


def google(subject: str) -> ProvidedIdentity:
    """Return somebody for whom a provider vouches."""
    return ProvidedIdentity(Provider.GOOGLE, GOOGLE, subject, None, False, (), clock.now())


def identities_of(database: Database, someone: cast.Someone) -> list[int]:
    """Return the numbers of what somebody logs in with."""
    with database.reading() as session:
        return [*session.scalars(select(Identity.id).where(Identity.member_id == someone.member_id))]


@pytest.mark.proves("A40")
@pytest.mark.proves("C8")
@pytest.mark.parametrize("part", range(PARTS))
def test_two_callbacks_and_two_joins_at_once_make_one_member(forum: Forum, part: int) -> None:
    for number in range(1, ROUNDS + 1):
        # Somebody whom nobody has seen before.
        forum.provider.misbehave(subject=f"twin-{part}-{number}")
        browsers = Browser(forum), Browser(forum)
        arrived = opened(browsers, [browser.return_address() for browser in browsers])
        assert [answer.headers["Location"] for answer in arrived] == ["/join/consent"] * 2
        names = f"river-{number}-a", f"river-{number}-b"
        joined = agreed(browsers, names)
        assert [answer.status_code for answer in joined] == [303, 303]
        counts = forum.counts()
        assert (counts["member"], counts["identity"], counts["consent_record"]) == (
            number,
            number,
            6 * number,
        )
        assert (counts["sign_in_session"], counts["sign_in_attempt"]) == (2 * number, 0)
        # Whose name it became is chance; that both are signed in as the same one is not.
        (name,) = {browser.name() for browser in browsers}
        assert name in names
    with forum.database.reading() as session:
        assert ledger.verify(session) == ledger.Verification(6 * ROUNDS, 6 * ROUNDS)


@pytest.mark.proves("A9")
def test_of_two_uses_of_one_callback_one_counts(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    for number in range(1, TRIES + 1):
        browser, window = Browser(forum), Browser(forum)
        back = browser.return_address()
        window.http.cookies = browser.http.cookies.copy()
        answers = opened([browser, window], [back, back])
        assert sorted(answer.status_code for answer in answers) == [303, 400]
        assert forum.counts()["sign_in_session"] == 1 + number


@pytest.mark.proves("A37")
def test_an_identity_that_two_members_add_at_once_is_ones(app: Flask, database: Database) -> None:
    for number in range(TRIES):
        pair = [cast.member(app, f"{name}-{number}") for name in ("Juniper", "Rowan")]
        wanted = google(f"shared-{number}")
        given = at_once(database, [partial(_add, actor=one.actor, identity=wanted) for one in pair])
        assert sorted(one is Conflict for one in given) == [False, True]
        loser, winner = pair[given.index(Conflict)], pair[1 - given.index(Conflict)]
        with database.reading() as session:
            told = session.scalars(select(AccountNotice.member_id)).all()
        assert [len(identities_of(database, one)) for one in (winner, loser)] == [2, 1]
        # Whoever came second was told nothing, and is signed in as before.
        assert (told.count(winner.member_id), told.count(loser.member_id)) == (1, 0)
        assert loser.actor.member_id == loser.member_id


def _add(session: Session, actor: Actor, identity: ProvidedIdentity) -> str:
    return add_identity(session, actor, identity)


@pytest.mark.proves("A38")
def test_of_two_identities_that_are_removed_at_once_one_stays(app: Flask, database: Database) -> None:
    for number in range(TRIES):
        someone = cast.member(app, f"Juniper-{number}")
        with database.transaction() as session:
            add_identity(session, someone.actor, google(f"second-{number}"))
        own = identities_of(database, someone)
        assert len(own) == 2
        with database.transaction() as session:
            session.execute(update(Identity).values(added_at=clock.now() - SETTLES_AFTER))
        # In two browsers: with one token, one of two changes is refused whatever it is.
        actors = [_signed_in_anew(database, someone) for _browser in own]
        removals = [
            partial(_remove, actor=actor, identity_id=one) for actor, one in zip(actors, own, strict=True)
        ]
        given = at_once(database, removals)
        assert sorted(one is Conflict for one in given) == [False, True]
        assert identities_of(database, someone) == [own[given.index(Conflict)]]


def _remove(session: Session, actor: Actor, identity_id: int) -> str:
    return remove_identity(session, actor, identity_id, {GOOGLE: Provider.GOOGLE.value}, cast.BAN_KEYS)


def _signed_in_anew(database: Database, someone: cast.Someone) -> Actor:
    with database.transaction() as session:
        token = sign_in(session, someone.member_id)
    with database.reading() as session:
        found = viewer.actor_of(session, token)
    assert found is not None
    return found


@pytest.mark.proves("W11")
def test_a_session_that_two_requests_renew_at_once_stays_one(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    tokens = at_once(database, [partial(renew, actor=someone.actor)] * 2)
    assert tokens.count(Conflict) == 1
    with database.reading() as session:
        good = [viewer.actor_of(session, str(token)) is not None for token in tokens]
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 1
    assert sorted(good) == [False, True]


def test_of_two_uses_of_one_recovery_code_one_signs_in(forum: Forum) -> None:
    someone = cast.member(forum.app)
    with forum.database.transaction() as session:
        codes, _token = make_codes(session, someone.actor)
    before = forum.counts()["sign_in_session"]
    for number, code in enumerate(codes, start=1):
        pair = Browser(forum), Browser(forum)
        answers = log_in_by_code(pair, code)
        assert sorted(answer.status_code for answer in answers) == [303, 422]
        assert sorted(one.name() is not None for one in pair) == [False, True]
        counts = forum.counts()
        assert (counts["recovery_code"], counts["sign_in_session"]) == (len(codes) - number, before + number)


def test_of_two_answers_to_one_passkey_challenge_one_counts(database: Database) -> None:
    for number in range(TRIES):
        what = ("a browser", f"challenge-{number}", SignInPurpose.SIGN_IN)
        with database.transaction() as session:
            begin_challenge(session, *what)
        given = at_once(database, [partial(_take, what=what)] * 2)
        assert sorted(map(bool, given)) == [False, True]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 0


def _take(session: Session, what: tuple[str, str, SignInPurpose]) -> bool:
    return take_challenge(session, *what)
