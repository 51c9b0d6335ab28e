"""The moderators' desk: how much waits for them. Nothing is counted further than one needs to know."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.threads import Post, Topic
from forum.moderation.models import Report
from forum.moderation.queries.reports import begins_open_case, is_worry
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberState
from forum.permissions.check import can, require
from forum.text.translate import gettext as _
from forum.text.translate import say_number

COUNTED_UP_TO = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """How many wait, up to where that matters."""

    number: int

    @property
    def words(self) -> str:
        """Return the number, or that there are more than it is worth counting."""
        if self.number > COUNTED_UP_TO:
            return _("%(number)s or more", number=say_number(COUNTED_UP_TO))
        return say_number(self.number)

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True)
class DeskPage:
    """What waits for the moderators, counted as it is listed: reports on one post are one case."""

    worries: Tally
    reports: Tally
    mine: Tally
    # None for whoever doesn't decide about members.
    newcomers: Tally | None

    @property
    def is_calm(self) -> bool:
        """Say whether nothing waits at all."""
        return not (self.worries or self.reports or self.mine or self.newcomers)


def desk_page(session: Session, actor: Actor) -> DeskPage:
    """Return what waits for the actor. Raises Forbidden or SignInFirst.

    Queries: 1
    """
    require(actor, Action.MODERATE)
    decides_about_members = bool(can(actor, Action.MEMBER_LOOK_UP))
    nobodys = Report.claimed_by_id.is_(None)
    row = session.execute(
        select(
            _open_cases(actor, is_worry(), nobodys),
            _open_cases(actor, ~is_worry(), nobodys),
            _open_cases(actor, Report.claimed_by_id == actor.member_id),
            _waiting() if decides_about_members else literal(0),
        )
    ).one()
    return DeskPage(
        worries=Tally(row[0]),
        reports=Tally(row[1]),
        mine=Tally(row[2]),
        newcomers=Tally(row[3]) if decides_about_members else None,
    )


def _open_cases(actor: Actor, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    some = (
        select(Report.id)
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(report_is_visible(actor), begins_open_case(), *conditions)
        .limit(COUNTED_UP_TO + 1)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()


def _waiting() -> ScalarSelect[int]:
    some = select(Member.id).where(Member.state == MemberState.WAITING).limit(COUNTED_UP_TO + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
