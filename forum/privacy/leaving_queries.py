"""What a member sees before they leave: what there is of theirs and what becomes of it, and which posts shall stay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum import clock
from forum.accounts.models import (
    AccountNotice,
    EmailAddress,
    Identity,
    Member,
    Passkey,
    RecoveryCode,
)
from forum.community.addresses import post_address, topic_address
from forum.community.bylines import title_to_show
from forum.community.models.threads import Post, PostState, Topic
from forum.community.taking_back import OVER, can_be_kept, others_answered
from forum.community.visibility import opening_stands, shows, topic_is_visible
from forum.consent.models import ConsentRecord
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.moderation.models import Notice, Report
from forum.permissions.actor import Actor, MemberState, Role
from forum.privacy.models import KeptPost, LegalHold
from forum.text.slots import neutral

KEPT_POSTS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class WhatThereIs:
    """How much of everything there is, as far as leaving changes it."""

    posts: int
    # Of those, how many could stay under "former member", and how many are marked to.
    posts_that_can_stay: int
    posts_marked: int
    # Topics that the member began: those in which nobody else answered go whole.
    topics_that_go: int
    topics_that_stay: int
    # What moderators told them, and what they were told about their account.
    notices: int
    identities: int
    passkeys: int
    recovery_codes: int
    email_addresses: int
    consents: int
    # What they told the moderators: it stays without their name.
    reports: int
    # Posts whose words a case of the moderators, or the law, keeps a copy of.
    posts_copied: int
    is_only_administrator: bool


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post that can stay. Title and address are empty where its author can't open its topic any more."""

    id: int
    number: int
    body: Markup
    topic_title: str
    address: str
    written_at: datetime
    is_kept: bool


@dataclass(frozen=True, slots=True)
class KeptPostsPage:
    """The posts that can stay, a page of them, the newest first."""

    posts: tuple[OwnPost, ...]
    newer: str
    older: str


def what_there_is(session: Session, actor: Actor) -> WhatThereIs:
    """Return how much there is of the actor's. Counted, because nobody decides well about "some".

    Queries: 1
    """
    me = actor.member_id
    own = Post.author_id == me
    begun = and_(Topic.author_id == me, Topic.state.not_in(OVER))
    found: tuple[Any, ...] = tuple(
        session.execute(
            select(
                _count(select(Post.id).where(own, Post.state.not_in([PostState.DELETED, PostState.MOVED]))),
                _count(select(Post.id).where(own, can_be_kept())),
                _count(
                    select(Post.id)
                    .join(KeptPost, KeptPost.post_id == Post.id)
                    .where(own, KeptPost.member_id == me, can_be_kept())
                ),
                _count(select(Topic.id).where(begun, ~others_answered())),
                _count(select(Topic.id).where(begun, others_answered())),
                _count(select(Notice.id).where(Notice.member_id == me))
                + _count(select(AccountNotice.id).where(AccountNotice.member_id == me)),
                _count(select(Identity.id).where(Identity.member_id == me)),
                _count(select(Passkey.id).where(Passkey.member_id == me)),
                _count(select(RecoveryCode.id).where(RecoveryCode.member_id == me)),
                _count(select(EmailAddress.member_id).where(EmailAddress.member_id == me)),
                _count(select(ConsentRecord.sequence).where(ConsentRecord.subject == actor.uuid)),
                _count(select(Report.id).where(Report.reporter_id == me)),
                _count(select(Post.id).where(own, _is_copied())),
                _is_only_administrator(actor),
            )
        ).one()
    )
    return WhatThereIs(*found)


def kept_posts_page(session: Session, actor: Actor, window: Window) -> KeptPostsPage:
    """Return the actor's posts that can stay, with those that shall. Raises Malformed for a foreign cursor.

    Queries: 1
    """
    starter = aliased(Member)
    statement = (
        select(
            Post.number,
            Post.html,
            Topic.id.label("topic_id"),
            Topic.title,
            Topic.slug,
            Topic.audience,
            starter.id.label("starter_id"),
            starter.state.label("starter_state"),
            opening_stands().label("opening_stands"),
            topic_is_visible(actor).label("topic_is_open"),
            KeptPost.post_id.is_not(None).label("is_kept"),
            Post.written_at,
            Post.id,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .outerjoin(KeptPost, and_(KeptPost.post_id == Post.id, KeptPost.member_id == actor.member_id))
        .where(Post.author_id == actor.member_id, can_be_kept())
    )
    found = slice_of(session, statement, [Post.written_at, Post.id], window, KEPT_POSTS_PER_PAGE)
    return KeptPostsPage(tuple(_own_post(row, actor) for row in found.items), found.newer, found.older)


def _own_post(row: AnyRow, actor: Actor) -> OwnPost:
    title_is_shown = shows(actor, row.starter_id, row.starter_state) and bool(row.opening_stands)
    topic = topic_address(row.topic_id, row.slug if title_is_shown else "", row.audience)
    return OwnPost(
        id=row.id,
        number=row.number,
        body=neutral(row.html),
        topic_title=title_to_show(row.title, title_is_shown) if row.topic_is_open else "",
        address=post_address(topic, row.number) if row.topic_is_open else "",
        written_at=row.written_at,
        is_kept=bool(row.is_kept),
    )


def _count(rows: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _is_copied() -> ColumnElement[bool]:
    """Say of which posts somebody keeps the words."""
    return or_(
        exists().where(Report.post_id == Post.id, Report.post_markdown != ""),
        exists().where(
            LegalHold.post_id == Post.id, LegalHold.post_markdown != "", LegalHold.until > clock.now()
        ),
    )


def _is_only_administrator(actor: Actor) -> ColumnElement[bool]:
    """Say whether nobody else could change the community's settings once the actor is gone."""
    others = exists().where(
        Member.role == Role.ADMINISTRATOR, Member.state == MemberState.ACTIVE, Member.id != actor.member_id
    )
    return ~others if actor.role is Role.ADMINISTRATOR else false()
