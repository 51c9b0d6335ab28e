"""One case: what was told about one post, worries apart from broken rules, with all one needs to decide on it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member, Suspension
from forum.accounts.queries import suspension_holds
from forum.audit_log.models import AuditEntry
from forum.community.addresses import post_address
from forum.community.bylines import title_to_show
from forum.community.models.threads import Category, Post, PostState, Topic, TopicState
from forum.community.visibility import is_shown
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.moderation.deciding import fitting_post
from forum.moderation.decisions import newest_decision
from forum.moderation.leaving_authors import called_by
from forum.moderation.models import Report, ReportOutcome, ReportReason
from forum.moderation.names import is_named, name_of
from forum.moderation.outcomes import label_of_outcome, outcomes_for
from forum.moderation.queries.log import LogLine, newest_entries
from forum.moderation.queries.reports import is_worry
from forum.moderation.reasons import label_of
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberState, Role
from forum.permissions.check import can, require
from forum.text.slots import neutral_words
from forum.text.translate import gettext as _

# More of them on one post say nothing new, and are closed with it.
TOLD_SHOWN = 30
DECISIONS_SHOWN = 20
_THERE = (TopicState.PUBLISHED, TopicState.HIDDEN, TopicState.REMOVED)


@dataclass(frozen=True, slots=True)
class ToldLine:
    """What one person told. ``words_then`` is empty where the post read as in the line before."""

    id: int
    reason: str
    raised_at: datetime
    reporter: str
    note: str
    words_then: str
    # It came in after somebody had taken the others on.
    is_new: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Something that can be done about it, on a page of its own."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class _Written:
    """What the rules ask about the post and its topic."""

    category_id: int
    author_id: int | None


@dataclass(frozen=True, slots=True)
class _Author:
    """What the rules ask about whoever wrote it."""

    id: int
    role: Role


@dataclass(frozen=True, slots=True)
class CasePage:
    """What was told about one post."""

    id: int
    is_worry: bool
    # The newest decision that is on this page, for the forms.
    seen: int
    post_id: int
    post_number: int
    topic_id: int
    topic_title: str
    category_id: int
    category_name: str
    # Where the post stands among the others as moderators see them; empty where it can't be worked on any more.
    work_address: str
    author_name: str
    # Only for whoever is named.
    author_address: str
    # How things stand with the post, in sentences.
    standing: tuple[str, ...]
    # Empty where there are none to be read any more.
    words_now: str
    is_unchanged: bool
    told: tuple[ToldLine, ...]
    # Whether more was told than is shown.
    has_more: bool
    # Who works on it, or "".
    claimed_by: str
    is_mine: bool
    has_new: bool
    closed_at: datetime | None
    closed_by: str
    outcome: str
    outcomes: tuple[ReportOutcome, ...]
    # Whether a member is among those who told it, who can hear what became of it, and whether a visitor is.
    can_be_told: bool
    has_visitors: bool
    ways: tuple[Way, ...]
    decisions: tuple[LogLine, ...]


def case_page(session: Session, actor: Actor, report_id: int) -> CasePage:
    """Return what was told together with this report. Raises NotFound, Forbidden or SignInFirst.

    Queries: 4
    """
    require(actor, Action.REPORT_LIST)
    row = _post_of(session, actor, report_id)
    about_someone = row.reason is ReportReason.WORRIED_ABOUT_SOMEONE
    # Who works on it, what was decided and what is left to do go by all of them, as in the commands.
    together = and_(
        Report.post_id == row.post_id,
        is_worry() if about_someone else ~is_worry(),
        Report.closed_at.is_not_distinct_from(row.closed_at),
    )
    ids = select(Report.id).where(together)
    rows, has_more = _told(session, together, report_id)
    is_claimed = row.claimed_by_id is not None
    readable = row.post_state is not PostState.DELETED and is_shown(row.author_state)
    is_there = row.topic_state in _THERE
    return CasePage(
        id=report_id,
        is_worry=about_someone,
        seen=newest_decision(session, AuditEntry.report_id.in_(ids)),
        post_id=row.post_id,
        post_number=row.number,
        topic_id=row.topic_id,
        topic_title=title_to_show(row.title, is_shown(row.starter_state)),
        category_id=row.category_id,
        category_name=row.category_name,
        work_address=post_address(f"/moderation/topics/{row.topic_id}", row.number) if is_there else "",
        author_name=_("the community") if row.from_community else name_of(row.author_name, row.author_state),
        author_address=_member_address(row),
        standing=_standing(row),
        words_now=neutral_words(row.markdown) if readable else "",
        is_unchanged=readable and not row.read_otherwise,
        told=_told_lines(rows, was_claimed=is_claimed),
        has_more=has_more,
        claimed_by=name_of(row.claimer_name, row.claimer_state) if is_claimed else "",
        is_mine=is_claimed and row.claimed_by_id == actor.member_id,
        has_new=is_claimed and bool(row.is_unclaimed),
        closed_at=row.closed_at,
        closed_by=name_of(row.closer_name, row.closer_state) if row.closed_at else "",
        outcome=label_of_outcome(row.outcome, is_worry=about_someone) if row.outcome else "",
        outcomes=outcomes_for(is_worry=about_someone),
        can_be_told=bool(row.told_by_members),
        has_visitors=bool(row.told_by_visitors),
        ways=(*(_ways(row, actor, report_id) if is_there else ()), *_ways_with_author(row, actor, report_id)),
        decisions=newest_entries(
            session,
            actor,
            or_(
                AuditEntry.report_id.in_(ids),
                AuditEntry.post_id == row.post_id,
                and_(AuditEntry.topic_id == row.topic_id, AuditEntry.post_id.is_(None)),
            ),
            DECISIONS_SHOWN,
        ),
    )


def _post_of(session: Session, actor: Actor, report_id: int) -> AnyRow:
    author, starter, closer, claimer = (aliased(Member) for _each in range(4))
    line, other = aliased(Post), aliased(Report)
    together = and_(
        other.post_id == Report.post_id,
        is_worry(other) == is_worry(),
        other.closed_at.is_not_distinct_from(Report.closed_at),
    )
    claimed_by = (
        select(other.claimed_by_id)
        .where(together, other.claimed_by_id.is_not(None))
        .order_by(other.id)
        .limit(1)
        .scalar_subquery()
    )
    by_others = and_(other.reporter_id.is_not(None), other.reporter_id != actor.member_id)
    row = session.execute(
        select(
            Report.reason,
            claimer.id.label("claimed_by_id"),
            claimer.name.label("claimer_name"),
            claimer.state.label("claimer_state"),
            exists().where(together, other.claimed_by_id.is_(None)).label("is_unclaimed"),
            exists().where(together, by_others).label("told_by_members"),
            exists().where(together, other.reporter_id.is_(None)).label("told_by_visitors"),
            exists().where(together, other.post_markdown != Post.markdown).label("read_otherwise"),
            Report.closed_at,
            Report.outcome,
            closer.name.label("closer_name"),
            closer.state.label("closer_state"),
            Post.id.label("post_id"),
            Post.number,
            Post.markdown,
            Post.state.label("post_state"),
            Post.edited_at,
            Post.from_community,
            Post.author_id.label("post_author_id"),
            author.name.label("author_name"),
            author.state.label("author_state"),
            author.role.label("author_role"),
            Topic.id.label("topic_id"),
            Topic.title,
            Topic.state.label("topic_state"),
            Topic.locked,
            Topic.author_id.label("topic_author_id"),
            starter.state.label("starter_state"),
            exists().where(Suspension.member_id == Post.author_id, suspension_holds()).label("is_suspended"),
            Category.id.label("category_id"),
            Category.name.label("category_name"),
            # A line that stays behind says that the post was moved.
            exists().where(line.moved_to_id == Post.id).label("was_moved"),
        )
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(author, author.id == Post.author_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .outerjoin(closer, closer.id == Report.closed_by_id)
        .outerjoin(claimer, claimer.id == claimed_by)
        .where(Report.id == report_id, report_is_visible(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _told(session: Session, together: ColumnElement[bool], report_id: int) -> tuple[list[AnyRow], bool]:
    """Return what was told together, the opened one always among it, and whether there is more than is shown."""
    reporter = aliased(Member)
    rows = list(
        session.execute(
            select(
                Report.id,
                Report.reason,
                Report.raised_at,
                Report.reporter_id,
                Report.note,
                Report.post_markdown,
                Report.claimed_by_id,
                reporter.name.label("reporter_name"),
                reporter.state.label("reporter_state"),
            )
            .outerjoin(reporter, reporter.id == Report.reporter_id)
            .where(together)
            .order_by(Report.id != report_id, Report.id)
            .limit(TOLD_SHOWN + 1)
        )
    )
    return sorted(rows[:TOLD_SHOWN], key=lambda row: int(row.id)), len(rows) > TOLD_SHOWN


def _told_lines(rows: list[AnyRow], *, was_claimed: bool) -> tuple[ToldLine, ...]:
    before = [None, *(row.post_markdown for row in rows)]
    return tuple(
        ToldLine(
            id=row.id,
            reason=label_of(row.reason),
            raised_at=row.raised_at,
            reporter=(
                _("a reader") if row.reporter_id is None else name_of(row.reporter_name, row.reporter_state)
            ),
            note=row.note,
            words_then="" if row.post_markdown == earlier else neutral_words(row.post_markdown),
            is_new=was_claimed and row.claimed_by_id is None,
        )
        for row, earlier in zip(rows, before, strict=False)
    )


def _member_address(row: AnyRow) -> str:
    return f"/moderation/members/{row.author_name}" if is_named(row.author_state) else ""


def _standing(row: AnyRow) -> tuple[str, ...]:
    """Return what became of the post since."""
    found = []
    if row.was_moved:
        found.append(_("It was moved here from another topic."))
    match row.topic_state:
        case TopicState.HIDDEN:
            found.append(_("The whole topic is hidden."))
        case TopicState.REMOVED:
            found.append(_("The whole topic was taken down."))
        case TopicState.DELETED:
            found.append(_("The whole topic was taken back by its author."))
    if row.post_state is PostState.DELETED:
        found.append(_("Its author took it back. Readers see a neutral line in its place."))
    elif not is_shown(row.author_state):
        found.append(_("Its author is paused or leaving, so nobody can read it at present."))
    elif row.post_state in (PostState.HIDDEN, PostState.HELD):
        found.append(_("It is hidden."))
    elif row.post_state is PostState.REMOVED:
        found.append(_("It was taken down."))
    elif row.edited_at is not None:
        found.append(_("Its author has changed it since it was written."))
    return tuple(found)


def _ways_with_author(row: AnyRow, actor: Actor, report_id: int) -> tuple[Way, ...]:
    """Return what can be decided about an author who is leaving, and has no page of their own any more."""
    is_open = row.closed_at is None and row.reason is not ReportReason.WORRIED_ABOUT_SOMEONE
    if not is_open or row.author_state is not MemberState.LEAVING:
        return ()
    who = f"/moderation/members/{called_by(report_id)}"
    author = _Author(row.post_author_id, row.author_role)
    if row.is_suspended:
        fits = [(Action.MEMBER_UNSUSPEND, _("Lift the suspension"), "lift")]
    else:
        fits = [(Action.MEMBER_SUSPEND, _("Suspend whoever wrote it"), "suspend")]
    return tuple(Way(words, f"{who}/{deed}") for action, words, deed in fits if can(actor, action, author))


def _ways(row: AnyRow, actor: Actor, report_id: int) -> tuple[Way, ...]:
    """Return what fits the state in which post and topic are now, as far as the actor may do it.

    The addresses carry the number of the case to which whoever decided so comes back.
    """
    words = {
        Action.POST_HIDE: _("Hide the post"),
        Action.POST_REMOVE: _("Take the post down"),
        Action.POST_RESTORE: _("Bring the post back"),
        Action.TOPIC_LOCK: _("Close the topic to replies"),
        Action.TOPIC_UNLOCK: _("Open the topic to replies"),
        Action.TOPIC_HIDE: _("Hide the whole topic"),
        Action.TOPIC_REMOVE: _("Take the whole topic down"),
        Action.TOPIC_RESTORE: _("Bring the topic back"),
    }
    match row.topic_state:
        case TopicState.PUBLISHED:
            lock = Action.TOPIC_UNLOCK if row.locked else Action.TOPIC_LOCK
            on_topic = [lock, Action.TOPIC_HIDE, Action.TOPIC_REMOVE]
        case TopicState.HIDDEN:
            on_topic = [Action.TOPIC_RESTORE, Action.TOPIC_REMOVE]
        case _:
            on_topic = [Action.TOPIC_RESTORE]
    post, topic = (
        _Written(row.category_id, row.post_author_id),
        _Written(row.category_id, row.topic_author_id),
    )
    fits = [(action, post, f"posts/{row.post_id}") for action in fitting_post(row.post_state)]
    fits += [(action, topic, f"topics/{row.topic_id}") for action in on_topic]
    return tuple(
        Way(words[action], f"/moderation/{where}/{action.value.rpartition(':')[2]}?report={report_id}")
        for action, subject, where in fits
        if can(actor, action, subject)
    )
