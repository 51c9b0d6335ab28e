"""What moderators told a member, as that member reads it: in their language, and nobody else's. What is new about their
account stands above it; that is accounts' to say.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from forum import clock
from forum.accounts.models import Member
from forum.accounts.ways_in import AccountNoticeLine, account_notices
from forum.community.addresses import topic_address
from forum.community.bylines import title_to_show
from forum.community.models.threads import Topic
from forum.community.visibility import opening_stands, shows, topic_is_visible
from forum.consent.choices_queries import ChangedPolicy, policy_news
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.moderation.models import Notice
from forum.moderation.notices import WORDS_KEPT
from forum.moderation.reasons import BREACHES
from forum.moderation.wording import Told, signed_by, told
from forum.permissions.actions import Action
from forum.permissions.actor import Actor

NOTICES_PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in the list."""

    id: int
    title: str
    made_at: datetime
    signed_by: str
    is_new: bool

    @property
    def address(self) -> str:
        """Return its page."""
        return f"/notices/{self.id}"


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """A page of one's notices, the newest first, with the cursors of the neighbouring pages."""

    notices: tuple[NoticeLine, ...]
    newer: str
    older: str
    # What is new about the member's own account, and in the policies; nothing on older pages.
    about_account: tuple[AccountNoticeLine, ...]
    policies: tuple[ChangedPolicy, ...]

    @property
    def newest_policy(self) -> int:
        """Return up to which version of a policy the page says what is new."""
        return self.policies[-1].id


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One notice, whole."""

    id: int
    told: Told
    made_at: datetime
    signed_by: str
    # What the member had written, as it stood, and what the moderator added. Both may be empty.
    their_words: str
    message: str
    # Whether whatever words there were are forgotten by now.
    words_are_gone: bool
    # The topic it is about, where the member may see that now; else both are empty.
    topic_title: str
    topic_address: str
    # Whether these words are what the member told the moderators, and not what they posted.
    is_answer: bool
    # Whether a rule is behind it, which the guidelines say more about.
    is_about_a_rule: bool
    # Whether one may object to it: nobody objects to an answer, or to being let in.
    is_against_them: bool
    is_new: bool


# What nobody would ask to have undone.
_WELCOME = frozenset(
    {
        Action.REPORT_CLOSE,
        Action.MEMBER_LET_IN,
        Action.MEMBER_UNSUSPEND,
        Action.TOPIC_UNLOCK,
        Action.TOPIC_PIN,
        Action.TOPIC_RESTORE,
        Action.POST_RESTORE,
    }
)


def notices_page(session: Session, actor: Actor, window: Window) -> NoticesPage:
    """Return a page of what the actor was told. Raises Malformed for a foreign cursor.

    Queries: 3, one for an older page
    """
    is_newest = window == Window()
    found = slice_of(session, _own(actor).add_columns(Notice.id), [Notice.id], window, NOTICES_PER_PAGE)
    return NoticesPage(
        notices=tuple(
            NoticeLine(
                id=row.notice_id,
                title=_told(row).title,
                made_at=row.made_at,
                signed_by=signed_by(row.by_role),
                is_new=row.seen_at is None,
            )
            for row in found.items
        ),
        newer=found.newer,
        older=found.older,
        about_account=account_notices(session, actor, unseen=True) if is_newest else (),
        policies=policy_news(session, actor) if is_newest else (),
    )


def notice_page(session: Session, actor: Actor, notice_id: int) -> NoticePage:
    """Return one notice of the actor's. Raises NotFound for anybody else's, as for one that never was.

    Queries: 1
    """
    row = session.execute(_with_topic(_own(actor), actor).where(Notice.id == notice_id)).one_or_none()
    if row is None:
        raise NotFound
    action = Action(row.action)
    is_answer = action is Action.REPORT_CLOSE
    # An answer loses its words together with the report, which may be forgotten earlier.
    is_forgotten = is_answer and row.report_id is None and not row.their_words
    words_are_gone = row.made_at < clock.now() - WORDS_KEPT or is_forgotten
    title_stands = shows(actor, row.starter_id, row.starter_state) and bool(row.opening_stands)
    return NoticePage(
        id=row.notice_id,
        told=_told(row),
        made_at=row.made_at,
        signed_by=signed_by(row.by_role),
        their_words="" if words_are_gone else row.their_words,
        message="" if words_are_gone else row.message,
        words_are_gone=words_are_gone,
        topic_title=title_to_show(row.title, title_stands) if row.topic_id else "",
        topic_address=(
            topic_address(row.topic_id, row.slug if title_stands else "", row.audience)
            if row.topic_id
            else ""
        ),
        is_answer=is_answer,
        is_about_a_rule=row.reason in BREACHES,
        is_against_them=action not in _WELCOME,
        is_new=row.seen_at is None,
    )


def _own(actor: Actor) -> AnySelect:
    return select(
        Notice.id.label("notice_id"),
        Notice.action,
        Notice.reason,
        Notice.outcome,
        Notice.their_words,
        Notice.message,
        Notice.until,
        Notice.by_role,
        Notice.made_at,
        Notice.seen_at,
        Notice.report_id,
    ).where(Notice.member_id == actor.member_id)


def _with_topic(statement: AnySelect, actor: Actor) -> AnySelect:
    """Add the topic as far as the actor may see it; one that was merged is the one that its posts went to."""
    named, starter = aliased(Topic), aliased(Member)
    now = func.coalesce(named.merged_into_id, named.id)
    return (
        statement.outerjoin(named, named.id == Notice.topic_id)
        .outerjoin(Topic, and_(Topic.id == now, topic_is_visible(actor)))
        .outerjoin(starter, starter.id == Topic.author_id)
        .add_columns(
            Topic.id.label("topic_id"),
            Topic.title,
            Topic.slug,
            Topic.audience,
            starter.id.label("starter_id"),
            starter.state.label("starter_state"),
            opening_stands().label("opening_stands"),
        )
    )


def _told(row: AnyRow) -> Told:
    return told(Action(row.action), row.reason, row.outcome, row.until)
