"""Working on reports: taking them on, giving them back, closing them.

What several people told about one post goes together, worries apart from broken rules: whoever takes one report on
takes all of that kind which are open, and closing one closes them all. A report that comes in later stays open.
No page that is stored shows reports, so nothing is announced.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.audit_log.commands import record
from forum.audit_log.models import AuditEntry
from forum.community.models.threads import Post, Topic
from forum.community.subjects import hold_topic_of, refuse_moved
from forum.database.rows import AnyRow, AnySelect
from forum.errors import Conflict, Malformed, NotFound
from forum.moderation.decisions import refuse_if_decided_since
from forum.moderation.drafts import ClaimDraft, CloseDraft
from forum.moderation.models import Report, ReportReason
from forum.moderation.names import name_of
from forum.moderation.notices import tell
from forum.moderation.outcomes import outcomes_for
from forum.moderation.queries.reports import is_worry
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class _Case:
    """The open reports of one kind on one post, held until the transaction ends."""

    report_id: int
    is_worry: bool
    category_id: int
    topic_id: int
    post_id: int
    open: tuple[AnyRow, ...]

    @property
    def claimed_by(self) -> int | None:
        """Return who works on them."""
        return next((row.claimed_by_id for row in self.open if row.claimed_by_id is not None), None)

    def is_about(self) -> Any:
        """Say which entries of the audit log are about these reports."""
        return AuditEntry.report_id.in_([row.id for row in self.open])


def claim_report(session: Session, actor: Actor, report_id: int, draft: ClaimDraft) -> int:
    """Take on the report and every open one of its kind on the same post, and return its id.

    Taking them on twice changes nothing.

    Raises: NotFound, Forbidden, Conflict (somebody else works on them and ``take_over`` is off, or was faster)
    """
    case = _hold_case(session, actor, report_id)
    require(actor, Action.REPORT_CLAIM, case)
    _refuse_closed(session, actor, case)
    taken = [row.id for row in case.open if row.claimed_by_id != actor.member_id]
    if not taken:
        return report_id
    refuse_if_decided_since(session, case.is_about(), draft.seen, actor)
    is_others = case.claimed_by not in (None, actor.member_id)
    if is_others and not draft.take_over:
        raise Conflict(
            _("%(name)s works on this. You can take it over from them.", name=_name(session, case.claimed_by))
        )
    session.execute(
        update(Report)
        .where(Report.id.in_(taken))
        .values(claimed_by_id=actor.member_id, claimed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    _record(session, actor, Action.REPORT_CLAIM, case, reports=len(taken), taken_over=is_others)
    return report_id


def let_go_report(session: Session, actor: Actor, report_id: int, seen: int) -> int:
    """Give back what one had taken on, with no reason asked, and return the report's id.

    Raises: NotFound, Forbidden, Conflict (it isn't the actor's any more)
    """
    case = _hold_case(session, actor, report_id)
    require(actor, Action.REPORT_LET_GO, case)
    _refuse_closed(session, actor, case)
    refuse_if_decided_since(session, case.is_about(), seen, actor)
    mine = _of_actor(session, actor, case)
    session.execute(
        update(Report)
        .where(Report.id.in_([row.id for row in mine]))
        .values(claimed_by_id=None, claimed_at=None)
        .execution_options(synchronize_session=False)
    )
    _record(session, actor, Action.REPORT_LET_GO, case, reports=len(mine))
    return report_id


def close_report(session: Session, actor: Actor, report_id: int, draft: CloseDraft) -> int:
    """Close what one took on, tell each member who reported it once what became of it, and return the report's id.

    Closing twice changes nothing.

    Raises: NotFound, Forbidden, Malformed (no outcome of this kind of report), Conflict (it isn't the actor's any
    more, or is closed)
    """
    case = _hold_case(session, actor, report_id)
    require(actor, Action.REPORT_CLOSE, case)
    if draft.outcome not in outcomes_for(is_worry=case.is_worry):
        raise Malformed
    if _closed_by(session, case) == actor.member_id:
        return report_id
    _refuse_closed(session, actor, case)
    refuse_if_decided_since(session, case.is_about(), draft.seen, actor)
    mine = _of_actor(session, actor, case)
    session.execute(
        update(Report)
        .where(Report.id.in_([row.id for row in mine]))
        .values(closed_by_id=actor.member_id, closed_at=clock.now(), outcome=draft.outcome)
        .execution_options(synchronize_session=False)
    )
    _record(session, actor, Action.REPORT_CLOSE, case, reports=len(mine), outcome=draft.outcome)
    _tell_reporters(session, actor, case, mine, draft)
    return report_id


def _hold_case(session: Session, actor: Actor, report_id: int) -> _Case:
    """Hold the topic, the report and the open ones of its kind on its post. Raises NotFound or Conflict.

    While the topic is held nobody moves it to another category, for which the actor may not answer.
    """
    post_id = session.scalar(select(Report.post_id).where(Report.id == report_id))
    if post_id is None:
        raise NotFound
    held = hold_topic_of(session, post_id)
    found = session.execute(
        select(Report.reason, Report.post_id, Post.topic_id, Topic.category_id)
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Report.id == report_id, report_is_visible(actor))
    ).one_or_none()
    if found is None:
        raise NotFound
    refuse_moved(held, found.topic_id)
    about_someone = found.reason is ReportReason.WORRIED_ABOUT_SOMEONE
    open_ones: AnySelect = select(Report.id, Report.reporter_id, Report.note, Report.claimed_by_id).where(
        Report.post_id == found.post_id,
        is_worry() if about_someone else ~is_worry(),
        Report.closed_at.is_(None),
    )
    rows = session.execute(open_ones.order_by(Report.id).with_for_update())
    return _Case(
        report_id=report_id,
        is_worry=about_someone,
        category_id=found.category_id,
        topic_id=found.topic_id,
        post_id=found.post_id,
        open=tuple(rows),
    )


def _refuse_closed(session: Session, actor: Actor, case: _Case) -> None:
    """Raise Conflict when the report itself is open no more."""
    if any(row.id == case.report_id for row in case.open):
        return
    closed_by = _closed_by(session, case)
    if closed_by == actor.member_id:
        raise Conflict(_("You have closed this already. Nothing was changed."))
    raise Conflict(
        _("%(name)s has closed this already. Nothing was changed by you.", name=_name(session, closed_by))
    )


def _closed_by(session: Session, case: _Case) -> int | None:
    return session.scalar(select(Report.closed_by_id).where(Report.id == case.report_id))


def _of_actor(session: Session, actor: Actor, case: _Case) -> list[AnyRow]:
    """Return the reports that the actor works on. Raises Conflict when the actor works on none."""
    mine = [row for row in case.open if row.claimed_by_id == actor.member_id]
    if mine:
        return mine
    if case.claimed_by is None:
        raise Conflict(_("Take this on first, so that nobody else does it at the same time."))
    raise Conflict(
        _("%(name)s works on this. You can take it over from them.", name=_name(session, case.claimed_by))
    )


def _name(session: Session, member_id: int | None) -> str:
    row = session.execute(select(Member.name, Member.state).where(Member.id == member_id)).one_or_none()
    return name_of(row.name, row.state, begins=True) if row else name_of(None, None, begins=True)


def _record(session: Session, actor: Actor, action: Action, case: _Case, **facts: Any) -> None:
    """Keep who did it. A report is no decision on anybody, so it names no member.

    Of a worry only its own number is kept, which leads nowhere once the worry is forgotten: that somebody was worried
    about must not stay for good.
    """
    record(
        session,
        actor,
        action,
        category_id=case.category_id,
        topic_id=None if case.is_worry else case.topic_id,
        post_id=None if case.is_worry else case.post_id,
        report_id=case.report_id,
        facts=facts,
    )


def _tell_reporters(
    session: Session, actor: Actor, case: _Case, closed: list[AnyRow], draft: CloseDraft
) -> None:
    """Leave each member who told it one notice. Readers without an account can't be told."""
    by_reporter: dict[int, list[AnyRow]] = {}
    for row in closed:
        if row.reporter_id is not None:
            by_reporter.setdefault(row.reporter_id, []).append(row)
    for reporter_id, rows in by_reporter.items():
        tell(
            session,
            actor,
            reporter_id,
            Action.REPORT_CLOSE,
            outcome=draft.outcome,
            post_id=case.post_id,
            topic_id=case.topic_id,
            report_id=rows[0].id,
            their_words="\n\n".join(row.note for row in rows if row.note),
            message=draft.message,
        )
