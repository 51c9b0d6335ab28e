"""The people of the tests, by name: each is made through the commands, as in life, and comes with a browser.

A test that only needs somebody takes them from here. How people are made through the pages is what the tests of
accounts and consent prove.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from config import Settings
from forum import __version__, clock, viewer
from forum.accounts.commands import change_role
from forum.accounts.models import Member, SignInSession, Suspension
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.proofs import Proven
from forum.accounts.sign_in_sessions import sign_in
from forum.community.models.people import (
    AgeBand,
    FieldAudience,
    HealthTerm,
    MemberTerm,
    Profile,
    TermKind,
)
from forum.community.models.threads import CategoryModerator
from forum.community.profiles import listed_as
from forum.consent import commands, ledger, wording
from forum.consent.drafts import JoinDraft, PolicyDraft
from forum.consent.ledger import Entry
from forum.consent.models import ConsentMethod, Decision, PolicyKind
from forum.consent.policies import publish_policy
from forum.consent.queries import policies_in_force
from forum.database.session import Database
from forum.permissions.actor import (
    OPERATOR,
    REQUIRED_PURPOSES,
    Actor,
    MemberId,
    MemberState,
    Proof,
    Purpose,
    Role,
)
from forum.text.translate import DEFAULT_LOCALE

_subjects = count(1)
# The key of the tests' settings.
BAN_KEYS = ("a key for bans that serves these tests alone",)


@dataclass(frozen=True, slots=True)
class Someone:
    """A member, with a browser in which they are signed in."""

    member_id: MemberId
    uuid: UUID
    name: str
    token: str
    client: FlaskClient
    database: Database

    @property
    def actor(self) -> Actor:
        """Return who this is to the rules, read anew."""
        with self.database.reading() as session:
            found = viewer.actor_of(session, self.token)
        assert found is not None
        return found


def publish_policies(database: Database) -> None:
    """Open sign-up: publish a short text for each policy that has none."""
    with database.transaction() as session:
        published = {policy.kind for policy in policies_in_force(session, DEFAULT_LOCALE)}
        for kind in PolicyKind:
            if kind not in published:
                title = kind.value.replace("-", " ").capitalize()
                text = f"## In short\n\nThese are the {title.lower()} of the tests.\n"
                publish_policy(session, OPERATOR, PolicyDraft(kind, DEFAULT_LOCALE, title, text))


def join(
    database: Database,
    name: str,
    *,
    given: Iterable[Purpose] = REQUIRED_PURPOSES,
    pending: PendingIdentity | None = None,
    gpc: bool = False,
) -> MemberId:
    """Make a member who agreed to these purposes and refused the others."""
    publish_policies(database)
    with database.transaction() as session:
        policies = policies_in_force(session, DEFAULT_LOCALE)
        shown = wording.choices(policies, locale=DEFAULT_LOCALE, gpc=gpc)
        draft = JoinDraft(
            name=name,
            is_name_confirmed=False,
            given=frozenset(given),
            policies=frozenset((policy.kind, policy.version) for policy in policies),
            wording_sha256=wording.hash_of_choices(shown),
            gpc=gpc,
            locale=DEFAULT_LOCALE,
        )
        return commands.join(session, pending or identity(), draft, ban_keys=BAN_KEYS)


def identity(
    subject: str = "", *, issuer: str = "https://google.stand-in.invalid", email: str | None = None
) -> PendingIdentity:
    """Return somebody at the consent step, whom nobody has seen before unless a subject is given."""
    return PendingIdentity(
        provider="google",
        issuer=issuer,
        subject=subject or f"cast-{next(_subjects)}",
        email=email,
        name_hints=(),
        next="/",
    )


def visitor(app: Flask) -> FlaskClient:
    """Return the browser of somebody who is not signed in."""
    return app.test_client()


def member(
    app: Flask,
    name: str = "Juniper",
    *,
    role: Role = Role.MEMBER,
    given: Iterable[Purpose] = REQUIRED_PURPOSES,
) -> Someone:
    """Return a member in good standing."""
    database: Database = app.extensions["alongside"].database
    member_id = join(database, name, given=given)
    with database.transaction() as session:
        if role is not Role.MEMBER:
            change_role(session, OPERATOR, name, role)
        # They have just shown that it is they; who hasn't is a matter of the tests about that.
        token = sign_in(session, member_id, proven=Proven(Proof.PASSKEY, clock.now()))
        uuid = session.scalars(select(Member.uuid).where(Member.id == member_id)).one()
    return Someone(member_id, uuid, name, token, signed_in(app, token), database)


def newcomer(app: Flask, name: str = "Hazel") -> Someone:
    """Return somebody who has only just joined."""
    return member(app, name)


def author(app: Flask, name: str = "Rowan") -> Someone:
    """Return the member who wrote what the test is about."""
    return member(app, name)


def suspended(app: Flask, name: str = "Bramble") -> Someone:
    """Return a member who may read and not write."""
    someone = member(app, name)
    with someone.database.transaction() as session:
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=None))
    return someone


def consent_withdrawn(app: Flask, name: str = "Willow") -> Someone:
    """Return a member who took their health-data consent back, and whose account rests."""
    someone = member(app, name)
    withdraw(someone.database, someone.uuid, Purpose.HEALTH_DATA)
    _set_state(someone, MemberState.PAUSED)
    return someone


def sharer(app: Flask, slug: str, name: str = "Tansy") -> Someone:
    """Return a member who says that a condition is theirs, by its slug."""
    someone = member(app, name)
    say_condition(someone, slug)
    return someone


def say_condition(someone: Someone, slug: str) -> int:
    """Let somebody say that a condition is theirs, which stands on the list from then on, and return its number."""
    with someone.database.transaction() as session:
        term = session.scalar(
            select(HealthTerm).where(HealthTerm.kind == TermKind.CONDITION, HealthTerm.slug == slug)
        )
        if term is None:
            words = slug.replace("-", " ").capitalize()
            term = HealthTerm(
                kind=TermKind.CONDITION, slug=slug, locale=DEFAULT_LOCALE, name=words, offered=True
            )
            session.add(term)
            session.flush()
        session.add(MemberTerm(member_id=someone.member_id, term_id=term.id))
        return term.id


def introduce(someone: Someone, about: str, shown_to: FieldAudience) -> None:
    """Let somebody say something about themselves, every part of it for these readers, and stand in the list."""
    fields = ("about_for", "conditions_for", "treatments_for", "country_for", "age_band_for")
    with someone.database.transaction() as session:
        session.add(
            Profile(
                member_id=someone.member_id,
                about=about,
                country="IE",
                age_band=AgeBand.FROM_50,
                listed_as=listed_as(someone.name),
                **dict.fromkeys(fields, shown_to),
            )
        )


def peer_supporter(app: Flask, name: str = "Linden") -> Someone:
    """Return a peer supporter."""
    return member(app, name, role=Role.PEER_SUPPORTER)


def category_moderator(app: Flask, category_id: int, name: str = "Alder") -> Someone:
    """Return a moderator of one category."""
    someone = member(app, name, role=Role.CATEGORY_MODERATOR)
    with someone.database.transaction() as session:
        session.add(CategoryModerator(category_id=category_id, member_id=someone.member_id))
    return someone


def moderator(app: Flask, name: str = "Cedar") -> Someone:
    """Return a moderator of everything."""
    return member(app, name, role=Role.MODERATOR)


def administrator(app: Flask, name: str = "Aspen") -> Someone:
    """Return an administrator."""
    return member(app, name, role=Role.ADMINISTRATOR)


def signed_in(app: Flask, token: str) -> FlaskClient:
    """Return a browser whose cookie holds a sign-in session's token."""
    settings: Settings = app.extensions["alongside"].settings
    client = app.test_client()
    with client.session_transaction(base_url=settings.base_url) as session:
        session["_user_id"] = token
    return client


def prove(someone: Someone) -> None:
    """Let somebody show anew that it is they, as staff must within the five minutes before what they do."""
    with someone.database.transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.member_id == someone.member_id)
            .values(proof=Proof.PASSKEY, proved_at=clock.now())
        )


def pause(someone: Someone) -> None:
    """Let somebody's account rest: nothing of theirs is shown from now on."""
    _set_state(someone, MemberState.PAUSED)


def withdraw(database: Database, subject: UUID, purpose: Purpose) -> None:
    """Record that somebody takes a consent back."""
    with database.transaction() as session:
        policies = policies_in_force(session, DEFAULT_LOCALE)
        (shown,) = (
            choice
            for choice in wording.choices(policies, locale=DEFAULT_LOCALE, gpc=False)
            if choice.purpose is purpose
        )
        ledger.append(
            session,
            [
                Entry(
                    subject=subject,
                    purpose=purpose,
                    decision=Decision.WITHDRAWN,
                    policies=tuple(policy.as_recorded() for policy in policies),
                    interface_text=shown.text,
                    method=ConsentMethod.SETTINGS,
                    locale=DEFAULT_LOCALE,
                    gpc=False,
                    app_version=__version__,
                )
            ],
        )


def _set_state(someone: Someone, state: MemberState) -> None:
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))
