"""From the browser's session to the Actor: roles, state, categories and missing consents, in one statement."""

from dataclasses import replace
from functools import cache

from flask import Flask
from flask_login import AnonymousUserMixin, LoginManager, UserMixin
from sqlalchemy import String, and_, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import AccountNotice, Member, Passkey, SignInSession, Suspension
from forum.accounts.queries import suspension_holds
from forum.accounts.sign_in_sessions import mark_seen, session_is_valid
from forum.accounts.tokens import hash_of
from forum.community.models.blocks import Block
from forum.community.models.people import HealthTerm, MemberTerm, TermKind
from forum.community.models.threads import CategoryModerator
from forum.community_settings.models import CommunitySettings
from forum.consent.choices_queries import has_policy_news, must_agree_again
from forum.consent.models import Decision
from forum.consent.queries import decision_in_force
from forum.database.rows import AnySelect
from forum.moderation.models import Notice
from forum.permissions.actor import REQUIRED_PURPOSES, SETTLES_AFTER, VISITOR, Actor, MemberId
from forum.web import current, soft_writes

PURPOSES = tuple(sorted(REQUIRED_PURPOSES))


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types.
    """Flask-Login's view of a member: its id is the sign-in session's token, its content the Actor."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.id = token
        self.actor = actor


class Anonymous(AnonymousUserMixin):  # type: ignore[misc]  # Flask-Login has no types.
    """A visitor."""

    actor = VISITOR


def install(app: Flask) -> None:
    """Let Flask-Login find the viewer; its remember cookie stays unused (it can't be ended from here)."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = Anonymous
    manager.user_loader(_load)
    # Templates know who reads as ``actor``, also when that can't be found out.
    manager.init_app(app, add_context_processor=False)


def _load(token: str) -> SignedIn | None:
    actor = current.read(lambda session: actor_of(session, token))
    if actor is None:
        return None
    if not current.settings().passkeys:
        # Where they were switched off again nobody can use one, so none may be asked for.
        actor = replace(actor, has_passkey=False, has_settled_passkey=False)
    _remember_the_day(actor)
    return SignedIn(token, actor)


def _remember_the_day(actor: Actor) -> None:
    """Have the day written down as the session's last one, with its first request of the day alone."""
    session_id, today = actor.sign_in_session_id, clock.now().date()
    if session_id is not None and actor.last_seen_on is not None and actor.last_seen_on < today:
        soft_writes.put(("last seen", session_id), lambda session: mark_seen(session, session_id, today))


def actor_of(session: Session, token: str) -> Actor | None:
    """Return who a sign-in session's token belongs to, or None when it ended or never was.

    Queries: 1
    """
    token_hash = hash_of(token)
    row = session.execute(_who_has_the_token(), {"token_hash": token_hash}).one_or_none()
    if row is None:
        return None
    (
        session_id,
        proof,
        proved_at,
        last_seen_on,
        member_id,
        uuid,
        name,
        role,
        state,
        locale,
        suspended,
        until,
        category_ids,
        blocked_ids,
        term_ids,
        is_read_only,
        has_new_notices,
        has_to_agree_again,
        passkey_since,
        *decisions,
    ) = row
    return Actor(
        member_id=MemberId(member_id),
        uuid=uuid,
        name=name,
        role=role,
        state=state,
        is_suspended=bool(suspended),
        suspended_until=until,
        site_is_read_only=bool(is_read_only),
        has_new_notices=bool(has_new_notices),
        has_to_agree_again=bool(has_to_agree_again),
        locale=locale,
        category_ids=_numbers(category_ids),
        blocks=_numbers(blocked_ids),
        condition_ids=_numbers(term_ids),
        missing_consents=frozenset(
            purpose
            for purpose, decision in zip(PURPOSES, decisions, strict=True)
            if decision != Decision.GIVEN
        ),
        sign_in_session_id=session_id,
        proof=proof,
        proved_at=proved_at,
        token_hash=token_hash,
        has_passkey=passkey_since is not None,
        has_settled_passkey=passkey_since is not None and passkey_since <= clock.now() - SETTLES_AFTER,
        last_seen_on=last_seen_on,
    )


@cache
def _who_has_the_token() -> AnySelect:
    """Return the one statement behind every request of a member's. It is large, so it is made once."""
    categories = (
        select(func.aggregate_strings(cast(CategoryModerator.category_id, String), ","))
        .where(CategoryModerator.member_id == Member.id)
        .scalar_subquery()
    )
    blocks = (
        select(
            func.aggregate_strings(
                cast(case((Block.blocker_id == Member.id, Block.blocked_id), else_=Block.blocker_id), String),
                ",",
            )
        )
        .where(or_(Block.blocker_id == Member.id, Block.blocked_id == Member.id))
        .correlate(Member)
        .scalar_subquery()
    )
    conditions = (
        select(func.aggregate_strings(cast(MemberTerm.term_id, String), ","))
        .join(HealthTerm, HealthTerm.id == MemberTerm.term_id)
        .where(MemberTerm.member_id == Member.id, HealthTerm.kind == TermKind.CONDITION)
        .correlate(Member)
        .scalar_subquery()
    )
    read_only = (
        select(CommunitySettings.read_only).order_by(CommunitySettings.id.desc()).limit(1).scalar_subquery()
    )
    new_notices = or_(
        exists().where(Notice.member_id == Member.id, Notice.seen_at.is_(None)),
        exists().where(AccountNotice.member_id == Member.id, AccountNotice.seen_at.is_(None)),
        has_policy_news(),
    )
    oldest_passkey = (
        select(func.min(Passkey.added_at)).where(Passkey.member_id == Member.id).scalar_subquery()
    )
    return (
        select(
            SignInSession.id,
            SignInSession.proof,
            SignInSession.proved_at,
            SignInSession.last_seen_on,
            Member.id,
            Member.uuid,
            Member.name,
            Member.role,
            Member.state,
            Member.locale,
            Suspension.since.is_not(None).label("suspended"),
            Suspension.until,
            categories,
            blocks,
            conditions,
            read_only,
            new_notices,
            must_agree_again(),
            oldest_passkey,
            *(decision_in_force(Member.uuid, purpose) for purpose in PURPOSES),
        )
        .join(Member, Member.id == SignInSession.member_id)
        .outerjoin(Suspension, and_(Suspension.member_id == Member.id, suspension_holds()))
        .where(SignInSession.token_hash == bindparam("token_hash"), session_is_valid())
    )


def _numbers(joined: str | None) -> frozenset[int]:
    return frozenset(int(part) for part in (joined or "").split(",") if part)
