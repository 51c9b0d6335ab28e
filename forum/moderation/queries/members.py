"""Members as moderators see them: how things stand with them, what was decided about them, and notes on them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member, Suspension
from forum.accounts.queries import suspension_holds
from forum.accounts.suspensions import MemberSubject, is_known, member_called, member_named
from forum.audit_log.models import AuditEntry
from forum.community.bylines import title_to_show
from forum.community.models.threads import Post, Topic
from forum.community.profiles import words_others_see
from forum.community.visibility import is_shown
from forum.database.keyset import Window, slice_of
from forum.moderation.decisions import decided_about, newest_decision
from forum.moderation.leaving_authors import subject_called
from forum.moderation.models import MemberNote, Report
from forum.moderation.names import name_of
from forum.moderation.queries.log import LogLine, newest_entries, role_in_words
from forum.moderation.queries.reports import report_address
from forum.moderation.reasons import label_of
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberState, Role
from forum.permissions.check import can, require
from forum.text.translate import gettext as _

MEMBERS_PER_PAGE = 25
NOTES_SHOWN = 50
DECISIONS_SHOWN = 20
REPORTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member in a list; ``since`` is when they joined, or were suspended."""

    name: str
    since: datetime
    until: datetime | None

    @property
    def address(self) -> str:
        """Return their page among the moderators'."""
        return f"/moderation/members/{self.name}"


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Looking members up, and a page of those who wait or are suspended, the longest first."""

    show: str
    members: tuple[MemberLine, ...]
    back: str
    on: str
    # A name that was looked for and that nobody has.
    not_found: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A moderator's note on a member."""

    id: int
    author: str
    written_at: datetime
    text: str
    is_own: bool
    can_be_deleted: bool


@dataclass(frozen=True, slots=True)
class MemberReportLine:
    """An open report on something a member wrote."""

    reason: str
    raised_at: datetime
    topic_title: str
    address: str


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A member, for moderators."""

    member: MemberSubject
    address: str
    # The newest decision on them that is on this page.
    seen: int
    role: str
    state: str
    is_oneself: bool
    # Why the actor can neither read nor write notes on them, or "".
    no_notes_because: str
    notes: tuple[NoteLine, ...]
    decisions: tuple[LogLine, ...]
    reports: tuple[MemberReportLine, ...]
    # What they say about themselves in their own words, where anybody but they can see it.
    about: str

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody has to decide whether they may write."""
        return self.member.state is MemberState.WAITING

    @property
    def is_turned_away(self) -> bool:
        """Say whether they were turned away, and are not erased yet."""
        return self.member.state is MemberState.TURNED_AWAY


def members_page(session: Session, actor: Actor, show: str, window: Window, not_found: str) -> MembersPage:
    """Return a page of who waits, or of who is ``suspended``. Raises Forbidden, SignInFirst or Malformed.

    Queries: 1
    """
    require(actor, Action.MEMBER_LOOK_UP)
    if show == "suspended":
        order = [Suspension.since, Member.id]
        statement = (
            select(Member.name, Suspension.until)
            .join(Suspension, Suspension.member_id == Member.id)
            .where(suspension_holds(), is_known())
        )
    else:
        order = [Member.joined_at, Member.id]
        statement = select(Member.name, Suspension.until).outerjoin(
            Suspension, and_(Suspension.member_id == Member.id, suspension_holds())
        )
        statement = statement.where(Member.state == MemberState.WAITING)
    found = slice_of(
        session, statement.add_columns(*order), order, window, MEMBERS_PER_PAGE, oldest_first=True
    )
    return MembersPage(
        show=show,
        members=tuple(MemberLine(row[0], row[2], row[1]) for row in found.items),
        back=found.newer,
        on=found.older,
        not_found=not_found,
    )


def looked_up(session: Session, actor: Actor, typed: str) -> str:
    """Return the name of the member who is called this, however it is capitalised, or "" when nobody is.

    Raises Forbidden or SignInFirst.

    Queries: 1
    """
    require(actor, Action.MEMBER_LOOK_UP)
    found = member_called(session, typed)
    return found[1] if found else ""


def member_page(session: Session, actor: Actor, name: str) -> MemberPage:
    """Return a member's page. Raises NotFound (the same for who left and who never was), Forbidden or SignInFirst.

    Queries: 6, and fewer about oneself and about whom the actor may not judge
    """
    require(actor, Action.MEMBER_LOOK_UP)
    member = member_named(session, name)
    is_oneself = member.id == actor.member_id
    may_note = can(actor, Action.MEMBER_NOTE, member)
    return MemberPage(
        member=member,
        address=f"/moderation/members/{member.name}",
        seen=newest_decision(session, decided_about(member.uuid)),
        role=role_in_words(member.role),
        state=_state_in_words(member.state),
        is_oneself=is_oneself,
        no_notes_because=may_note.reason,
        notes=_notes(session, actor, member) if may_note else (),
        decisions=newest_entries(session, actor, AuditEntry.member_uuid == member.uuid, DECISIONS_SHOWN),
        reports=() if is_oneself else _reports(session, actor, member),
        about=_words_of(session, member),
    )


def decision_on(session: Session, actor: Actor, name: str, action: Action) -> tuple[MemberSubject, int, str]:
    """Return a member, the newest decision on them, and which words it is about, for a page that asks first.

    Raises NotFound, Forbidden or SignInFirst.

    Queries: 2, and 3 by a report or about words
    """
    require(actor, Action.MEMBER_LOOK_UP)
    member = subject_called(session, actor, name, action)
    words = _words_of(session, member) if action is Action.MEMBER_PROFILE_CLEAR else ""
    return member, newest_decision(session, decided_about(member.uuid)), words


def _words_of(session: Session, member: MemberSubject) -> str:
    """Return what they say about themselves, suspended or not; nothing of whom nobody sees, who is left in peace."""
    return words_others_see(session, member.id) if is_shown(member.state) else ""


def _notes(session: Session, actor: Actor, member: MemberSubject) -> tuple[NoteLine, ...]:
    author = aliased(Member)
    rows = session.execute(
        select(
            MemberNote.id,
            MemberNote.author_id,
            MemberNote.written_at,
            MemberNote.text,
            author.name,
            author.state,
        )
        .outerjoin(author, author.id == MemberNote.author_id)
        .where(MemberNote.member_id == member.id)
        .order_by(MemberNote.id.desc())
        .limit(NOTES_SHOWN)
    )
    return tuple(
        NoteLine(
            id=row.id,
            author=name_of(row.name, row.state),
            written_at=row.written_at,
            text=row.text,
            is_own=row.author_id == actor.member_id,
            can_be_deleted=row.author_id == actor.member_id or actor.role is Role.ADMINISTRATOR,
        )
        for row in rows
    )


def _reports(session: Session, actor: Actor, member: MemberSubject) -> tuple[MemberReportLine, ...]:
    starter = aliased(Member)
    rows = session.execute(
        select(Report.id, Report.reason, Report.raised_at, Topic.title, starter.state)
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .where(report_is_visible(actor), Post.author_id == member.id, Report.closed_at.is_(None))
        .order_by(Report.id.desc())
        .limit(REPORTS_SHOWN)
    )
    return tuple(
        MemberReportLine(
            reason=label_of(row.reason),
            raised_at=row.raised_at,
            topic_title=title_to_show(row.title, is_shown(row.state)),
            address=report_address(row.id),
        )
        for row in rows
    )


def _state_in_words(state: MemberState) -> str:
    """Return how things stand with a membership; a suspension is said apart from it."""
    return {
        MemberState.ACTIVE: _("In good standing"),
        MemberState.PAUSED: _("Resting: nothing of theirs is shown, by their own choice"),
        MemberState.WAITING: _("Waiting to be let in"),
        MemberState.TURNED_AWAY: _("Turned away"),
        MemberState.LEAVING: _("Leaving"),
        MemberState.RESTRICTED: _("Restricted: nothing of theirs is shown or used, by their own choice"),
    }[state]
