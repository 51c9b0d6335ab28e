"""What changed for a member since they were here: replies to them first, then what they follow, then what began.

Every list has an end, and none a number: it is there for whoever wants it, and whoever passes it by has missed nothing.
What they muted, whom a block keeps apart from them, and what is out of sight is in none of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from forum import clock
from forum.community.addresses import permalink, post_address
from forum.community.bylines import face_to_show, name_to_show, title_to_show
from forum.community.queries.catch_up_statements import (
    BY_NEARNESS,
    LONGEST,
    ReplyKind,
    anybody_like,
    begun_statement,
    followed_statement,
    replies_statement,
)
from forum.community.queries.topics import TopicRow, topic_row
from forum.community.visibility import shows
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor
from forum.text.translate import gettext as _

REPLIES = 20
TOPICS = 20
# The ways to look back further than the last visit, in days.
WAYS_BACK = (7, 30)


@dataclass(frozen=True, slots=True)
class ReplyToYou:
    """A post in which somebody turned to a member, without its words: those stand where they were said."""

    post_id: int
    kind: ReplyKind
    author_name: str | None
    author_face: str
    written_at: datetime
    topic_title: str
    # Whether they had it on a page yet.
    unread: bool

    @property
    def address(self) -> str:
        """Return the address that finds it wherever it was moved."""
        return permalink(self.post_id)

    @property
    def line(self) -> str:
        """Return who did what."""
        return self.kind.line(_("A former member") if self.author_name is None else self.author_name)


@dataclass(frozen=True, slots=True)
class RepliesToYou:
    """Replies to a member since their last visit, the newest first."""

    replies: tuple[ReplyToYou, ...]
    # Whether there are more of them than that.
    more: bool
    # When the visit before this one ended; None for whoever is here for the first time.
    since: datetime | None
    # About when they last opened a page.
    visited_at: datetime | None


@dataclass(frozen=True, slots=True)
class CatchUpPage:
    """What changed for a member."""

    to_you: RepliesToYou
    # Since when all this is; None for whoever is here for the first time.
    since: datetime | None
    # How many days they look back; 0 is since their last visit.
    back: int
    # Whether the reader hides topics with a content note in lists, and whether they ask for them here anyway.
    hides_notes: bool
    shows_notes: bool
    # In topics and categories that they follow, and in topics in which they wrote.
    followed: tuple[TopicRow, ...] = ()
    more_followed: bool = False
    begun: tuple[TopicRow, ...] = ()
    more_begun: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing changed."""
        return not (self.to_you.replies or self.followed or self.begun)


def catch_up_page(
    session: Session, actor: Actor, *, back: int = 0, hides_notes: bool = False, shows_notes: bool = False
) -> CatchUpPage:
    """Return what changed since a member's last visit, or in as many of the last days as they ask for.

    Since the last visit, topics that they read to the end already are left out. Looking back shows those, too.

    Queries: 3, 1 for whoever is here for the first time and doesn't look back
    """
    asked = clock.now() - timedelta(days=back) if back else None
    to_you = replies_to_you(session, actor, REPLIES, asked)
    since = asked or to_you.since
    if since is None:
        return CatchUpPage(to_you, None, back, hides_notes, shows_notes)
    since = max(since, clock.now() - LONGEST)
    reader, given = anybody_like(actor), {"me": actor.member_id, "since": since}
    without = hides_notes and not shows_notes
    # What is new in one's own topics stands above, unless there is too much of it.
    followed = followed_statement(reader, TOPICS + 1, read=bool(back), own=to_you.more, without=without)
    begun = begun_statement(reader, TOPICS + 1, read=bool(back), without=without)
    on, new = session.execute(followed, given).all(), session.execute(begun, given).all()
    return CatchUpPage(
        to_you=to_you,
        followed=tuple(_row(row, actor, back) for row in on[:TOPICS]),
        more_followed=len(on) > TOPICS,
        begun=tuple(_row(row, actor, back) for row in new[:TOPICS]),
        more_begun=len(new) > TOPICS,
        since=since,
        back=back,
        hides_notes=hides_notes,
        shows_notes=shows_notes,
    )


def replies_to_you(session: Session, actor: Actor, limit: int, since: datetime | None = None) -> RepliesToYou:
    """Return what others answered in a member's topics, quoted of them or said to them since their last visit.

    Queries: 1
    """
    statement = replies_statement(anybody_like(actor), limit + 1, says_since=since is not None)
    given = {"me": actor.member_id, "since": since} if since else {"me": actor.member_id}
    rows = session.execute(statement, given).all()
    replies = [_reply(row, actor) for row in rows if row.post_id is not None]
    return RepliesToYou(
        replies=tuple(replies[:limit]),
        more=len(replies) > limit,
        since=rows[0].since if rows else None,
        visited_at=rows[0].visited_at if rows else None,
    )


def _row(row: AnyRow, actor: Actor, back: int) -> TopicRow:
    """Return a topic that leads to the first post that the member did not read."""
    shown = topic_row(row, actor)
    if row.read_to is not None and row.read_to < row.last_number:
        shown = replace(shown, address=post_address(shown.address, row.read_to + 1))
    # Since the last visit everything here is new, and need not say so.
    return replace(shown, unread=shown.unread and bool(back))


def _reply(row: AnyRow, actor: Actor) -> ReplyToYou:
    shown = shows(actor, row.author_id, row.author_state)
    starter_shown = shows(actor, row.starter_id, row.starter_state)
    return ReplyToYou(
        post_id=row.post_id,
        kind=BY_NEARNESS[row.nearness],
        author_name=name_to_show(row.author_name, row.from_community, shown),
        author_face=face_to_show(row.author_name, row.from_community, shown),
        written_at=row.written_at,
        topic_title=title_to_show(row.title, starter_shown and bool(row.opening_stands)),
        unread=row.read_to is None or row.read_to < row.number,
    )
