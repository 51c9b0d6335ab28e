"""Whoever sets out to leave while somebody looks into what they wrote: leaving is no way around being suspended.

Their name is nobody's to see any more. So what is decided about them goes by an open report on a post of theirs:
``report:12`` stands where a member's name would, and no name can be like that. Nothing else about them can be looked
up or decided in this way, and a worry is never a mark against anybody.
"""

import re
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts import suspensions
from forum.accounts.suspensions import MemberSubject
from forum.community.models.threads import Post, Topic
from forum.errors import NotFound
from forum.moderation.models import Report
from forum.moderation.names import name_of
from forum.moderation.queries.reports import is_worry, report_address
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.text.translate import gettext as _

# What can be decided about somebody who has no name here any more.
DECIDED = frozenset({Action.MEMBER_SUSPEND, Action.MEMBER_UNSUSPEND})
_BY_REPORT = re.compile(r"report:([0-9]{1,18})")


def called_by(report_id: int) -> str:
    """Return what stands for the author of what was reported, where a member's name would stand."""
    return f"report:{report_id}"


def page_of(name: str) -> str:
    """Return where whoever decided about somebody goes on: the member's page, or the report's."""
    by_report = _BY_REPORT.fullmatch(name)
    return report_address(int(by_report[1])) if by_report else f"/moderation/members/{name}"


def subject_called(session: Session, actor: Actor, name: str, action: Action) -> MemberSubject:
    """Return the member of this name, or whoever is leaving for whom a report stands. Raises NotFound.

    Queries: 1, and 2 by a report
    """
    by_report = _BY_REPORT.fullmatch(name)
    if by_report is None or action not in DECIDED:
        return suspensions.member_named(session, name)
    author_id = _author_of(session, actor, int(by_report[1]))
    return _without_name(suspensions.leaving_member(session, author_id))


def hold_subject_called(session: Session, actor: Actor, name: str) -> MemberSubject:
    """Return them as ``subject_called`` does, and keep everybody else from deciding about them. Raises NotFound.

    Queries: 2, and 3 by a report
    """
    by_report = _BY_REPORT.fullmatch(name)
    if by_report is None:
        return suspensions.hold_member_named(session, name)
    author_id = _author_of(session, actor, int(by_report[1]))
    return _without_name(suspensions.hold_leaving_member(session, author_id))


def _author_of(session: Session, actor: Actor, report_id: int) -> MemberId:
    author_id = session.scalar(
        select(Post.author_id)
        .join(Report, Report.post_id == Post.id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Report.id == report_id, Report.closed_at.is_(None), ~is_worry(), report_is_visible(actor))
    )
    if author_id is None:
        # The same as for a name that nobody has.
        raise NotFound(_("No member has this name."))
    return MemberId(author_id)


def _without_name(member: MemberSubject) -> MemberSubject:
    return replace(member, name=name_of(member.name, member.state))
